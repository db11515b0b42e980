// Extraction against texts that people typed: word 3-grams. Prints one line a pair. By hand.
//
//     extraction [EXTRACTED TRUTH]...    without arguments: the pairs of the test material

#include <fstream>
#include <iostream>
#include <sstream>

#include <chrono>

#include "engine/document/document.h"
#include "engine/document/reader_client.h"
#include "engine/error.h"
#include "tests/support/word_grams.h"

using namespace engine::document;

namespace {

Document read(const std::string& path) {
    ReaderOptions options;
    options.program = std::string(TEST_BINARIES) + "/infolio-reader";
    return repair(readFile(path, options, [](int, int) { return true; }));
}

/// A plain text is the truth as it stands; anything else is extracted too.
std::string truth(const std::string& path) {
    if (path.size() < 4 || path.compare(path.size() - 4, 4, ".txt") != 0)
        return read(path).text;
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

void measure(const std::string& extracted, const std::string& wanted) {
    const auto begin = std::chrono::steady_clock::now();
    const Document document = read(extracted);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    const support::Overlap overlap = support::overlap(document.text, truth(wanted));
    std::cout << extracted << ": recall " << overlap.recall << ", precision " << overlap.precision
              << ", " << document.pages.size() << " pages, " << document.characters
              << " characters, " << seconds.count() << " s\n";
}

} // namespace

int main(int argc, char** argv) {
    const std::string data = TEST_DATA;
    std::vector<std::pair<std::string, std::string>> pairs;
    for (int i = 1; i + 1 < argc; i += 2)
        pairs.emplace_back(argv[i], argv[i + 1]);
    if (pairs.empty())
        pairs = {
            {data + "/epub/Persuasion__Persuasion.epub", data + "/narrativeqa/105_persuasion.txt"},
            {data + "/epub/time-machine-h-g-wells_standardebooks.epub",
             data + "/narrativeqa/35_the-time-machine.txt"}};
    for (const auto& [extracted, wanted] : pairs) {
        try {
            measure(extracted, wanted);
        } catch (const engine::Error& error) {
            std::cout << extracted << ": " << error.what() << "\n";
        }
    }
    return 0;
}
