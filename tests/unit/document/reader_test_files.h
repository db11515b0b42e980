#pragma once
/// Files and calls that the tests of the reader share.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/document/reader_client.h"
#include "engine/error.h"

namespace engine::document {

/// A folder that goes with the test.
class ReaderTest : public testing::Test {
protected:
    ReaderTest() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "infolio-reader-XXXXXX").string();
        m_folder = mkdtemp(pattern.data());
    }
    ~ReaderTest() override { std::filesystem::remove_all(m_folder); }

    [[nodiscard]] std::string path(const std::string& name) const {
        return (m_folder / name).string();
    }
    std::string file(const std::string& name, const std::string& content) const {
        std::ofstream(path(name), std::ios::binary) << content;
        return path(name);
    }

private:
    std::filesystem::path m_folder;
};

inline ReaderOptions readerOptions(const std::string& program = "infolio-reader") {
    ReaderOptions options;
    options.program = std::string(TEST_BINARIES "/") + program;
    return options;
}

inline RawDocument readWhole(const std::string& path,
                             const ReaderOptions& options = readerOptions()) {
    return readFile(path, options, {});
}

/// The code that reading ends with; Internal when it succeeds.
inline Code failure(const std::string& path, const ReaderOptions& options = readerOptions()) {
    try {
        readFile(path, options, {});
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()), "");
        return error.code();
    }
    return Code::Internal;
}

inline std::string contentOf(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace engine::document

/// Skips a test that needs the real files when they are not there.
#define NEED_TEST_DATA()                                                                           \
    if (!std::filesystem::exists(TEST_DATA "/pdf"))                                                \
    GTEST_SKIP() << "the folder with the test material is not there"
