#pragma once
/// A fresh folder per test, small documents made of sentences, and a scan of a library's files.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/error.h"
#include "engine/store/hash.h"
#include "engine/store/library.h"

namespace engine::store {

class LibraryTest : public ::testing::Test {
protected:
    LibraryTest() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "infolio-store-XXXXXX").string();
        base = ::mkdtemp(pattern.data());
        folder = base + "/library";
    }
    ~LibraryTest() override {
        std::error_code ignored;
        std::filesystem::remove_all(base, ignored);
    }

    [[nodiscard]] std::unique_ptr<Library> open() const {
        return Library::open(folder, Library::Access::ReadWrite);
    }
    [[nodiscard]] std::string file() const { return folder + "/library.db"; }

    std::string base;
    std::string folder;
};

/// The code of the Error that `action` throws; its sentence goes to `message`.
template <typename Action> Code codeOf(Action action, std::string* message = nullptr) {
    try {
        action();
    } catch (const Error& error) {
        if (message != nullptr) {
            *message = error.what();
        }
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return Code::Internal;
}

inline std::int64_t countCodePoints(const std::string& text) {
    std::int64_t count = 0;
    for (const char byte : text) {
        count += (static_cast<unsigned char>(byte) & 0xC0) != 0x80 ? 1 : 0;
    }
    return count;
}

/// Runs `action` in a process of its own and returns its wait status; 0 when it returned true.
template <typename Action> int inChild(Action action) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        int status = 1;
        try {
            status = action() ? 0 : 1;
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
        }
        std::fflush(nullptr);
        ::_exit(status);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

/// Sees each statement before it runs, of the connections that are opened while this lives.
class Statements {
public:
    explicit Statements(std::function<void(std::string_view)> see) {
        s_see = std::move(see);
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(&watch));
    }
    ~Statements() {
        sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&watch));
        s_see = nullptr;
    }
    Statements(const Statements&) = delete;
    Statements& operator=(const Statements&) = delete;

    /// The connection that was opened last.
    [[nodiscard]] static sqlite3* newest() { return s_newest; }

private:
    static int watch(sqlite3* connection, const char** /*error*/, const void* /*api*/) {
        s_newest = connection;
        return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, &tell, nullptr);
    }
    static int tell(unsigned /*event*/, void* /*context*/, void* /*statement*/, void* text) {
        if (s_see) {
            s_see(static_cast<const char*>(text));
        }
        return 0;
    }
    inline static std::function<void(std::string_view)> s_see;
    inline static sqlite3* s_newest = nullptr;
};

/// Each text one passage, each passage one page.
inline DocumentContent contentOf(const std::vector<std::string>& texts) {
    DocumentContent content;
    std::int64_t end = 0;
    int ordinal = 0;
    for (const std::string& text : texts) {
        PassageRow passage;
        passage.ordinal = ordinal++;
        passage.pageFirst = passage.pageLast = ordinal;
        passage.begin = end;
        passage.end = end += countCodePoints(text);
        passage.text = text;
        PageRow page;
        page.index = ordinal;
        page.label = std::to_string(ordinal);
        page.begin = passage.begin;
        page.end = passage.end;
        content.passages.push_back(passage);
        content.pages.push_back(page);
    }
    return content;
}

inline DocumentRow rowOf(const std::string& title, const DocumentContent& content) {
    std::string text;
    for (const PassageRow& passage : content.passages) {
        text += passage.text;
    }
    DocumentRow row;
    row.sha256 = sha256("file of " + title + text);
    row.kind = "txt";
    row.title = title;
    row.language = "en";
    row.bytes = static_cast<std::int64_t>(text.size());
    row.pages = static_cast<std::int64_t>(content.pages.size());
    row.characters = countCodePoints(text);
    row.textSha256 = sha256(text);
    row.readerVersion = "1";
    row.layoutVersion = 1;
    row.state = "text ready";
    return row;
}

inline std::int64_t addTexts(Library& library, const std::string& title,
                             const std::vector<std::string>& texts) {
    const DocumentContent content = contentOf(texts);
    return library.addDocument(rowOf(title, content), content);
}

inline std::string bytesOf(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace engine::store
