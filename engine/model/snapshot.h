#pragma once
/// The byte form of a reading state (infini-attention.md, section 9); `saveSnapshot` and
/// `loadSnapshot` of session.h.

#include <cstdint>
#include <string>
#include <string_view>

namespace engine::model {

inline constexpr std::string_view kSnapshotMagic = "INFOSNAP";
inline constexpr std::uint32_t kSnapshotVersion = 1;
inline constexpr std::size_t kSha256Bytes = 32;

/// CRC-32C (Castagnoli), as in RFC 3720.
std::uint32_t crc32c(std::string_view bytes);

/// 32 raw bytes.
std::string sha256Bytes(std::string_view bytes);

} // namespace engine::model
