#pragma once
/// A library with one document and the tiny model, for the tests of this folder.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/answer/answer.h"

namespace tests {

/// A folder that goes away with the object.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

/// The tiny model, loaded once.
std::shared_ptr<const engine::model::Model> tinyModel();

/// The same weights in a file that asks for <|im_start|> before every text.
std::shared_ptr<const engine::model::Model> tinyModelThatBegins();

/// A document in a library of its own. A passage is a paragraph, which ends with "\n\n"; pages hold
/// `pageCharacters` each.
class Book {
public:
    explicit Book(const std::string& text, std::int64_t pageCharacters = 500);

    [[nodiscard]] const engine::store::Library& library() const { return *m_library; }
    /// Read up to `bound` by the tiny model in segments of 64 tokens.
    [[nodiscard]] engine::answer::Source
    source(std::optional<std::int64_t> bound = std::nullopt) const;
    [[nodiscard]] const std::string& text() const { return m_text; }

private:
    Folder m_folder;
    std::unique_ptr<engine::store::Library> m_library;
    std::string m_text;
    std::int64_t m_id = 0;
};

/// About 3,000 characters in paragraphs, one subject each: a giant, a lighthouse, a bakery, a
/// train.
const std::string& tale();

} // namespace tests
