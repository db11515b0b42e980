#include <ATen/TensorOperators.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "engine/error.h"
#include "engine/model/transformer.h"
#include "tests/support/tiny_adapter.h"
#include "tests/support/tiny_model.h"
#include "tests/unit/model/hand_model.h"

using namespace engine::model;
using namespace tests;

namespace {

constexpr std::int64_t kSegment = 8;

/// Widths that the floor's kernels take, beside those of the composed forms.
HandShape floorShape() {
    HandShape shape;
    shape.width = 64;
    shape.headWidth = 32;
    shape.feedForward = 96;
    return shape;
}

struct Form {
    const char* name;
    HandShape shape;
    std::int64_t features, segment;
};

std::vector<Form> forms() {
    // The kernels take rows from 16 on.
    return {{"composed", {}, 16, kSegment}, {"floor", floorShape(), 64, 16}};
}

at::Tensor idRow(std::span<const std::int32_t> ids) {
    return idTensor(ids, static_cast<std::int64_t>(ids.size()));
}

class MemoryPathTest : public testing::Test {
protected:
    c10::InferenceMode inference;
};

} // namespace

TEST_F(MemoryPathTest, AReadingWithAnAdapterEqualsTheOracle) {
    for (const Form& form : forms()) {
        for (const Dtype dtype : {Dtype::Float32, Dtype::BFloat16}) {
            for (const Mode mode : {Mode::InfiniLinear, Mode::InfiniDelta}) {
                for (const bool hasOutput : {false, true}) {
                    SCOPED_TRACE(std::string(form.name) + " " + nameOf(mode));
                    const auto model =
                        withAdapter(*handModel(1, dtype, form.shape), 2, form.features, hasOutput);
                    const auto ids = randomIds(3, static_cast<std::size_t>(4 * form.segment) + 3);
                    const ReadingState state = readIds(model, ids, mode, form.segment);
                    const Oracle oracle(*model, mode);
                    const OracleMemory expected = oracle.read(ids, form.segment);
                    const double tolerance = dtype == Dtype::Float32 ? 5e-5 : 3e-2;
                    EXPECT_LT(memoryDifference(state.memory, expected), tolerance);

                    // Fed in one go, and token by token by the step of decoding.
                    const auto window = randomIds(4, 20);
                    const auto exact = oracle.logProbabilities(
                        [&] {
                            std::vector<std::int32_t> all(ids.end() - 3, ids.end());
                            all.insert(all.end(), window.begin(), window.end());
                            return all;
                        }(),
                        expected);
                    AnswerSession whole(model, mode, state), stepped(model, mode, state);
                    const auto found = whole.logProbabilities(window);
                    for (std::size_t t = 0; t < window.size(); ++t) {
                        const auto one = stepped.logProbabilities(std::span(window).subspan(t, 1));
                        const double bound = dtype == Dtype::Float32 ? 2e-4 : 0.15;
                        EXPECT_NEAR(found[t], exact[t + 2], bound) << t;
                        EXPECT_NEAR(one[0], exact[t + 2], bound) << t;
                        stepped.feed(std::span(window).subspan(t, 1));
                    }
                }
            }
        }
    }
}

TEST_F(MemoryPathTest, AnEmptyMemoryIsTheBaseModelWhateverTheAdapterHolds) {
    for (const Form& form : forms()) {
        const auto base = handModel(5, Dtype::BFloat16, form.shape);
        const auto model = withAdapter(*base, 6, form.features, true);
        const auto ids = randomIds(7, 24);
        const Memory empty = Memory::empty(model->weights->config, *model->adapter);
        Pass pass;
        pass.read = &empty;
        const at::Tensor expected = Transformer(base->weights, nullptr).forward(idRow(ids), {});
        EXPECT_TRUE(sameBits(Transformer(model->weights, model->adapter).forward(idRow(ids), pass),
                             expected));
        // And a mutant that is not: something has been stored.
        ReadingState state = readIds(model, randomIds(8, static_cast<std::size_t>(form.segment)),
                                     Mode::InfiniLinear, form.segment);
        pass.read = &state.memory;
        EXPECT_FALSE(sameBits(Transformer(model->weights, model->adapter).forward(idRow(ids), pass),
                              expected));
    }
}

TEST_F(MemoryPathTest, IncrementsAddUpWhateverTheWriteGate) {
    // Two segments of a text that do not read each other leave the sum of what each leaves.
    const auto model = withAdapter(*handModel(9, Dtype::Float32), 10, 16);
    const Transformer transformer(model->weights, model->adapter);
    const auto written = [&](std::initializer_list<std::uint64_t> seeds) {
        Memory memory = Memory::empty(model->weights->config, *model->adapter);
        for (const std::uint64_t seed : seeds) {
            Pass pass;
            pass.write = &memory;
            transformer.read(idRow(randomIds(seed, kSegment)), pass);
        }
        return memory;
    };
    const Memory first = written({11}), second = written({12}), both = written({11, 12}),
                 turned = written({12, 11});
    for (std::size_t i = 0; i < both.M.size(); ++i) {
        EXPECT_LT((both.M[i] - first.M[i] - second.M[i]).abs().max().item<double>(),
                  1e-6 * both.M[i].abs().max().item<double>());
        EXPECT_LT((both.z[i] - turned.z[i]).abs().max().item<double>(),
                  1e-6 * both.z[i].abs().max().item<double>());
    }
}

TEST_F(MemoryPathTest, MaskedRowsLeaveNoTrace) {
    for (const Form& form : forms()) {
        const auto model =
            withAdapter(*handModel(13, Dtype::BFloat16, form.shape), 14, form.features);
        const Transformer transformer(model->weights, model->adapter);
        const auto ids = randomIds(15, 24);
        const auto written = [&](std::int64_t rows, std::int64_t kept) {
            Memory memory = Memory::empty(model->weights->config, *model->adapter);
            Pass pass;
            pass.write = &memory;
            pass.mask = at::arange(rows).lt(kept).to(at::kFloat).unsqueeze(0);
            transformer.read(idRow(std::span(ids).first(static_cast<std::size_t>(rows))), pass);
            return memory;
        };
        EXPECT_TRUE(sameBits(written(24, 17), written(17, 17)));
        EXPECT_FALSE(sameBits(written(24, 18), written(17, 17)));
    }
}

TEST_F(MemoryPathTest, AnAdapterFileIsReadWithTheModel) {
    const std::string model = testing::TempDir() + "memory_path_model.gguf",
                      adapter = testing::TempDir() + "memory_path_adapter.safetensors";
    const auto write = [](const std::string& path, const std::string& bytes) {
        std::ofstream(path, std::ios::binary) << bytes;
    };
    write(model, tests::tinyModel(1).bytes());
    const auto base = Model::load(model, "", Dtype::Float32);
    write(adapter, tests::tinyAdapter(1, base->weights->sha256).bytes());
    const auto loaded = Model::load(model, adapter, Dtype::Float32);
    EXPECT_TRUE(loaded->adapter->isTrained());
    EXPECT_EQ(loaded->adapter->features, 16);
    EXPECT_EQ(loaded->adapter->deltaScale, 2);
    EXPECT_NE(loaded->adapter->sha256, "none");
    const ReadingState state =
        readIds(loaded, std::vector<std::int32_t>(20, 5), Mode::InfiniLinear, kSegment);
    EXPECT_EQ(state.memory.M[0].sizes(), (at::IntArrayRef{1, 2, 16, 8}));
    EXPECT_EQ(loaded->otherwiseTrained(Mode::InfiniLinear, 1024), "");
    EXPECT_EQ(loaded->otherwiseTrained(Mode::InfiniDelta, 1024),
              "The adapter was made for the linear rule; this reading uses the delta rule.");
    EXPECT_EQ(loaded->otherwiseTrained(Mode::InfiniDelta, 512),
              "The adapter was made for the linear rule and segments of 1024 tokens; this "
              "reading uses the delta rule and segments of 512.");
    EXPECT_EQ(loaded->otherwiseTrained(Mode::InfiniLinear, 512),
              "The adapter was made for segments of 1024 tokens; this reading uses segments of "
              "512.");
    EXPECT_EQ(loaded->otherwiseTrained(Mode::Knn, 512), "");       // reads without it
    EXPECT_EQ(base->otherwiseTrained(Mode::InfiniDelta, 512), ""); // nothing is trained

    write(adapter, tests::tinyAdapter(1, std::string(64, 'e')).bytes());
    EXPECT_THROW(Model::load(model, adapter, Dtype::Float32), engine::Error);
    EXPECT_THROW(Model::load(model, adapter + ".gone", Dtype::Float32), engine::Error);
}
