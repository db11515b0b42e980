#include "engine/adapt/corpus.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "engine/error.h"
#include "engine/model/sha256.h"

namespace engine::adapt {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostDevTexts = 8;
constexpr std::int64_t kEarlyRows = 64; ///< of a segment, which are weighted more
constexpr double kEarlyShare = 0.7, kLateShare = 0.25;

std::string bytesOf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file || fs::is_directory(path)) {
        throw Error(Code::FileMissing,
                    path + ": this text cannot be read; check its name and rights");
    }
    return bytes;
}

std::string hashOf(const std::string& bytes) {
    model::Sha256 hash;
    hash.add(bytes);
    return hash.digest();
}

/// The file, or the text files of a folder and of the folders in it.
std::vector<std::string> filesOf(const std::string& path, bool onlyTexts) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
        return {path};
    }
    std::vector<std::string> files;
    for (fs::recursive_directory_iterator entry(path, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_regular_file(ignored) &&
            (!onlyTexts || entry->path().extension() == ".txt")) {
            files.push_back(entry->path().string());
        }
    }
    if (error) {
        throw Error(Code::FileMissing, path + ": this folder cannot be listed: " + error.message());
    }
    return files;
}

bool isHash(const std::string& word) {
    return word.size() == 64 && word.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Hash → what the list calls it.
std::map<std::string, std::string> refusedHashes(const std::string& list) {
    std::map<std::string, std::string> refused;
    if (list.empty()) {
        return refused;
    }
    std::ifstream file(list);
    if (!file) {
        throw Error(Code::FileMissing,
                    list + ": this list of refused texts cannot be read; check its name");
    }
    for (std::string line; std::getline(file, line);) {
        const std::string word = line.substr(0, line.find_first_of(" \t\r"));
        if (isHash(word)) {
            refused[word] = word;
        } else if (!word.empty()) {
            while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
                line.pop_back();
            }
            for (const std::string& path : filesOf(line, false)) {
                refused[hashOf(bytesOf(path))] = path;
            }
        }
    }
    return refused;
}

} // namespace

Corpus Corpus::load(const std::vector<std::string>& paths, const std::string& refused,
                    const model::Tokenizer& tokenizer, std::uint64_t seed, std::int64_t leastTokens,
                    const std::function<bool(std::int64_t, std::int64_t)>& goOn) {
    const std::map<std::string, std::string> no = refusedHashes(refused);
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        const auto more = filesOf(path, true);
        files.insert(files.end(), more.begin(), more.end());
    }
    Corpus corpus;
    std::map<std::string, Text> texts;
    std::int64_t done = 0;
    for (const std::string& path : files) {
        if (!goOn(done++, static_cast<std::int64_t>(files.size()))) {
            return corpus;
        }
        const std::string bytes = bytesOf(path);
        const std::string hash = hashOf(bytes);
        if (const auto found = no.find(hash); found != no.end()) {
            throw Error(Code::WrongUse, path + " may not be trained on: it is " + found->second +
                                            " of the refused texts; leave it out");
        }
        Text text{path, hash, tokenizer.encodeFromBegin(bytes)};
        if (static_cast<std::int64_t>(text.ids.size()) < leastTokens) {
            corpus.skipped.push_back(path);
        } else {
            texts.emplace(hash, std::move(text));
        }
    }
    if (texts.size() < 2) {
        throw Error(Code::WrongUse, "Training needs at least two texts of " +
                                        std::to_string(leastTokens) + " tokens, and " +
                                        std::to_string(texts.size()) +
                                        " were found; name more files or folders with *.txt");
    }
    for (auto& [hash, text] : texts) {
        corpus.hashes.push_back(hash);
        corpus.train.push_back(std::move(text));
    }
    corpus.sha256 = hashOver(corpus.hashes);
    Random random(seed);
    for (std::size_t i = corpus.train.size(); i > 1; --i) {
        std::swap(
            corpus.train[i - 1],
            corpus.train[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
    }
    const std::size_t count =
        std::max<std::size_t>(1, std::min(kMostDevTexts, corpus.train.size() / 4));
    corpus.dev.assign(
        std::make_move_iterator(corpus.train.end() - static_cast<std::ptrdiff_t>(count)),
        std::make_move_iterator(corpus.train.end()));
    corpus.train.resize(corpus.train.size() - count);
    std::vector<std::string> held;
    for (const Text& text : corpus.dev) {
        held.push_back(text.sha256);
    }
    std::ranges::sort(held);
    corpus.devSha256 = hashOver(held);
    return corpus;
}

std::string hashOver(const std::vector<std::string>& hashes) {
    model::Sha256 all;
    for (const std::string& hash : hashes) {
        all.add(hash + "\n");
    }
    return all.digest();
}

std::vector<std::int32_t> Corpus::piece(const std::vector<Text>& texts, Random& random,
                                        std::int64_t count) {
    const auto& ids =
        texts[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(texts.size())))].ids;
    const auto first =
        ids.begin() + random.below(static_cast<std::int64_t>(ids.size()) - count + 1);
    return {first, first + count};
}

std::vector<std::int64_t> rowsWithLoss(std::int64_t N, Random& random) {
    std::vector<std::int64_t> rows;
    const auto choose = [&](std::int64_t first, std::int64_t end, double share) {
        auto wanted = std::llround(share * static_cast<double>(end - first));
        for (std::int64_t row = first; row < end; ++row) {
            if (random.below(end - row) < wanted) {
                rows.push_back(row);
                --wanted;
            }
        }
    };
    const std::int64_t early = std::min(kEarlyRows, N - 1);
    choose(0, early, kEarlyShare);
    choose(early, N - 1, kLateShare);
    return rows;
}

} // namespace engine::adapt
