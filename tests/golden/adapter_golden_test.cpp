#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/model/adapter_file.h"
#include "engine/model/session.h"
#include "tests/support/prototype_adapter.h"

using namespace engine::model;

namespace {

const std::string kReference = TEST_DATA "/../reference";
const std::string kBook = TEST_DATA "/narrativeqa/215_the-call-of-the-wild.txt";
constexpr std::size_t kSegment = 1024, kSegments = 8;

/// The adapter of the PyTorch prototype: a number that stands once in a book is there when the book
/// has been read, and in the memory alone.
class AdapterGolden : public testing::Test {
protected:
    void SetUp() override {
        for (const std::string& path :
             {std::string(TEST_MODEL), kReference + "/prototype-adapter.safetensors", kBook}) {
            if (!std::filesystem::exists(path)) {
                GTEST_SKIP() << "not here: " << path;
            }
        }
    }

    static std::shared_ptr<const Model> model(bool gatesByPosition) {
        static const auto base = Model::load(TEST_MODEL, "", Dtype::BFloat16);
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
};

} // namespace

TEST_F(AdapterGolden, FindsNumbersOfTheFirstAndAMiddleSegment) {
    for (const bool gatesByPosition : {false, true}) {
        const auto own = model(gatesByPosition);
        std::size_t exact = 0, byChance = 0, asked = 0;
        for (const std::string number : {"48213"}) {
            for (const std::size_t segment : {std::size_t{0}, kSegments / 2}) {
                auto ids = book(*own);
                const auto needle =
                    own->tokenizer->encodeIds(" The pass key is " + number + ". Remember it. " +
                                              number + " is the pass key.");
                std::copy(needle.begin(), needle.end(),
                          ids.begin() + static_cast<long>(segment * kSegment + 700));
                ReadingSession session(own, Mode::InfiniLinear, kSegment);
                for (std::span<const std::int32_t> rest = ids; !rest.empty();) {
                    rest = rest.subspan(session.push(rest));
                }
                exact += hits(own, session.state(), number, AnswerSession::MemoryUse::Loaded) == 5;
                byChance +=
                    hits(own, session.state(), number, AnswerSession::MemoryUse::Zeroed) == 5;
                ++asked;
            }
        }
        EXPECT_EQ(exact, asked) << (gatesByPosition ? "gates by position" : "constant gates");
        EXPECT_EQ(byChance, 0u);
    }
}
