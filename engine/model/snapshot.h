#pragma once
/// The byte form of a reading state (infini-attention.md, section 9).

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/model/session.h"

namespace engine::model {

inline constexpr std::string_view kSnapshotMagic = "INFOSNAP";
inline constexpr std::uint32_t kSnapshotVersion = 1;
inline constexpr std::size_t kSha256Bytes = 32;

/// What a snapshot must agree with, and what it remembers (infini-attention.md, section 9).
struct SnapshotHeader {
    std::string mode;
    std::int64_t segmentTokens = 0;
    std::string weightsSha256, adapterSha256, tokenizerSha256;
    std::string prefixSha256; ///< of the stored text [0, charEnd)
    std::int64_t charEnd = 0;
    std::int64_t page = 0;
    std::string engineVersion, device, dtype;
    std::int64_t threads = 0;
    std::int64_t parent = 0; ///< snapshot id, 0: none
};

/// Throws WrongUse for a mode whose states are not stored: knn, full and autocompressor.
void requireStorable(Mode mode);

/// One little-endian byte string: magic INFOSNAP, version, header, pending ids, M and z per memory
/// layer with CRC32C, or keys and values per layer with CRC32C, or the vectors of rmt with CRC32C,
/// SHA-256. Throws as `requireStorable` and Model::requireTrainedFor.
std::string saveSnapshot(const Model& model, const SnapshotHeader& header,
                         const ReadingState& state);

struct LoadedSnapshot {
    SnapshotHeader header;
    ReadingState state;
};

/// Checks everything of section 9 and throws BadSnapshot naming the field: bad magic, newer
/// version, checksum, length, shape, weights, adapter, tokenizer, mode, N, NaN, infinity, negative
/// z. Throws NoMemory when a device's memory is used up. `expected` gives mode, segmentTokens and
/// prefixSha256 (empty: not compared).
LoadedSnapshot loadSnapshot(const Model& model, const SnapshotHeader& expected,
                            std::string_view bytes);

/// CRC-32C (Castagnoli), as in RFC 3720.
std::uint32_t crc32c(std::string_view bytes);

/// 32 raw bytes.
std::string sha256Bytes(std::string_view bytes);

} // namespace engine::model
