#include "engine/model/snapshot.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "engine/error.h"
#include "tests/unit/model/hand_model.h"

using namespace engine::model;
using namespace tests;

namespace {

constexpr std::int64_t kSegment = 8;

SnapshotHeader headerFor(const Model& model, const std::string& mode = "infini-linear") {
    SnapshotHeader header;
    header.mode = mode;
    header.segmentTokens = kSegment;
    header.weightsSha256 = model.weights->sha256;
    header.adapterSha256 = model.adapter->sha256;
    header.tokenizerSha256 = model.tokenizer->sha256();
    header.prefixSha256 = "prefix";
    header.charEnd = 4711;
    header.page = 12;
    header.engineVersion = "0.1.0";
    header.device = "cpu";
    header.dtype = "float32";
    header.threads = 2;
    header.parent = 3;
    return header;
}

ReadingState readSome(const std::shared_ptr<const Model>& model, std::size_t tokens,
                      Mode mode = Mode::InfiniLinear) {
    ReadingSession session(model, mode, kSegment);
    const auto ids = randomIds(5, tokens);
    std::span<const std::int32_t> rest(ids);
    while (!rest.empty()) {
        rest = rest.subspan(session.push(rest));
    }
    return session.state();
}

void expectRefused(const std::function<void()>& load, const std::string& part) {
    try {
        load();
        ADD_FAILURE() << "not refused: " << part;
    } catch (const engine::Error& error) {
        EXPECT_EQ(error.code(), engine::Code::BadSnapshot) << error.what();
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
            << "\"" << part << "\" is not in: " << error.what();
    }
}

/// With the final checksum made to fit again.
std::string sealed(std::string bytes) {
    bytes.resize(bytes.size() - kSha256Bytes);
    return bytes + sha256Bytes(bytes);
}

class Snapshot : public testing::Test {
protected:
    std::shared_ptr<Model> model = handModel(1, Dtype::Float32);
    SnapshotHeader header = headerFor(*model);
    ReadingState state = readSome(model, 3 * kSegment + 5);
    std::string bytes = saveSnapshot(*model, header, state);

    void refuse(const std::string& changed, const std::string& part) const {
        expectRefused([&] { loadSnapshot(*model, header, changed); }, part);
    }
    /// Saved by a model or header that `change` made another, loaded by the unchanged one.
    void refuseOther(const std::function<void(Model&, Weights&, Adapter&, SnapshotHeader&)>& change,
                     const std::string& part) const {
        Model other = *model;
        Weights weights = *model->weights;
        Adapter adapter = *model->adapter;
        SnapshotHeader otherHeader = header;
        change(other, weights, adapter, otherHeader);
        other.weights = std::make_shared<Weights>(weights);
        other.adapter = std::make_shared<Adapter>(adapter);
        refuse(saveSnapshot(other, otherHeader, state), part);
    }
};

} // namespace

TEST(Crc32c, GivesTheCheckValueOfItsStandard) {
    EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
}

TEST_F(Snapshot, GivesBackEveryField) {
    const LoadedSnapshot loaded = loadSnapshot(*model, header, bytes);
    EXPECT_TRUE(sameBits(loaded.state.memory, state.memory));
    EXPECT_EQ(loaded.state.pending, state.pending);
    EXPECT_EQ(loaded.state.pending.size(), 5u);
    EXPECT_EQ(loaded.state.tokens, 29);
    EXPECT_EQ(loaded.state.segments, 3);
    EXPECT_EQ(loaded.header.charEnd, 4711);
    EXPECT_EQ(loaded.header.page, 12);
    EXPECT_EQ(loaded.header.engineVersion, "0.1.0");
    EXPECT_EQ(loaded.header.device, "cpu");
    EXPECT_EQ(loaded.header.dtype, "float32");
    EXPECT_EQ(loaded.header.threads, 2);
    EXPECT_EQ(loaded.header.parent, 3);
    EXPECT_EQ(saveSnapshot(*model, loaded.header, loaded.state), bytes);
}

TEST_F(Snapshot, GoesOnWithTheBitsOfAnUninterruptedReading) {
    for (const Dtype dtype : {Dtype::Float32, Dtype::BFloat16}) {
        const auto reader = handModel(2, dtype);
        const SnapshotHeader own = headerFor(*reader);
        const ReadingState expected = readSome(reader, 6 * kSegment + 1);
        const auto ids = randomIds(5, 6 * kSegment + 1);
        for (const std::size_t cut : {3, 8, 21, 40}) {
            ReadingSession first(reader, Mode::InfiniLinear, kSegment);
            std::span<const std::int32_t> rest(ids);
            while (first.state().tokens < static_cast<std::int64_t>(cut)) {
                const auto missing = cut - static_cast<std::size_t>(first.state().tokens);
                rest = rest.subspan(first.push(rest.first(missing)));
            }
            auto loaded = loadSnapshot(*reader, own, saveSnapshot(*reader, own, first.state()));
            ReadingSession second(reader, Mode::InfiniLinear, kSegment, std::move(loaded.state));
            while (!rest.empty()) {
                rest = rest.subspan(second.push(rest));
            }
            EXPECT_TRUE(sameBits(second.state().memory, expected.memory)) << cut;
            EXPECT_EQ(second.state().pending, expected.pending);
        }
    }
}

TEST_F(Snapshot, TakesTheSameRoomForAnyLength) {
    const auto sizeOf = [&](std::size_t tokens) {
        return saveSnapshot(*model, header, readSome(model, tokens)).size();
    };
    const std::size_t state_ = 4 * 2 * 2 * 8 * (8 + 1), perLayer = 4;
    EXPECT_EQ(sizeOf(50 * kSegment), sizeOf(kSegment));
    EXPECT_EQ(sizeOf(kSegment + 7), sizeOf(kSegment) + 4 * 7);
    EXPECT_LT(sizeOf(kSegment), state_ + 2 * perLayer + kSha256Bytes + 400);
    EXPECT_GT(sizeOf(kSegment), state_);
}

TEST_F(Snapshot, LocalModeStoresNoMemory) {
    const SnapshotHeader local = headerFor(*model, "local");
    ReadingState read = readSome(model, 2 * kSegment + 3, Mode::Local);
    const std::string stored = saveSnapshot(*model, local, read);
    const LoadedSnapshot loaded = loadSnapshot(*model, local, stored);
    EXPECT_TRUE(loaded.state.memory.M.empty());
    EXPECT_EQ(loaded.state.segments, 2);
    EXPECT_EQ(loaded.state.pending, read.pending);
    // A reading that began with an empty memory carries it along unused.
    read.memory = Memory::empty(model->weights->config, *model->adapter);
    EXPECT_EQ(saveSnapshot(*model, local, read), stored);
}

TEST_F(Snapshot, EveryStorableModeGoesOnWithTheSameBits) {
    HandShape shape;
    shape.layers = 3;
    for (const Mode mode :
         {Mode::InfiniLinear, Mode::InfiniDelta, Mode::Local, Mode::Xl, Mode::Compressive}) {
        for (const Dtype dtype : {Dtype::Float32, Dtype::BFloat16}) {
            const auto reader = handModel(2, dtype, shape);
            const SnapshotHeader own = headerFor(*reader, nameOf(mode));
            const auto ids = randomIds(5, 6 * kSegment + 1);
            const ReadingState expected = readIds(reader, ids, mode, kSegment);
            for (const std::size_t cut : {3, 8, 21, 40}) {
                const ReadingState half =
                    readIds(reader, std::span(ids).first(cut), mode, kSegment);
                const std::string stored = saveSnapshot(*reader, own, half);
                LoadedSnapshot loaded = loadSnapshot(*reader, own, stored);
                EXPECT_TRUE(sameBits(loaded.state, half)) << own.mode << cut;
                EXPECT_EQ(saveSnapshot(*reader, loaded.header, loaded.state), stored);
                ReadingSession session(reader, mode, kSegment, std::move(loaded.state));
                for (auto rest = std::span<const std::int32_t>(ids).subspan(cut); !rest.empty();) {
                    rest = rest.subspan(session.push(rest));
                }
                EXPECT_TRUE(sameBits(session.state(), expected)) << own.mode << cut;
            }
        }
    }
}

TEST_F(Snapshot, RefusesModesWhoseStateGrows) {
    for (const Mode mode : {Mode::Knn, Mode::Full}) {
        const SnapshotHeader other = headerFor(*model, nameOf(mode));
        const ReadingState read = readSome(model, 2 * kSegment, mode);
        for (const auto& action :
             std::vector<std::function<void()>>{[&] { saveSnapshot(*model, other, read); },
                                                [&] { loadSnapshot(*model, other, bytes); }}) {
            try {
                action();
                ADD_FAILURE() << nameOf(mode);
            } catch (const engine::Error& error) {
                EXPECT_EQ(error.code(), engine::Code::WrongUse);
                EXPECT_NE(std::string(error.what()).find("mode " + nameOf(mode)),
                          std::string::npos);
                EXPECT_NE(std::string(error.what()).find("infini-linear"), std::string::npos);
            }
        }
    }
}

TEST_F(Snapshot, RefusesADamagedCache) {
    const SnapshotHeader own = headerFor(*model, "compressive");
    const ReadingState read = readSome(model, 4 * kSegment + 2, Mode::Compressive);
    const std::string stored = saveSnapshot(*model, own, read);
    const auto refused = [&](const std::string& changed, const std::string& part) {
        expectRefused([&] { loadSnapshot(*model, own, changed); }, part);
    };
    for (std::size_t at = 0; at < stored.size(); at += 7) {
        std::string changed = stored;
        changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
        EXPECT_THROW(loadSnapshot(*model, own, changed), engine::Error) << at;
        EXPECT_THROW(loadSnapshot(*model, own, stored.substr(0, at)), engine::Error) << at;
    }
    // Two layers, each 4 first, 8 window and 8 pooled rows of 2·8 keys and values, and a checksum.
    const std::size_t layer = 2 * (4 + 8 + 8) * 2 * 8 * 4 + 4;
    const std::size_t sizeAt = stored.size() - kSha256Bytes - 2 * layer - 4;
    std::string changed = stored;
    changed[sizeAt] = 3;
    refused(sealed(changed), "value size is 3 bytes");
    changed = stored;
    changed[sizeAt + 4] ^= 1;
    refused(sealed(changed), "checksum of layer 0");
    changed = stored;
    changed[stored.size() - kSha256Bytes - 9] ^= 1;
    refused(sealed(changed), "checksum of layer 1");
    ReadingState broken = read;
    broken.cache.pooledValues[1] = at::full_like(read.cache.pooledValues[1], NAN);
    refused(saveSnapshot(*model, own, broken), "the cache of layer 1 holds a value that");
    broken = read;
    broken.cache.keys[0] = at::full_like(read.cache.keys[0], INFINITY);
    refused(saveSnapshot(*model, own, broken), "the cache of layer 0 holds an infinite value");
    ReadingState forgetful = read;
    forgetful.cache.sinks = 0;
    refused(saveSnapshot(*model, own, forgetful), "rule is \"sinks 0\", here it is \"sinks 4\"");
    SnapshotHeader xl = headerFor(*model, "xl");
    expectRefused([&] { loadSnapshot(*model, xl, stored); }, "mode is \"compressive\"");
    const SnapshotHeader delta = headerFor(*model, "infini-delta");
    expectRefused([&] { loadSnapshot(*model, delta, bytes); }, "mode is \"infini-linear\"");
}

TEST_F(Snapshot, ACacheOfAnotherTypeGoesOnRounded) {
    const auto half = handModel(1, Dtype::BFloat16);
    const SnapshotHeader own = headerFor(*model, "xl");
    const ReadingState read = readSome(half, 2 * kSegment + 3, Mode::Xl);
    SnapshotHeader stored = own;
    stored.dtype = "bfloat16";
    const auto loaded = loadSnapshot(*model, own, saveSnapshot(*half, stored, read));
    EXPECT_EQ(loaded.state.cache.keys[1].scalar_type(), at::kFloat);
    EXPECT_TRUE(sameBits(loaded.state.cache.keys[1], read.cache.keys[1].to(at::kFloat)));
}

TEST_F(Snapshot, RefusesAnyFlippedBit) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
        EXPECT_THROW(loadSnapshot(*model, header, changed), engine::Error) << at;
    }
}

TEST_F(Snapshot, RefusesAnyOtherLength) {
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        EXPECT_THROW(loadSnapshot(*model, header, std::string_view(bytes).substr(0, length)),
                     engine::Error)
            << length;
    }
    refuse(bytes.substr(0, 4), "length");
    refuse(bytes.substr(0, bytes.size() - 1), "length");
    refuse(bytes + "x", "length");
}

TEST_F(Snapshot, NamesWhatIsDamaged) {
    std::string changed = bytes;
    changed[0] = 'X';
    refuse(changed, "magic");
    changed = bytes;
    changed[8] = 2;
    refuse(sealed(changed), "version is 2");
    changed = bytes;
    changed[bytes.size() - kSha256Bytes - 20] ^= 1;
    refuse(sealed(changed), "checksum of layer 1");
    changed = bytes;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    refuse(changed, "checksum does not match");
    // A header that goes on behind its last field, and one that ends early.
    std::uint32_t length = 0;
    std::memcpy(&length, &bytes[12], 4);
    changed = bytes;
    changed.insert(16 + length, 1, 'x');
    const auto resize = [&](std::uint32_t to) { std::memcpy(&changed[12], &to, 4); };
    resize(length + 1);
    refuse(sealed(changed), "length: its header is longer");
    changed = bytes;
    resize(20);
    refuse(sealed(changed), "ends inside its header");
}

TEST_F(Snapshot, NamesTheFieldThatDiffers) {
    using M = Model&;
    using W = Weights&;
    using A = Adapter&;
    using H = SnapshotHeader&;
    refuseOther([](M, W w, A, H) { w.config.layers = 3; }, "layers is 3, here it is 2");
    refuseOther([](M, W w, A, H) { w.config.kvHeads = 4; }, "KV heads is 4");
    refuseOther([](M, W w, A, H) { w.config.headWidth = 16; }, "head width is 16");
    refuseOther([](M, W w, A, H) { w.config.ropeBase = 5000; }, "rope base is 5000");
    refuseOther([](M, W, A a, H) { a.features = 16; }, "feature width is 16");
    refuseOther([](M, W, A a, H) { a.lastLayer = 0; }, "memory layers is 1, here it is 2");
    refuseOther([](M, W, A a, H) { a.firstLayer = 1, a.lastLayer = 2; }, "first memory layer is 1");
    refuseOther([](M, W, A a, H) { a.epsilon = 1e-3; }, "epsilon");
    refuseOther([](M, W, A, H h) { h.weightsSha256 = "else"; }, "weights is \"else\"");
    refuseOther([](M, W, A, H h) { h.adapterSha256 = "else"; }, "adapter is \"else\"");
    refuseOther([](M, W, A, H h) { h.tokenizerSha256 = "else"; }, "tokenizer is \"else\"");
    refuseOther([](M, W, A, H h) { h.prefixSha256 = "else"; }, "text before the offset");
    refuseOther([](M, W, A, H h) { h.segmentTokens = 16; }, "segment is 16");
    refuseOther([](M, W, A, H h) { h.mode = "local"; }, "mode is \"local\"");

    std::string changed = bytes;
    changed.replace(changed.find("linear\x04"), 6, "deltaX");
    refuse(sealed(changed), "rule is \"deltaX\"");
    changed = bytes;
    changed.replace(changed.find("elu1"), 4, "relu");
    refuse(sealed(changed), "feature map is \"relu\"");

    SnapshotHeader any = header;
    any.prefixSha256.clear();
    EXPECT_NO_THROW(loadSnapshot(*model, any, bytes));
}

TEST_F(Snapshot, NamesValuesThatNoReadingLeaves) {
    const auto with = [&](const std::function<void(ReadingState&)>& change) {
        ReadingState changed = state;
        changed.memory = state.memory.clone();
        change(changed);
        return saveSnapshot(*model, header, changed);
    };
    const auto set = [](const at::Tensor& tensor, float value) {
        const_cast<float*>(tensor.const_data_ptr<float>())[3] = value;
    };
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    refuse(with([&](ReadingState& s) { set(s.memory.M[1], kNan); }),
           "M of layer 1 holds a value that");
    refuse(with([&](ReadingState& s) { set(s.memory.z[0], kNan); }),
           "z of layer 0 holds a value that");
    refuse(with([&](ReadingState& s) { set(s.memory.M[0], -kInfinity); }), "infinite");
    refuse(with([&](ReadingState& s) { set(s.memory.z[1], kInfinity); }), "infinite");
    refuse(with([&](ReadingState& s) { set(s.memory.z[1], -1e-6f); }),
           "z of layer 1 holds a negative");
    EXPECT_NO_THROW(
        loadSnapshot(*model, header, with([&](ReadingState& s) { set(s.memory.M[1], -1e-6f); })));
    refuse(with([](ReadingState& s) { s.pending[1] = 61; }), "61 is no token");
    refuse(with([](ReadingState& s) { s.pending[1] = -1; }), "-1 is no token");
    refuse(with([](ReadingState& s) { s.pending.resize(8, 3); }), "pending tokens: 8");
    refuse(with([](ReadingState& s) { s.tokens += 1; }), "tokens is 30, here it is 29");
    refuse(with([](ReadingState& s) { s.segments = -1; }), "segments: -1");
    refuse(with([](ReadingState& s) { s.segments = 1LL << 62; }), "segments: ");
    refuse(with([](ReadingState& s) { s.memory.tokens = 0; }), "tokens in memory is 0");
}
