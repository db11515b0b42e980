/// What the engine's synchronous calls cost the window in a library of many documents.
/// `window_calls [DOCUMENTS [PAGES]]`: by default 1,000 documents of 300 pages.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/store/library.h"
#include "tests/unit/engine/support.h"

namespace {

/// The first call and the longest of five more, in milliseconds.
void measure(const char* what, const std::function<void()>& call) {
    double first = -1, most = 0;
    for (int i = 0; i < 6; ++i) {
        const auto start = std::chrono::steady_clock::now();
        call();
        const double ms =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                .count();
        if (first < 0)
            first = ms;
        else
            most = std::max(most, ms);
    }
    std::printf("%-18s first %7.1f ms, then at most %7.1f ms\n", what, first, most);
}

} // namespace

int main(int argc, char** argv) {
    const int documents = argc > 1 ? std::atoi(argv[1]) : 1000;
    const int pages = argc > 2 ? std::atoi(argv[2]) : 300;
    const tests::TemporaryFolder folder;
    const std::string path = folder.file("library");
    {
        const auto library =
            engine::store::Library::open(path, engine::store::Library::Access::ReadWrite);
        for (int i = 0; i < documents; ++i) {
            std::vector<std::string> texts;
            for (int page = 1; page <= pages; ++page)
                texts.push_back(tests::pageText(i * pages + page, i == 0 ? 300 : 3));
            tests::addDocument(*library, texts, {1, pages / 2});
        }
    }
    engine::Options options;
    options.libraryPath = path;
    measure("open", [&] { engine::Engine::open(options); });
    const auto engine = engine::Engine::open(options);
    std::vector<engine::DocumentInfo> all;
    measure("documents", [&] { all = engine->documents(); });
    const auto large = std::max_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a.characters < b.characters;
    });
    const engine::DocumentId id = large->id;
    measure("find", [&] { (void)engine->find(id.sha256); });
    measure("pages", [&] { (void)engine->pages(id); });
    measure("contents", [&] { (void)engine->contents(id); });
    measure("text of all", [&] { (void)engine->text(id, {0, large->characters}); });
    measure("remove", [&] { engine->remove({id}); });
    measure("removedDocuments", [&] { (void)engine->removedDocuments(); });
    measure("restore", [&] { engine->restore({id}); });
}
