#pragma once
/// An opened file of any format inside the worker, and how a format says that it cannot go on.

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/document/wire.h"

namespace engine::reader {

/// Thrown by a format for a file it cannot read; becomes a Refused message. `what()` is a clause
/// for people.
class RefusedError : public std::runtime_error {
public:
    RefusedError(document::wire::Refusal refusal, const std::string& detail)
        : std::runtime_error(detail), m_refusal(refusal) {}

    [[nodiscard]] document::wire::Refusal refusal() const { return m_refusal; }

private:
    document::wire::Refusal m_refusal;
};

/// Thrown by openPdf when no password was given, or one that does not fit.
class PasswordNeeded : public std::runtime_error {
public:
    PasswordNeeded() : std::runtime_error("the file needs a password") {}
};

using Part = std::variant<document::RawPage, document::RawSection>;

class Book {
public:
    Book() = default;
    Book(const Book&) = delete;
    Book& operator=(const Book&) = delete;
    virtual ~Book() = default;

    /// What the file tells before its text is read, and the number of its parts.
    [[nodiscard]] virtual document::wire::OpenedFile opened() = 0;
    /// Part `index`, from 1 to the number of parts.
    [[nodiscard]] virtual Part read(int index) = 0;
    /// A picture of a page that exists. Throws RefusedError: no pages, damaged, too large.
    [[nodiscard]] virtual document::wire::Picture render(const document::wire::Render& render);
    /// Links of page `index` in points, origin at the top left; none for books without pages.
    [[nodiscard]] virtual std::vector<document::RawLink> links(int index);
};

/// Limits of one file (documents.md, section 4).
inline constexpr std::size_t kMaxTextPart = 64u << 20;

/// Opens the file that lies in `bytes`, which must outlive the book. Its kind is found from the
/// content; `isMarkdown` tells text apart from Markdown, where content cannot. Throws RefusedError
/// and PasswordNeeded.
std::unique_ptr<Book> openBook(std::string_view bytes, bool isMarkdown,
                               const std::optional<std::string>& password);

} // namespace engine::reader
