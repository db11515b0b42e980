#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "engine/store/library_impl.h"
#include "engine/store/passage_index.h"

namespace engine::store {

namespace {

/// How a count of words becomes a score.
struct Weighting {
    double saturation;   ///< BM25's k1
    double lengthWeight; ///< BM25's b
    /// What an occurrence one, two, three passages away counts.
    std::array<double, 3> neighbours;
};
constexpr Weighting kPlain = {1.2, 0.75, {0, 0, 0}};
/// A story names its people once and goes on with "he", so the words around a passage belong to it
/// too; counted into BM25's saturation, a name that the passage has itself gains nothing from them.
/// Chosen on the dev collection of tests/bench/recall (1,075 questions, no model): first place .685
/// -> .722, first five .893 -> .926, against adding the neighbours' scores.
constexpr Weighting kPooled = {0.8, 0.6, {0.25, 0.15, 0.08}};
/// What two words that stand together in the question add where they stand together in the text.
constexpr double kPairWeight = 0.3;

struct Term {
    std::string phrase;
    double weight = 1;
};

/// Where a passage ends depends on the text up to 64 characters behind it (documents.md,
/// section 3.7).
constexpr std::int64_t kLookAhead = 64;
/// One query per document lets FTS5 skip to it, but costs about 20 µs each; beyond this number one
/// pass over all is faster.
constexpr std::size_t kMostRanges = 16;

/// The visible passages of several documents as one flat list, by id.
class VisiblePassages {
public:
    VisiblePassages(const Database& database, std::vector<Scope> scopes);

    [[nodiscard]] std::size_t size() const { return m_words.size(); }
    [[nodiscard]] double averageWords() const {
        return static_cast<double>(m_totalWords) /
               static_cast<double>(std::max(size(), std::size_t{1}));
    }
    /// Words of a passage and its neighbours, each with its share.
    [[nodiscard]] double words(std::size_t place, const Weighting& weighting) const;
    /// visit(neighbour, share) for the passage itself and for those around it in its document.
    template <typename Visit>
    void around(std::size_t place, const Weighting& weighting, Visit visit) const;
    [[nodiscard]] bool isContents(std::size_t place) const { return m_isContents[place]; }
    [[nodiscard]] std::int64_t id(std::size_t place) const;

    /// visit(place, count) for each visible passage with `phrase`, in order.
    template <typename Visit>
    void occurrences(const FullText& fullText, std::string_view phrase, Visit visit) const;

private:
    struct Range {
        std::int64_t firstId;
        std::int64_t size;
        std::int64_t place; ///< of the first
    };
    [[nodiscard]] const Range& rangeOf(std::size_t place) const;

    std::vector<Range> m_ranges;
    std::vector<std::uint32_t> m_words;
    std::vector<bool> m_isContents;
    std::int64_t m_totalWords = 0;
};

VisiblePassages::VisiblePassages(const Database& database, std::vector<Scope> scopes) {
    // Of several bounds for one document the lowest holds; "no bound" is above all.
    const auto limit = [](const Scope& scope) { return scope.bound.value_or(INT64_MAX); };
    std::sort(scopes.begin(), scopes.end(), [&limit](const Scope& left, const Scope& right) {
        return std::pair(left.documentId, limit(left)) < std::pair(right.documentId, limit(right));
    });
    scopes.erase(std::unique(scopes.begin(), scopes.end(),
                             [](const Scope& left, const Scope& right) {
                                 return left.documentId == right.documentId;
                             }),
                 scopes.end());
    Statement statement =
        database.prepare("SELECT entries FROM passage_index WHERE document_id = ?1");
    for (const Scope& scope : scopes) {
        statement.bind(1, scope.documentId);
        if (statement.step()) {
            const PassageIndex index(statement.blob(0));
            const std::int64_t count =
                scope.bound ? index.endingBy(*scope.bound - kLookAhead) : index.size();
            m_ranges.push_back(
                {passageId(scope.documentId, 0), count, static_cast<std::int64_t>(m_words.size())});
            for (std::int64_t ordinal = 0; ordinal < count; ++ordinal) {
                const PassageEntry entry = index[ordinal];
                m_words.push_back(entry.words);
                m_isContents.push_back(entry.isContents != 0);
                m_totalWords += entry.words;
            }
        }
        statement.reset();
    }
}

const VisiblePassages::Range& VisiblePassages::rangeOf(std::size_t place) const {
    const auto wanted = static_cast<std::int64_t>(place);
    const auto after = std::upper_bound(
        m_ranges.begin(), m_ranges.end(), wanted,
        [](std::int64_t value, const Range& range) { return value < range.place; });
    return *std::prev(after);
}

std::int64_t VisiblePassages::id(std::size_t place) const {
    const Range& range = rangeOf(place);
    return range.firstId + (static_cast<std::int64_t>(place) - range.place);
}

template <typename Visit>
void VisiblePassages::around(std::size_t place, const Weighting& weighting, Visit visit) const {
    visit(place, 1.0);
    // A page of contents names everything and tells nothing.
    if (weighting.neighbours.front() == 0 || m_isContents[place]) {
        return;
    }
    const Range& range = rangeOf(place);
    const auto first = static_cast<std::size_t>(range.place);
    const std::size_t end = first + static_cast<std::size_t>(range.size);
    for (std::size_t i = 0; i < weighting.neighbours.size(); ++i) {
        const std::size_t distance = i + 1;
        if (place >= first + distance && !m_isContents[place - distance]) {
            visit(place - distance, weighting.neighbours[i]);
        }
        if (place + distance < end && !m_isContents[place + distance]) {
            visit(place + distance, weighting.neighbours[i]);
        }
    }
}

double VisiblePassages::words(std::size_t place, const Weighting& weighting) const {
    double sum = 0;
    double shares = 0;
    around(place, weighting, [&](std::size_t other, double share) {
        sum += share * m_words[other];
        shares += share;
    });
    return sum / shares;
}

template <typename Visit>
void VisiblePassages::occurrences(const FullText& fullText, std::string_view phrase,
                                  Visit visit) const {
    if (m_ranges.empty()) {
        return;
    }
    if (m_ranges.size() <= kMostRanges) {
        for (const Range& range : m_ranges) {
            fullText.occurrences(phrase, range.firstId, range.firstId + range.size - 1,
                                 [&](std::int64_t id, std::int64_t count) {
                                     visit(
                                         static_cast<std::size_t>(range.place + id - range.firstId),
                                         static_cast<double>(count));
                                 });
        }
        return;
    }
    auto range = m_ranges.begin(); // ids ascend, so the range of each is this one or a later one
    fullText.occurrences(phrase, m_ranges.front().firstId,
                         m_ranges.back().firstId + m_ranges.back().size - 1,
                         [&](std::int64_t id, std::int64_t count) {
                             while (range->firstId + range->size <= id) {
                                 ++range; // ends: the last range reaches the last id
                             }
                             if (id >= range->firstId) {
                                 visit(static_cast<std::size_t>(range->place + id - range->firstId),
                                       static_cast<double>(count));
                             }
                         });
}

/// Visible passages with all of the terms (`wantsAll`), or with any of them in the passage or a
/// neighbour that counts; best first. `accept` decides, in that order, until `limit` are found.
/// Scores are BM25 over the visible passages: FTS5's bm25() would count the whole index.
template <typename Accept>
std::vector<Candidate> rank(const VisiblePassages& passages, const FullText& fullText,
                            const std::vector<Term>& terms, const Weighting& weighting,
                            bool wantsAll, int limit, Accept accept) {
    std::vector<double> scores(passages.size());
    std::vector<std::uint32_t> matched(passages.size());
    std::vector<double> counts(passages.size()); // zero between two terms
    const auto total = static_cast<double>(passages.size());
    const double average = passages.averageWords();
    std::vector<std::size_t> reached;
    for (const Term& term : terms) {
        double having = 0;
        passages.occurrences(fullText, term.phrase, [&](std::size_t place, double count) {
            ++having;
            passages.around(place, weighting, [&](std::size_t other, double share) {
                if (counts[other] == 0) {
                    reached.push_back(other);
                }
                counts[other] += share * count;
            });
        });
        const double weight = term.weight * std::log(1 + (total - having + 0.5) / (having + 0.5));
        for (const std::size_t place : reached) {
            const double length =
                1 - weighting.lengthWeight +
                weighting.lengthWeight * passages.words(place, weighting) / average;
            scores[place] += weight * counts[place] * (weighting.saturation + 1) /
                             (counts[place] + weighting.saturation * length);
            ++matched[place];
            counts[place] = 0;
        }
        reached.clear();
    }
    const std::size_t needed = wantsAll ? std::max(terms.size(), std::size_t{1}) : 1;
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < matched.size(); ++place) {
        if (matched[place] >= needed) {
            places.push_back(place);
        }
    }
    const auto isBetter = [&](std::size_t left, std::size_t right) {
        if (passages.isContents(left) != passages.isContents(right)) {
            return passages.isContents(right);
        }
        return scores[left] != scores[right] ? scores[left] > scores[right] : left < right;
    };
    std::vector<Candidate> best;
    const auto wanted = static_cast<std::size_t>(std::max(limit, 0));
    // The order of the rest is not needed as long as the first ones are accepted; when they are
    // not, pieces that double keep the cost at that of sorting everything.
    for (std::size_t sorted = 0; sorted < places.size() && best.size() < wanted;) {
        const std::size_t next =
            sorted + std::min(places.size() - sorted, std::max(wanted, sorted));
        std::partial_sort(places.begin() + static_cast<std::ptrdiff_t>(sorted),
                          places.begin() + static_cast<std::ptrdiff_t>(next), places.end(),
                          isBetter);
        for (; sorted < next && best.size() < wanted; ++sorted) {
            const std::int64_t id = passages.id(places[sorted]);
            if (accept(id)) {
                best.push_back({id, documentOfPassage(id), scores[places[sorted]]});
            }
        }
    }
    return best;
}

/// The words and "quoted phrases" of a query. An unclosed quote reaches to the end.
std::vector<std::string> phrasesOf(std::string_view query) {
    std::vector<std::string> phrases;
    std::string current;
    bool isQuoted = false;
    const auto finish = [&] {
        phrases.push_back(std::move(current));
        current.clear();
    };
    for (const char character : query) {
        if (character == '"') {
            finish();
            isQuoted = !isQuoted;
        } else if (!isQuoted && (character == ' ' || (character >= '\t' && character <= '\r'))) {
            finish();
        } else {
            current += character;
        }
    }
    finish();
    return phrases;
}

} // namespace

std::vector<Candidate> Library::candidates(const std::vector<std::string>& words,
                                           const std::vector<std::string>& pairs,
                                           const std::vector<Scope>& scopes, int limit) const {
    // A word with an apostrophe or hyphen counts as its parts ("Anne's" finds "Anne"). Each stem
    // counts once, in an order that does not depend on the question's, so that sums of doubles do
    // not either. The parts go to FTS5 unstemmed: it stems what it is asked for, and the stem of a
    // stem may be another word.
    const FullText& fullText = m_impl->fullText;
    std::vector<Term> terms;
    std::set<std::vector<std::string>> seen;
    for (const std::string& word : words) {
        for (std::string& part : fullText.words(word)) {
            if (seen.insert(fullText.stems(part)).second) {
                terms.push_back({std::move(part), 1});
            }
        }
    }
    if (terms.empty()) {
        return {};
    }
    for (const std::string& pair : pairs) {
        std::vector<std::string> stems = fullText.stems(pair);
        if (stems.size() > 1 && seen.insert(std::move(stems)).second) {
            terms.push_back({pair, kPairWeight});
        }
    }
    std::ranges::sort(terms, {}, &Term::phrase);
    return rank(VisiblePassages(m_impl->database, scopes), fullText, terms, kPooled, false, limit,
                [](std::int64_t) { return true; });
}

std::vector<Candidate> Library::search(std::string_view query, const std::vector<Scope>& scopes,
                                       int limit, bool exact, int perDocument) const {
    const FullText& fullText = m_impl->fullText;
    std::vector<Term> phrases;
    std::vector<std::vector<std::string>> written;
    for (std::string& phrase : phrasesOf(query)) {
        std::vector<std::string> words = fullText.words(phrase);
        if (!words.empty()) { // nothing but punctuation matches anything
            phrases.push_back({std::move(phrase), 1});
            written.push_back(std::move(words));
        }
    }
    const auto isAsWritten = [&](std::int64_t id) {
        const std::optional<PassageRow> row = passage(id);
        if (!row) { // another program has purged it since it was found
            return false;
        }
        const std::vector<std::string> words = fullText.words(row->text);
        return std::all_of(written.begin(), written.end(), [&words](const auto& phrase) {
            return std::search(words.begin(), words.end(), phrase.begin(), phrase.end()) !=
                   words.end();
        });
    };
    std::map<std::int64_t, int> taken; // of each document
    return rank(VisiblePassages(m_impl->database, scopes), fullText, phrases, kPlain, true, limit,
                [&](std::int64_t id) {
                    int& count = taken[documentOfPassage(id)];
                    if ((perDocument > 0 && count >= perDocument) || (exact && !isAsWritten(id))) {
                        return false;
                    }
                    ++count;
                    return true;
                });
}

std::vector<Span> Library::places(std::string_view query, std::string_view text, bool exact) const {
    const FullText& fullText = m_impl->fullText;
    const std::vector<FullText::Token> tokens = fullText.tokens(text, exact);
    std::vector<bool> isFound(tokens.size());
    std::vector<bool> goesOn(tokens.size()); // a phrase, with what stands between its words
    for (const std::string& phrase : phrasesOf(query)) {
        const std::vector<FullText::Token> wanted = fullText.tokens(phrase, exact);
        if (wanted.empty()) {
            continue;
        }
        const auto isSame = [](const FullText::Token& left, const FullText::Token& right) {
            return left.text == right.text;
        };
        const auto length = static_cast<std::ptrdiff_t>(wanted.size());
        for (auto at = tokens.begin();; ++at) {
            at = std::search(at, tokens.end(), wanted.begin(), wanted.end(), isSame);
            if (at == tokens.end()) {
                break;
            }
            const auto first = isFound.begin() + (at - tokens.begin());
            std::fill(first, first + length, true);
            const auto on = goesOn.begin() + (at - tokens.begin());
            std::fill(on, on + length - 1, true);
        }
    }
    std::vector<Span> spans;
    std::int64_t place = 0; // the code points up to `byte`
    int byte = 0;
    const auto placeOf = [&](int target) {
        place += codePoints(
            text.substr(static_cast<std::size_t>(byte), static_cast<std::size_t>(target - byte)));
        byte = target;
        return place;
    };
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (!isFound[i]) {
            continue;
        }
        const std::int64_t begin = placeOf(tokens[i].begin);
        while (goesOn[i]) {
            ++i;
        }
        spans.push_back({begin, placeOf(tokens[i].end)});
    }
    return spans;
}

} // namespace engine::store
