#pragma once
/// What the sources of Library share. Not for other folders.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/store/database.h"
#include "engine/store/full_text.h"
#include "engine/store/library.h"

namespace engine::store {

struct Library::Impl {
    std::string folder;
    std::chrono::milliseconds patience; ///< also of `database`, which keeps it to itself
    Database database;
    FullText fullText; ///< of `database`, therefore after it

    Impl(std::string place, std::chrono::milliseconds wait, Database&& opened)
        : folder(std::move(place)), patience(wait), database(std::move(opened)),
          fullText(database) {}

    void requireWritable() const; ///< throws ReadOnly
    [[nodiscard]] std::string
    passageIndex(std::int64_t documentId) const; ///< packed; "" when there is no such document
    [[nodiscard]] std::int64_t model(std::string_view role, std::string_view sha256,
                                     std::string_view name) const; ///< finds or creates
    [[nodiscard]] std::optional<std::int64_t> findReading(const ReadingRow& row) const;
};

/// The errno of a file or folder of the library as an Error: ReadOnly, DiskFull or BadLibrary.
[[noreturn]] void throwForFile(const std::string& path, int systemError);

/// Whether the file could be locked for this opening alone within `patience`; another opening holds
/// it otherwise. Throws as throwForFile does.
bool lockWithin(int file, const std::string& path, std::chrono::duration<double> patience);

/// `given`, or this moment as ISO 8601 in UTC when it is empty.
std::string timestamp(std::string_view given);

/// Number of bytes of `text` before its code point `index`, or its size when there are fewer.
std::size_t byteOffset(std::string_view text, std::int64_t index);

std::int64_t codePoints(std::string_view text);

} // namespace engine::store
