/// The modes that carry vectors, rmt and autocompressor, against plain loops in double, against the
/// base model, and however they are read.

#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "engine/error.h"
#include "engine/model/prompt_reader.h"
#include "engine/model/snapshot.h"
#include "tests/support/expect_error.h"
#include "tests/support/plain_loops.h"
#include "tests/support/tiny_adapter.h"
#include "tests/support/tiny_model.h"
#include "tests/support/tiny_prompt.h"
#include "tests/unit/model/reading_checks.h"
#include "tests/unit/model/trained_file.h"

using namespace engine::model;
using namespace tests;

namespace {

constexpr std::int64_t kSegment = 8, kVectors = 3;
constexpr double kFloatTolerance = 4e-5;
/// Of bf16, for each segment: what is carried goes through all layers again, and rounding with it.
constexpr double kHalfTolerance = 6e-2;

using Row = std::vector<double>;
using Rows = std::vector<Row>;

void add(Row& to, const Row& more, double factor = 1) {
    for (std::size_t i = 0; i < to.size(); ++i) {
        to[i] += factor * more[i];
    }
}

/// All rows of a segment at once, in plain loops: [read | tokens | written], in causal order.
class PromptOracle {
public:
    explicit PromptOracle(const Model& model)
        : m_config(model.weights->config), m_weights(*model.weights), m_prompt(*model.prompt) {
        for (std::int64_t i = 0; i < m_config.layers; ++i) {
            const LayerWeights& from = m_weights.layers[static_cast<std::size_t>(i)];
            const auto of = [](const at::Tensor& tensor) {
                return tensor.defined() ? valuesOf(tensor) : Row();
            };
            const auto part = [&](const at::Tensor& tensor) { return valuesOf(tensor[i]); };
            m_layers.push_back(
                {of(from.attentionNorm), valuesOf(from.qkv), of(from.qkvBias), of(from.queryNorm),
                 of(from.keyNorm), valuesOf(from.output), of(from.feedForwardNorm),
                 valuesOf(from.gateUp), valuesOf(from.down), part(m_prompt.query.down),
                 part(m_prompt.query.up), part(m_prompt.key.down), part(m_prompt.key.up),
                 part(m_prompt.value.down), part(m_prompt.value.up)});
        }
    }

    bool isMethodOther = false;   ///< a mutant: the other method's rule
    bool isInputConstant = false; ///< a mutant: rmt writes from the first memory always
    bool hasDeltasOnTokens = false;

    /// What is carried after whole segments.
    [[nodiscard]] Rows read(std::span<const std::int32_t> ids, std::int64_t N) const {
        Rows carried;
        for (; static_cast<std::int64_t>(ids.size()) >= N;
             ids = ids.subspan(static_cast<std::size_t>(N))) {
            const bool isRmt = (m_prompt.method == Mode::Rmt) != isMethodOther;
            Rows x = carried;
            for (const Row& row : embedded(ids.first(static_cast<std::size_t>(N)))) {
                x.push_back(row);
            }
            const Rows written =
                isRmt && !carried.empty() && !isInputConstant ? carried : rowsOf(m_prompt.vectors);
            x.insert(x.end(), written.begin(), written.end());
            const std::size_t first = carried.size() + static_cast<std::size_t>(N);
            std::vector<bool> isVector(x.size());
            for (std::size_t t = 0; t < x.size(); ++t) {
                isVector[t] = t < carried.size() || t >= first;
            }
            const Rows out = run(x, isVector);
            if (isRmt) {
                carried.clear();
            }
            const Rows learned = rowsOf(m_prompt.vectors);
            for (std::size_t t = first; t < out.size(); ++t) {
                Row row = normed(out[t], valuesOf(m_prompt.outputNorm), m_config.normEpsilon);
                for (std::size_t i = 0; i < row.size(); ++i) {
                    row[i] += learned[t - first][i];
                }
                carried.push_back(std::move(row));
            }
        }
        return carried;
    }

    /// log P of each id but the first, behind what is carried.
    [[nodiscard]] Row logProbabilities(std::span<const std::int32_t> ids,
                                       const Rows& carried) const {
        Rows x = carried;
        for (const Row& row : embedded(ids)) {
            x.push_back(row);
        }
        std::vector<bool> isVector(x.size(), false);
        std::fill_n(isVector.begin(), carried.size(), true);
        const Rows out = run(x, isVector);
        const Row head = valuesOf(m_weights.head), norm = valuesOf(m_weights.outputNorm);
        Row logs;
        for (std::size_t t = 1; t < ids.size(); ++t) {
            const Row logits =
                product(head, normed(out[carried.size() + t - 1], norm, m_config.normEpsilon));
            const double most = *std::max_element(logits.begin(), logits.end());
            double sum = 0;
            for (const double logit : logits) {
                sum += std::exp(logit - most);
            }
            logs.push_back(logits[static_cast<std::size_t>(ids[t])] - most - std::log(sum));
        }
        return logs;
    }

    [[nodiscard]] Rows rowsOf(const at::Tensor& tensor) const {
        Rows rows;
        for (std::int64_t i = 0; i < tensor.size(0); ++i) {
            rows.push_back(valuesOf(tensor[i]));
        }
        return rows;
    }

private:
    struct Layer {
        Row attentionNorm, qkv, bias, queryNorm, keyNorm, output, feedForwardNorm, gateUp, down,
            queryDown, queryUp, keyDown, keyUp, valueDown, valueUp;
    };

    [[nodiscard]] Rows embedded(std::span<const std::int32_t> ids) const {
        const Row table = valuesOf(m_weights.embedding);
        const auto E = static_cast<long>(m_config.width);
        Rows rows;
        for (const std::int32_t id : ids) {
            rows.emplace_back(table.begin() + id * E, table.begin() + (id + 1) * E);
        }
        return rows;
    }

    [[nodiscard]] Row turned(Row head, std::size_t position) const {
        const Row frequencies = valuesOf(m_weights.ropeFrequencies);
        const std::size_t half = head.size() / 2;
        for (std::size_t i = 0; i < half; ++i) {
            const double angle = static_cast<double>(position) * frequencies[i],
                         c = std::cos(angle), s = std::sin(angle), a = head[i], b = head[i + half];
            head[i] = a * c - b * s;
            head[i + half] = b * c + a * s;
        }
        return head;
    }

    [[nodiscard]] Rows run(Rows x, const std::vector<bool>& isVector) const {
        const auto H = static_cast<std::size_t>(m_config.heads),
                   G = static_cast<std::size_t>(m_config.kvHeads),
                   d = static_cast<std::size_t>(m_config.headWidth);
        for (const Layer& layer : m_layers) {
            Rows queries, keys, values; // of each row its heads, one behind the other
            for (std::size_t t = 0; t < x.size(); ++t) {
                const Row in = normed(x[t], layer.attentionNorm, m_config.normEpsilon);
                Row qkv = product(layer.qkv, in);
                if (!layer.bias.empty()) {
                    add(qkv, layer.bias);
                }
                if (isVector[t] || hasDeltasOnTokens) {
                    Row more = product(layer.queryUp, product(layer.queryDown, in));
                    for (const auto& [down, up] : {std::pair{&layer.keyDown, &layer.keyUp},
                                                   std::pair{&layer.valueDown, &layer.valueUp}}) {
                        const Row part = product(*up, product(*down, in));
                        more.insert(more.end(), part.begin(), part.end());
                    }
                    add(qkv, more, m_prompt.deltaScale);
                }
                const auto heads = [&](std::size_t first, std::size_t count, const Row& norm,
                                       bool isTurned) {
                    Row all;
                    for (std::size_t h = first; h < first + count; ++h) {
                        Row head(qkv.begin() + static_cast<long>(h * d),
                                 qkv.begin() + static_cast<long>((h + 1) * d));
                        if (!norm.empty()) {
                            head = normed(head, norm, m_config.normEpsilon);
                        }
                        head = isTurned ? turned(head, t) : head;
                        all.insert(all.end(), head.begin(), head.end());
                    }
                    return all;
                };
                queries.push_back(heads(0, H, layer.queryNorm, true));
                keys.push_back(heads(H, G, layer.keyNorm, true));
                values.push_back(heads(H + G, G, {}, false));
            }
            for (std::size_t t = 0; t < x.size(); ++t) {
                Row mixed(H * d);
                for (std::size_t h = 0; h < H; ++h) {
                    const std::size_t g = h / (H / G);
                    Row scores(t + 1);
                    double sum = 0;
                    for (std::size_t s = 0; s <= t; ++s) {
                        double dot = 0;
                        for (std::size_t i = 0; i < d; ++i) {
                            dot += queries[t][h * d + i] * keys[s][g * d + i];
                        }
                        scores[s] = std::exp(dot / std::sqrt(static_cast<double>(d)));
                        sum += scores[s];
                    }
                    for (std::size_t s = 0; s <= t; ++s) {
                        for (std::size_t i = 0; i < d; ++i) {
                            mixed[h * d + i] += scores[s] / sum * values[s][g * d + i];
                        }
                    }
                }
                add(x[t], product(layer.output, mixed));
                const Row both = product(layer.gateUp,
                                         normed(x[t], layer.feedForwardNorm, m_config.normEpsilon));
                Row active(both.size() / 2);
                for (std::size_t i = 0; i < active.size(); ++i) {
                    active[i] = both[i] / (1 + std::exp(-both[i])) * both[i + active.size()];
                }
                add(x[t], product(layer.down, active));
            }
        }
        return x;
    }

    const Config m_config;
    const Weights& m_weights;
    const Prompt& m_prompt;
    std::vector<Layer> m_layers;
};

HandShape shape(bool hasBias = false, bool hasQkNorm = false) {
    HandShape shape;
    shape.layers = 3;
    shape.heads = 6;
    shape.hasBias = hasBias;
    shape.hasQkNorm = hasQkNorm;
    return shape;
}

std::shared_ptr<Model> promptModel(std::uint64_t seed, Dtype dtype, Mode mode,
                                   const HandShape& of = shape()) {
    return withPrompt(*handModel(seed, dtype, of), seed + 100, mode, kVectors);
}

class Prompts : public testing::TestWithParam<Mode> {};

TEST_P(Prompts, ReadAndAnswerAsTheOracle) {
    const Mode mode = GetParam();
    const auto book = randomIds(2, 4 * kSegment + 5), question = randomIds(3, 9);
    for (const Dtype dtype : {Dtype::Float32, Dtype::BFloat16}) {
        const auto model = promptModel(1, dtype, mode);
        const PromptOracle oracle(*model);
        for (const std::size_t length : {0, 1, 8, 9, 16, 29, 37}) {
            const auto ids = std::span(book).first(length);
            const ReadingState state = readIds(model, ids, mode, kSegment);
            const double tolerance =
                dtype == Dtype::Float32
                    ? kFloatTolerance
                    : kHalfTolerance *
                          static_cast<double>(std::max<std::int64_t>(1, state.segments));
            const Rows expected = oracle.read(ids, kSegment);
            ASSERT_EQ(state.vectors.defined(), !expected.empty());
            if (!expected.empty()) {
                EXPECT_EQ(state.vectors.scalar_type(), at::kFloat);
                EXPECT_LT(relativeDifference(state.vectors, flat(expected)), tolerance) << length;
            }
            EXPECT_LT(relativeDifference(answered(model, mode, state, question),
                                         expectedAnswer(oracle, expected, state.pending, question)),
                      tolerance)
                << length;
        }
    }
}

TEST_P(Prompts, AgreeWithBiasesAndWithNormsOfTheHeads) {
    const Mode mode = GetParam();
    for (const HandShape& of : {shape(true, false), shape(false, true)}) {
        const auto model = promptModel(4, Dtype::Float32, mode, of);
        const auto book = randomIds(5, 3 * kSegment);
        EXPECT_LT(relativeDifference(readIds(model, book, mode, kSegment).vectors,
                                     flat(PromptOracle(*model).read(book, kSegment))),
                  kFloatTolerance);
    }
}

TEST_P(Prompts, DifferFromTheMutants) {
    const Mode mode = GetParam();
    const auto model = promptModel(6, Dtype::Float32, mode);
    const auto book = randomIds(7, 3 * kSegment), question = randomIds(8, 9);
    const auto found = answered(model, mode, readIds(model, book, mode, kSegment), question);
    const auto off = [&](const PromptOracle& oracle) {
        return relativeDifference(
            found, expectedAnswer(oracle, oracle.read(book, kSegment), {}, question));
    };
    PromptOracle right(*model), other(*model), constant(*model), everywhere(*model);
    EXPECT_LT(off(right), kFloatTolerance);
    other.isMethodOther = true;
    EXPECT_GT(off(other), 1e-3);
    everywhere.hasDeltasOnTokens = true;
    EXPECT_GT(off(everywhere), 1e-3);
    constant.isInputConstant = true;
    EXPECT_EQ(off(constant) > 1e-3, mode == Mode::Rmt);
}

TEST_P(Prompts, AreTheBaseModelUpToOneSegmentBitForBit) {
    const Mode mode = GetParam();
    for (const Dtype dtype : {Dtype::Float32, Dtype::BFloat16}) {
        const auto model = promptModel(9, dtype, mode);
        const auto ids = randomIds(10, kSegment);
        expectTheBaseModelUpToOneSegment(model, mode, kSegment, ids, randomIds(11, 5));
        // And so do the tokens of the first segment that is read.
        const c10::InferenceMode inference;
        const PromptReader reader(model->weights, model->prompt);
        const Transformer base(model->weights, nullptr);
        const at::Tensor own = base.forward(idTensor(ids, kSegment), {});
        const auto first = reader.read(ids, {});
        EXPECT_TRUE(sameBits(first.rows, own));
        EXPECT_FALSE(sameBits(reader.read(ids, first.vectors).rows, own));
    }
}

TEST_P(Prompts, ReadAlikeInAnyPushesAndTogether) {
    const Mode mode = GetParam();
    const auto model = promptModel(12, Dtype::BFloat16, mode);
    std::vector<std::vector<std::int32_t>> documents;
    for (std::uint64_t i = 0; i < 4; ++i) {
        documents.push_back(randomIds(20 + i, static_cast<std::size_t>(13 * i + 4)));
    }
    expectReadAlikeTogether(model, mode, kSegment, 2 * kSegment, documents);
    for (const auto& document : documents) {
        const ReadingState streamed = readIds(model, document, mode, kSegment);
        for (const std::size_t push : {1, 7}) {
            EXPECT_TRUE(sameBits(readIds(model, document, mode, kSegment, push), streamed));
        }
    }
}

TEST_P(Prompts, LeaveTheStateAloneAndAnswerStepwiseAsInOneGo) {
    const Mode mode = GetParam();
    const auto model = promptModel(16, Dtype::Float32, mode);
    const auto book = randomIds(17, 4 * kSegment + 5);
    const ReadingState state = readIds(model, book, mode, kSegment);
    const std::int64_t room =
        expectStepwiseAsInOneGo(model, mode, state, randomIds(18, 12), kFloatTolerance);
    EXPECT_EQ(room, 96 - 5 - (mode == Mode::Rmt ? kVectors : 4 * kVectors));
    EXPECT_TRUE(sameBits(state, readIds(model, book, mode, kSegment)));
}

TEST_P(Prompts, ControlsTakeTheVectorsAway) {
    const Mode mode = GetParam();
    const auto model = promptModel(22, Dtype::Float32, mode);
    const ReadingState state = readIds(model, randomIds(23, 4 * kSegment + 3), mode, kSegment),
                       other = readIds(model, randomIds(24, 4 * kSegment + 1), mode, kSegment);
    expectControlsTakeTheStateAway(model, mode, state, other, randomIds(25, 4), randomIds(26, 6));
}

TEST_P(Prompts, HoldTheVectorsAlone) {
    const Mode mode = GetParam();
    const auto model = promptModel(30, Dtype::BFloat16, mode);
    for (const std::size_t segments : {0, 1, 2, 5}) {
        const auto count = static_cast<std::int64_t>(
            mode == Mode::Rmt ? std::min<std::size_t>(segments, 1) : segments);
        EXPECT_EQ(readIds(model, randomIds(31, segments * kSegment), mode, kSegment).bytes(),
                  4 * 32 * kVectors * count);
    }
}

TEST_P(Prompts, AreRefusedWithoutTheirFile) {
    const Mode mode = GetParam();
    const Mode another = mode == Mode::Rmt ? Mode::Autocompressor : Mode::Rmt;
    const auto bare = handModel(32, Dtype::Float32, shape());
    const auto wrong = withPrompt(*bare, 33, another);
    const auto own = withPrompt(*bare, 34, mode);
    const std::vector<std::string> remedy = {nameOf(mode), "--adapter",
                                             "adapt --method " + nameOf(mode)};
    for (const auto& model : {bare, wrong}) {
        EXPECT_FALSE(model->suits(mode));
        expectError([&] { ReadingState::empty(*model, mode, kSegment); }, engine::Code::WrongUse,
                    remedy);
        expectError([&] { ReadingSession(model, mode, kSegment, ReadingState()); },
                    engine::Code::WrongUse, remedy);
        expectError([&] { AnswerSession(model, mode, ReadingState()); }, engine::Code::WrongUse,
                    remedy);
    }
    expectError([&] { ReadingSession(wrong, mode, kSegment); }, engine::Code::WrongUse,
                {"hand.safetensors holds vectors for the mode " + nameOf(another)});
    expectError([&] { ReadingSession(own, Mode::InfiniLinear, kSegment); }, engine::Code::WrongUse,
                {"infini-linear", "hand.safetensors", nameOf(mode)});
    EXPECT_TRUE(own->suits(mode));
    EXPECT_TRUE(own->suits(Mode::Xl));
    EXPECT_NO_THROW(ReadingSession(own, Mode::Local, kSegment));
}

TEST_P(Prompts, AreRefusedWhereTheContextDoesNotHoldThem) {
    const Mode mode = GetParam();
    const auto model = promptModel(35, Dtype::Float32, mode);
    EXPECT_NO_THROW(ReadingSession(model, mode, 96 - 2 * kVectors));
    expectError([&] { ReadingSession(model, mode, 96 - 2 * kVectors + 1); }, engine::Code::WrongUse,
                {"97 positions", "1 to 90"});
    // 29 segments' vectors and a segment are 95 positions.
    ReadingSession session(model, mode, kSegment);
    const auto ids = randomIds(36, 30 * kSegment);
    std::span<const std::int32_t> rest(ids);
    while (rest.size() > static_cast<std::size_t>(kSegment)) {
        rest = rest.subspan(session.push(rest));
    }
    EXPECT_EQ(session.state().segments, 29);
    if (mode == Mode::Rmt) {
        EXPECT_EQ(session.push(rest), rest.size());
        return;
    }
    EXPECT_EQ(session.push(rest.first(7)), 7u);
    expectError([&] { session.push(rest.subspan(7)); }, engine::Code::DoesNotFit,
                {"30 segments, 3 each", "96", "infini-linear"});
    EXPECT_EQ(session.state().tokens, 29 * kSegment + 7);
}

INSTANTIATE_TEST_SUITE_P(Both, Prompts, testing::Values(Mode::Rmt, Mode::Autocompressor),
                         [](const auto& mode) { return nameOf(mode.param); });

// ---- snapshots

SnapshotHeader headerFor(const Model& model, const std::string& mode) {
    SnapshotHeader header;
    header.mode = mode;
    header.segmentTokens = kSegment;
    header.weightsSha256 = model.weights->sha256;
    header.adapterSha256 = model.adapter->sha256;
    header.tokenizerSha256 = model.tokenizer->sha256();
    return header;
}

TEST(PromptSnapshot, OfRmtGoesOnBitForBit) {
    const auto model = promptModel(40, Dtype::BFloat16, Mode::Rmt);
    const auto book = randomIds(41, 5 * kSegment + 3);
    const SnapshotHeader header = headerFor(*model, "rmt");
    for (const std::size_t length : {0, 5, 8, 21, 32}) {
        const ReadingState state =
            readIds(model, std::span(book).first(length), Mode::Rmt, kSegment);
        const std::string bytes = saveSnapshot(*model, header, state);
        const LoadedSnapshot loaded = loadSnapshot(*model, header, bytes);
        EXPECT_TRUE(sameBits(loaded.state, state)) << length;
        ReadingSession session(model, Mode::Rmt, kSegment, loaded.state);
        for (auto rest = std::span(book).subspan(length); !rest.empty();) {
            rest = rest.subspan(session.push(rest));
        }
        EXPECT_TRUE(sameBits(session.state(), readIds(model, book, Mode::Rmt, kSegment)));
    }
}

void expectRefused(const Model& model, const std::string& bytes, const std::string& part,
                   const std::string& mode = "rmt") {
    expectError([&] { loadSnapshot(model, headerFor(model, mode), bytes); },
                engine::Code::BadSnapshot, {part});
}

TEST(PromptSnapshot, RefusesWhatIsDamagedOrOfSomethingElse) {
    const auto model = promptModel(42, Dtype::Float32, Mode::Rmt);
    const SnapshotHeader header = headerFor(*model, "rmt");
    const ReadingState state = readIds(model, randomIds(43, 2 * kSegment + 1), Mode::Rmt, kSegment);
    const std::string bytes = saveSnapshot(*model, header, state);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
        EXPECT_THROW(loadSnapshot(*model, header, changed), engine::Error) << at;
        EXPECT_THROW(loadSnapshot(*model, header, bytes.substr(0, at)), engine::Error) << at;
    }
    std::string changed = bytes;
    changed[bytes.size() - kSha256Bytes - 9] ^= 1;
    changed.resize(changed.size() - kSha256Bytes);
    expectRefused(*model, changed + sha256Bytes(changed), "checksum of the vectors");
    ReadingState broken = state;
    broken.vectors = at::full_like(state.vectors, NAN);
    expectRefused(*model, saveSnapshot(*model, header, broken), "what is carried");
    auto wider = std::make_shared<Model>(*withPrompt(*model, 142, Mode::Rmt, kVectors + 1));
    expectRefused(*wider, bytes, "rule is \"vectors 3\", here it is \"vectors 4\"");
    auto another = withPrompt(*model, 7, Mode::Rmt, kVectors);
    expectRefused(*another, bytes, "adapter is");
}

TEST(PromptSnapshot, OfAnAutocompressorIsRefused) {
    const auto model = promptModel(44, Dtype::Float32, Mode::Autocompressor);
    const SnapshotHeader header = headerFor(*model, "autocompressor");
    const ReadingState state =
        readIds(model, randomIds(45, kSegment), Mode::Autocompressor, kSegment);
    EXPECT_FALSE(isStorable(Mode::Autocompressor));
    EXPECT_TRUE(isStorable(Mode::Rmt));
    expectError([&] { saveSnapshot(*model, header, state); }, engine::Code::WrongUse,
                {"autocompressor", "grows with the text"});
    expectError([&] { loadSnapshot(*model, header, "x"); }, engine::Code::WrongUse,
                {"autocompressor"});
    const auto bare = handModel(44, Dtype::Float32, shape());
    expectError([&] { saveSnapshot(*bare, headerFor(*bare, "rmt"), ReadingState()); },
                engine::Code::WrongUse, {"--adapter"});
    expectError([&] { loadSnapshot(*bare, headerFor(*bare, "rmt"), "x"); }, engine::Code::WrongUse,
                {"--adapter"});
}

// ---- files in use

TEST(PromptModel, IsMadeFromAFileOfEitherKind) {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("infolio-prompt-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    const std::string weights = folder / "m.gguf", prompt = folder / "p.safetensors",
                      adapter = folder / "a.safetensors";
    writeTinyModel(weights);
    const auto bare = Model::load(weights, "", Dtype::Float32);
    const auto write = [](const std::string& path, const SafetensorsFile& file) {
        std::ofstream(path, std::ios::binary) << file.bytes();
    };
    SafetensorsFile vectors = tinyPrompt(1, "rmt", bare->weights->sha256);
    const std::vector<std::string> texts = addTexts(vectors);
    write(prompt, vectors);
    write(adapter, tinyAdapter(1, bare->weights->sha256));
    const auto rmt = bare->withAdapter(prompt);
    ASSERT_TRUE(rmt->prompt);
    EXPECT_EQ(rmt->prompt->method, Mode::Rmt);
    EXPECT_FALSE(rmt->adapter->isTrained());
    EXPECT_EQ(rmt->adapter->sha256, rmt->prompt->sha256);
    EXPECT_EQ(rmt->adapter->texts, texts);
    EXPECT_EQ(rmt->adapterPath, prompt);
    const auto infini = rmt->withAdapter(adapter);
    EXPECT_FALSE(infini->prompt);
    EXPECT_TRUE(infini->adapter->isTrained());
    EXPECT_FALSE(bare->prompt);
    std::filesystem::remove_all(folder);
}

} // namespace
