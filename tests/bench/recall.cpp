/// Evidence recall and refusal on FairytaleQA: reads a collection as a person's text file would be,
/// asks a sample of its questions, and compares the passages found with the gold spans.
/// Definitions: evaluation.md, section 4.
///
///     recall --data DIR --model FILE --reader PROGRAM --collection NAME [--n 100] [--seed 1]
///     [--candidates K] [--verbose]

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "engine/answer/answer.h"
#include "engine/answer/evidence.h"
#include "engine/convert.h"
#include "engine/document/document.h"
#include "engine/document/reader_client.h"
#include "engine/model/session.h"
#include "engine/store/hash.h"
#include "engine/store/library.h"

using namespace engine;

namespace {

using Span = std::pair<std::int64_t, std::int64_t>;

struct Question {
    std::string text;
    std::vector<Span> gold; ///< offsets of the stored text
};

struct Word {
    std::string text;
    std::int64_t begin = 0, end = 0; ///< code points
};

/// Words with their code point offsets. Two texts that differ in white space alone have the same
/// words.
std::vector<Word> wordsOf(const std::string& utf8) {
    std::vector<Word> result;
    std::int64_t offset = 0;
    bool isInside = false;
    for (const char c : utf8) {
        const bool isContinuation = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
        const bool isWord =
            std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0xC3;
        if (isContinuation) {
            if (isInside)
                result.back().text += c;
            continue;
        }
        if (isWord && !isInside)
            result.push_back({"", offset, offset});
        isInside = isWord;
        if (isWord) {
            result.back().text += c;
            result.back().end = offset + 1;
        }
        ++offset;
    }
    return result;
}

/// For every word of `from` its partner in `to`, or -1. A hyphen or mark that one text lacks costs
/// a few words at most.
std::vector<int> align(const std::vector<Word>& from, const std::vector<Word>& to) {
    constexpr std::size_t kFarthest = 60, kRun = 4;
    std::vector<int> partner(from.size(), -1);
    const auto agree = [&](std::size_t i, std::size_t j) {
        for (std::size_t k = 0; k < kRun; ++k) {
            if (i + k >= from.size() || j + k >= to.size())
                return k > 0;
            if (from[i + k].text != to[j + k].text)
                return false;
        }
        return true;
    };
    std::size_t i = 0, j = 0;
    while (i < from.size() && j < to.size()) {
        if (from[i].text == to[j].text) {
            partner[i++] = static_cast<int>(j++);
            continue;
        }
        std::size_t skipFrom = 0, skipTo = 0;
        bool isFound = false;
        for (std::size_t sum = 1; sum <= kFarthest && !isFound; ++sum) {
            for (std::size_t a = 0; a <= sum && !isFound; ++a) {
                if (agree(i + a, j + sum - a)) {
                    skipFrom = a;
                    skipTo = sum - a;
                    isFound = true;
                }
            }
        }
        if (!isFound)
            throw std::runtime_error("the stored text cannot be aligned at \"" + from[i].text +
                                     "\"");
        i += skipFrom;
        j += skipTo;
    }
    return partner;
}

Span aligned(const Span& span, const std::vector<Word>& from, const std::vector<Word>& to,
             const std::vector<int>& partner) {
    std::int64_t begin = -1, end = -1;
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (from[i].begin < span.first || from[i].end > span.second || partner[i] < 0)
            continue;
        const Word& word = to[static_cast<std::size_t>(partner[i])];
        begin = begin < 0 ? word.begin : begin;
        end = word.end;
    }
    if (begin < 0)
        throw std::runtime_error("a gold span has no word in the stored text");
    return {begin, end};
}

bool isHit(const answer::Quote& quote, const std::vector<Span>& gold) {
    return std::ranges::any_of(gold, [&](const Span& span) {
        const std::int64_t shared =
            std::min(quote.end, span.second) - std::max(quote.begin, span.first);
        return shared * 2 >= quote.end - quote.begin || shared >= span.second - span.first;
    });
}

/// The looser reading of the same question: a passage that holds any part of a gold span.
bool isTouched(const answer::Quote& quote, const std::vector<Span>& gold) {
    return std::ranges::any_of(gold, [&](const Span& span) {
        return quote.begin < span.second && span.first < quote.end;
    });
}

struct Share {
    int hits = 0, count = 0;
    void add(bool isHit) {
        hits += isHit ? 1 : 0;
        ++count;
    }
    [[nodiscard]] double value() const { return count > 0 ? static_cast<double>(hits) / count : 0; }
    [[nodiscard]] std::string text() const {
        constexpr double z = 1.96;
        const double n = std::max(count, 1), p = value(),
                     middle = (p + z * z / (2 * n)) / (1 + z * z / n);
        const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
        char buffer[96];
        std::snprintf(buffer, sizeof buffer, "%.3f [%.3f, %.3f] (%d of %d)", p, middle - half,
                      middle + half, hits, count);
        return buffer;
    }
};

std::string contentsOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw std::runtime_error("cannot read " + path.string());
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

class Collection {
public:
    Collection(const std::filesystem::path& data, const std::string& name,
               const std::string& reader) {
        const auto base = data / "fairytaleqa" / name;
        const std::string path = base.string() + ".txt", text = contentsOf(path);
        m_folder = std::filesystem::temp_directory_path() /
                   ("infolio-recall-" + std::to_string(std::random_device()()));
        m_library = store::Library::open(m_folder.string(), store::Library::Access::ReadWrite);
        document::ReaderOptions options;
        options.program = reader;
        const document::Document document = document::repair(document::readFile(path, options, {}));
        store::DocumentRow row = documentRow(document);
        row.sha256 = store::sha256(text);
        row.textSha256 = store::sha256(document.text);
        row.state = "text ready";
        m_document = m_library->addDocument(row, documentContent(document));
        m_characters = document.characters;
        std::printf("%s: %lld characters, %zu passages\n", name.c_str(),
                    static_cast<long long>(m_characters), document.passages.size());

        const auto from = wordsOf(text), to = wordsOf(document.text);
        const auto partner = align(from, to);
        const auto json = nlohmann::json::parse(contentsOf(base.string() + ".json"));
        for (const auto& item : json.at("questions")) {
            Question question{item.at("question"), {}};
            for (const auto& span : item.at("evidence_char_spans"))
                question.gold.push_back(aligned({span.at(0), span.at(1)}, from, to, partner));
            if (!question.gold.empty())
                m_questions.push_back(std::move(question));
        }
    }
    ~Collection() {
        m_library.reset();
        std::error_code ignored;
        std::filesystem::remove_all(m_folder, ignored);
    }
    Collection(const Collection&) = delete;
    Collection& operator=(const Collection&) = delete;

    [[nodiscard]] const store::Library& library() const { return *m_library; }
    [[nodiscard]] std::vector<answer::Source> sources() const {
        return {{m_document, m_characters, std::nullopt, {}}};
    }

    /// A sample without repetition; the same seed gives the same on every machine.
    [[nodiscard]] std::vector<Question> sample(std::size_t count, std::uint32_t seed) const {
        std::vector<Question> all = m_questions;
        std::mt19937 random(seed);
        count = std::min(count, all.size());
        for (std::size_t i = 0; i < count; ++i)
            std::swap(all[i], all[i + random() % (all.size() - i)]);
        all.resize(count);
        return all;
    }

private:
    std::filesystem::path m_folder;
    std::unique_ptr<store::Library> m_library;
    std::int64_t m_document = 0, m_characters = 0;
    std::vector<Question> m_questions;
};

std::string nextCollection(const std::string& name) {
    const std::vector<std::string> all = {"irish-fairybook", "native-american-fairybook",
                                          "norwegian-fairybook"};
    const auto found = std::ranges::find(all, name);
    return found == all.end() || std::next(found) == all.end() ? all.front() : *std::next(found);
}

int run(const std::map<std::string, std::string>& given) {
    const auto value = [&](const std::string& name, const std::string& otherwise) {
        const auto found = given.find(name);
        return found == given.end() ? otherwise : found->second;
    };
    const std::string name = value("collection", "irish-fairybook");
    const auto count = static_cast<std::size_t>(std::stoul(value("n", "100")));
    const auto seed = static_cast<std::uint32_t>(std::stoul(value("seed", "1")));
    const bool isVerbose = given.contains("verbose");

    model::setThreads(0);
    const Collection collection(value("data", TEST_DATA), name, value("reader", TEST_READER));
    const auto model = given.contains("no-model") ? nullptr
                                                  : model::Model::load(value("model", TEST_MODEL),
                                                                       "", model::Dtype::BFloat16);
    answer::Options options;
    options.candidates = std::stoi(value("candidates", std::to_string(options.candidates)));
    options.evidenceCount = std::max(10, options.candidates);
    // The last depth is what the order can reach at best.
    const std::set<std::size_t> depths = {1, 3, 5, 10,
                                          static_cast<std::size_t>(options.evidenceCount)};
    std::map<std::string, std::map<std::size_t, Share>> recall, touch;
    Share accepted;
    int unverified = 0;
    const auto start = std::chrono::steady_clock::now();
    const auto measure = [&](const std::string& arm, const answer::Ranking& ranking,
                             const Question& question) {
        for (const std::size_t depth : depths) {
            const std::size_t shown = std::min(depth, ranking.quotes.size());
            touch[arm][depth].add(std::any_of(
                ranking.quotes.begin(), ranking.quotes.begin() + static_cast<std::ptrdiff_t>(shown),
                [&](const answer::Quote& quote) { return isTouched(quote, question.gold); }));
            recall[arm][depth].add(std::any_of(
                ranking.quotes.begin(), ranking.quotes.begin() + static_cast<std::ptrdiff_t>(shown),
                [&](const answer::Quote& quote) { return isHit(quote, question.gold); }));
        }
        unverified +=
            static_cast<int>(std::ranges::count_if(ranking.quotes, [&](const answer::Quote& quote) {
                return !answer::isVerbatim(collection.library(), quote);
            }));
    };
    for (const Question& question : collection.sample(count, seed)) {
        measure("BM25",
                answer::rankEvidence(collection.library(), nullptr, collection.sources(),
                                     question.text, options, {}),
                question);
        if (!model)
            continue;
        const auto ranking = answer::rankEvidence(collection.library(), model.get(),
                                                  collection.sources(), question.text, options, {});
        measure("re-ranked", ranking, question);
        accepted.add(answer::isSupported(ranking, options));
        if (!isVerbose)
            continue;
        std::printf("own\t%.3f\t%.2f\t%s\n", ranking.gain.value_or(0), ranking.coverage,
                    question.text.c_str());
        for (const answer::Quote& quote : ranking.quotes)
            std::printf("\t%.3f\t%.3f\t%d\n", quote.bm25, quote.likelihood,
                        isHit(quote, question.gold) ? 1 : 0);
        std::fflush(stdout);
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (const auto& [arm, byDepth] : recall) {
        for (const auto& [depth, share] : byDepth)
            std::printf("%-10s recall@%-2zu %s   any part of a span %.3f\n", arm.c_str(), depth,
                        share.text().c_str(), touch[arm][depth].value());
    }
    std::printf("unverified quotes %d; %.2f s a question\n", unverified,
                seconds / static_cast<double>(std::max<std::size_t>(count, 1)));

    if (model && given.contains("refusal")) {
        Share refused;
        const Collection other(value("data", TEST_DATA), nextCollection(name),
                               value("reader", TEST_READER));
        for (const Question& question : other.sample(count, seed)) {
            const auto ranking =
                answer::rankEvidence(collection.library(), model.get(), collection.sources(),
                                     question.text, options, {});
            refused.add(!answer::isSupported(ranking, options));
            if (isVerbose)
                std::printf("other\t%.3f\t%.2f\t%s\n", ranking.gain.value_or(0), ranking.coverage,
                            question.text.c_str());
        }
        std::printf(
            "own questions accepted    %s\nothers' questions refused %s\nbalanced accuracy %.3f\n",
            accepted.text().c_str(), refused.text().c_str(),
            (accepted.value() + refused.value()) / 2);
    }
    return unverified == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    std::map<std::string, std::string> given;
    for (int i = 1; i < argc; ++i) {
        const std::string option = argv[i];
        if (!option.starts_with("--")) {
            std::fprintf(stderr, "unexpected argument: %s\n", argv[i]);
            return 2;
        }
        const bool hasValue = i + 1 < argc && std::string(argv[i + 1]).substr(0, 2) != "--";
        given[option.substr(2)] = hasValue ? argv[++i] : "";
    }
    try {
        return run(given);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
