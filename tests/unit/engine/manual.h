#pragma once
/// The sample book, read without a memory into a library that the tests of a suite share.

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "tests/unit/engine/support.h"

namespace tests {

inline std::string manualPath() {
    return TEST_BINARIES "/../share/infolio/infolio-manual.pdf";
}

/// The events of a request, collected.
struct Events {
    std::vector<engine::Event> all;

    engine::Sink sink() {
        return [this](const engine::Event& event) { all.push_back(event); };
    }
    template <typename T> [[nodiscard]] std::vector<T> of() const {
        std::vector<T> found;
        for (const engine::Event& event : all)
            if (const T* one = std::get_if<T>(&event))
                found.push_back(*one);
        return found;
    }
    /// One Done, and it came last.
    [[nodiscard]] bool isWhole() const {
        return of<engine::Done>().size() == 1 && std::holds_alternative<engine::Done>(all.back());
    }
};

inline std::unique_ptr<engine::Engine> openEngine(const std::string& folder) {
    engine::Options options;
    options.libraryPath = folder;
    options.readerProgram = TEST_BINARIES "/infolio-reader";
    return engine::Engine::open(options);
}

/// Reads a file's text and returns its document.
inline engine::DocumentInfo readText(engine::Engine& engine, const std::string& path) {
    engine::ReadRequest request;
    request.paths = {path};
    request.textOnly = true;
    Events events;
    engine.read(request, events.sink()).wait();
    const auto documents = events.of<engine::Document>();
    EXPECT_EQ(documents.size(), 1U);
    return documents.empty() ? engine::DocumentInfo() : documents.front().info;
}

/// The sample book in a library of its own.
class ManualTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        s_folder = std::make_unique<TemporaryFolder>();
        s_engine = openEngine(s_folder->file("library"));
        s_book = readText(*s_engine, manualPath());
    }
    static void TearDownTestSuite() {
        s_engine.reset();
        s_folder.reset();
    }

    inline static std::unique_ptr<TemporaryFolder> s_folder;
    inline static std::unique_ptr<engine::Engine> s_engine;
    inline static engine::DocumentInfo s_book;
};

template <typename Call> engine::Code codeOf(Call call) {
    try {
        call();
    } catch (const engine::Error& error) {
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return engine::Code::Internal;
}

} // namespace tests
