#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/model/adapter_file.h"
#include "engine/model/chat_template.h"
#include "engine/model/session.h"
#include "tests/support/prototype_adapter.h"

using namespace engine::model;

namespace {

const std::string kReference = TEST_DATA "/../reference";
const std::string kBook = TEST_DATA "/narrativeqa/215_the-call-of-the-wild.txt";
const std::string kShipped = TEST_SOURCES "/resources/adapters/smollm2-135m-instruct.safetensors";
constexpr std::size_t kSegment = 1024, kSegments = 8;

/// Adapters of the real model, the PyTorch prototype's and the program's own: a number that stands
/// once in a book is there when the book has been read, and in the memory alone.
class AdapterGolden : public testing::Test {
protected:
    void SetUp() override {
        for (const std::string& path : {std::string(TEST_MODEL), kBook}) {
            if (!std::filesystem::exists(path)) {
                GTEST_SKIP() << "not here: " << path;
            }
        }
    }

    static std::shared_ptr<const Model> baseModel() {
        static const auto base = Model::load(TEST_MODEL, "", Dtype::BFloat16);
        return base;
    }

    static std::shared_ptr<const Model> model(bool gatesByPosition) {
        const auto base = baseModel();
        auto own = std::make_shared<Model>(*base);
        own->adapter = std::make_shared<Adapter>(
            AdapterFile::parse(
                tests::prototypeAdapter(kReference, base->weights->sha256, gatesByPosition),
                "prototype", *base->weights)
                ->adapter);
        return own;
    }

    static std::vector<std::int32_t> book(const Model& model) {
        std::ifstream file(kBook, std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
        auto ids = model.tokenizer->encodeIds(text.substr(2000, 60'000));
        ids.resize(kSegment * kSegments);
        return ids;
    }

    /// How many of the number's tokens are the likeliest ones after the question.
    static std::size_t hits(const std::shared_ptr<const Model>& model, const ReadingState& state,
                            const std::string& number, AnswerSession::MemoryUse use) {
        AnswerSession session(model, Mode::InfiniLinear, state, use);
        session.feed(model->tokenizer->encodeIds("\nWhat is the pass key? The pass key is "));
        GenerateOptions options;
        options.maxTokens = 5;
        const auto found = session.generate(options, {}).ids;
        const auto expected = model->tokenizer->encodeIds(number);
        std::size_t same = 0;
        for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
            same += found[i] == expected[i] ? 1 : 0;
        }
        return same;
    }

    /// A number in the first segment, and one in the middle of the book.
    static void expectNumbersFound(const std::shared_ptr<const Model>& own) {
        const std::string number = "48213";
        for (const std::size_t segment : {std::size_t{0}, kSegments / 2}) {
            auto ids = book(*own);
            const auto needle = own->tokenizer->encodeIds(
                " The pass key is " + number + ". Remember it. " + number + " is the pass key.");
            std::copy(needle.begin(), needle.end(),
                      ids.begin() + static_cast<long>(segment * kSegment + 700));
            ReadingSession session(own, Mode::InfiniLinear, kSegment);
            for (std::span<const std::int32_t> rest = ids; !rest.empty();) {
                rest = rest.subspan(session.push(rest));
            }
            using Use = AnswerSession::MemoryUse;
            EXPECT_EQ(hits(own, session.state(), number, Use::Loaded), 5U) << segment;
            EXPECT_LT(hits(own, session.state(), number, Use::Zeroed), 5U) << segment;
        }
    }
};

} // namespace

TEST_F(AdapterGolden, OfThePrototypeFindsNumbersOfTheFirstAndAMiddleSegment) {
    if (!std::filesystem::exists(kReference + "/prototype-adapter.safetensors")) {
        GTEST_SKIP() << "not here: " << kReference;
    }
    for (const bool gatesByPosition : {false, true}) {
        SCOPED_TRACE(gatesByPosition ? "gates by position" : "constant gates");
        expectNumbersFound(model(gatesByPosition));
    }
}

TEST_F(AdapterGolden, OfTheProgramFindsThemToo) {
    const auto base = baseModel();
    ASSERT_TRUE(AdapterFile::isFor(kShipped, *base->weights));
    expectNumbersFound(base->withAdapter(kShipped));
}

/// Chat on an empty memory is the base model's.
TEST_F(AdapterGolden, OfTheProgramChangesNoBitWhereNothingWasRead) {
    const auto base = baseModel();
    const std::vector<ChatMessage> messages = {{"user", "Why is the sky blue?"}};
    const auto prompt = encodeChat(*base->tokenizer, messages);
    const auto answer = base->tokenizer->encodeIds("Because light is scattered by the air.");
    const auto scored = [&](const std::shared_ptr<const Model>& model) {
        AnswerSession session(model, Mode::InfiniLinear,
                              ReadingSession(model, Mode::InfiniLinear, kSegment).state());
        session.feed(prompt);
        return session.logProbabilities(answer);
    };
    const std::vector<float> without = scored(base), with = scored(base->withAdapter(kShipped));
    ASSERT_EQ(with.size(), answer.size());
    EXPECT_EQ(std::memcmp(with.data(), without.data(), with.size() * sizeof(float)), 0);
}
