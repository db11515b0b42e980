#include "engine/reader/headings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>

#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "engine/reader/unicode.h"

namespace engine::reader {
namespace {

constexpr std::size_t kLongestHeading = 100;
constexpr std::size_t kLongestTitle = 70;
constexpr std::size_t kLongestWithStop = 4; ///< words
/// Fewer characters than this between two numbered lines make a table of contents, not chapters.
constexpr std::size_t kShortestChapter = 200;
/// Isolated arabic numbers closer than this are page numbers.
constexpr std::size_t kLongestPage = 3000;

std::string lower(std::string_view utf8) {
    std::string result;
    icu::UnicodeString::fromUTF8(std::string(utf8)).foldCase().toUTF8String(result);
    return result;
}

struct Letters {
    int upper = 0, lower = 0, first = 0; ///< first: the first letter, 0 when there is none
};

Letters letters(std::string_view utf8) {
    Letters result;
    for (const char32_t character : toUtf32(utf8)) {
        const auto c = static_cast<UChar32>(character);
        if (result.first == 0 && u_isalpha(c))
            result.first = c;
        result.upper += u_isupper(c) ? 1 : 0;
        result.lower += u_islower(c) ? 1 : 0;
    }
    return result;
}

bool isCapitals(std::string_view utf8) {
    const Letters found = letters(utf8);
    return found.upper >= 3 && found.lower == 0;
}

/// Whether a title may begin so: not in the middle of a sentence.
bool beginsLikeTitle(std::string_view utf8) {
    return !utf8.empty() && !beginsInLowerCase(utf8);
}

bool endsInAny(std::string_view utf8, std::initializer_list<std::string_view> ends) {
    return std::any_of(ends.begin(), ends.end(),
                       [&](std::string_view end) { return utf8.ends_with(end); });
}

/// Speech and sentences end like this; titles do not, save that a title in capitals may have a full
/// stop.
bool endsLikeSentence(std::string_view utf8) {
    if (endsInAny(utf8, {",", ";", ":", "-", "—", ",\"", ".\"", "!\"", "?\"", ",”", ".”", "!”",
                         "?”", ".’", "?’", "!’", ".'", "?'", "!'"}))
        return true;
    return utf8.ends_with('.') && !isCapitals(utf8);
}

std::string withoutEnd(std::string text) {
    while (!text.empty() && std::string_view(".:,-—").find(text.back()) != std::string_view::npos)
        text.pop_back();
    return text;
}

/// The value of a Roman number in capitals in its usual spelling; 0 for anything else.
int roman(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, int>, 9> kSigns{{{"C", 100},
                                                                             {"XC", 90},
                                                                             {"L", 50},
                                                                             {"XL", 40},
                                                                             {"X", 10},
                                                                             {"IX", 9},
                                                                             {"V", 5},
                                                                             {"IV", 4},
                                                                             {"I", 1}}};
    int value = 0;
    for (const auto& [sign, worth] : kSigns) {
        int times = 0;
        const int most = sign.size() == 2 || worth == 50 || worth == 5 ? 1 : 3;
        while (times < most && text.starts_with(sign)) {
            value += worth;
            text.remove_prefix(sign.size());
            ++times;
        }
    }
    return text.empty() ? value : 0;
}

int numeral(std::string_view text) {
    if (text.empty() || text.size() > 3 ||
        !std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; }))
        return 0;
    return std::stoi(std::string(text));
}

int numberWord(const std::string& text) {
    static constexpr std::array<std::string_view, 21> kCardinals{
        "",         "one",     "two",     "three",     "four",     "five",     "six",
        "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen",
        "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};
    static constexpr std::array<std::string_view, 13> kOrdinals{
        "",        "first",  "second", "third", "fourth",   "fifth",  "sixth",
        "seventh", "eighth", "ninth",  "tenth", "eleventh", "twelfth"};
    for (std::size_t i = 1; i < kCardinals.size(); ++i)
        if (text == kCardinals[i] || (i < kOrdinals.size() && text == kOrdinals[i]))
            return static_cast<int>(i);
    return 0;
}

/// Ranks of what a keyword announces; 0 for other words.
int keywordRank(const std::string& word) {
    static const std::set<std::string> kParts{"part", "book",   "volume", "teil", "buch",
                                              "band", "partie", "livre",  "tome"};
    static const std::set<std::string> kChapters{
        "chapter",   "chap",    "letter", "stave",   "canto",    "act",      "section", "story",
        "adventure", "lecture", "essay",  "kapitel", "chapitre", "capítulo", "capitolo"};
    return kParts.contains(word) ? 1 : kChapters.contains(word) ? 2 : word == "scene" ? 3 : 0;
}

bool isUsualPart(const std::string& folded) {
    static const std::set<std::string> kNames{"contents",
                                              "table of contents",
                                              "preface",
                                              "author's preface",
                                              "author’s preface",
                                              "foreword",
                                              "introduction",
                                              "introductory",
                                              "introductory note",
                                              "prologue",
                                              "epilogue",
                                              "afterword",
                                              "conclusion",
                                              "postscript",
                                              "appendix",
                                              "dedication",
                                              "notes",
                                              "bibliography",
                                              "glossary",
                                              "index",
                                              "acknowledgments",
                                              "acknowledgements",
                                              "inhalt",
                                              "vorwort",
                                              "nachwort",
                                              "préface"};
    return kNames.contains(folded);
}

struct Candidate {
    enum class Kind { Keyword, Roman, Arabic, Named, Capitals };
    std::size_t paragraph = 0;
    Kind kind = Kind::Keyword;
    int rank = 2;
    int number = 0;
    bool hasTitle = false;
};

std::string text(const Paragraph& paragraph) {
    std::string result;
    for (const std::string& line : paragraph.lines)
        result += (result.empty() ? "" : " ") + line;
    return result;
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> result;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        result.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

std::string rest(const std::vector<std::string>& words, std::size_t from) {
    std::string result;
    for (std::size_t i = from; i < words.size(); ++i)
        result += (i == from ? "" : " ") + words[i];
    return result;
}

bool isTitle(const std::string& title) {
    return title.size() <= kLongestTitle && beginsLikeTitle(title) && !endsLikeSentence(title);
}

/// "CHAPTER IV", "Book the Second", "Chapter 1. Title".
std::optional<Candidate> keywordCandidate(const std::vector<std::string>& tokens) {
    Candidate candidate;
    candidate.rank = keywordRank(withoutEnd(lower(tokens[0])));
    if (candidate.rank == 0 || beginsInLowerCase(tokens[0]))
        return std::nullopt;
    const std::size_t at = tokens.size() > 2 && lower(tokens[1]) == "the" ? 2 : 1;
    if (tokens.size() <= at)
        return std::nullopt;
    const std::string number = withoutEnd(tokens[at]);
    candidate.number = std::max({roman(number), numeral(number), numberWord(lower(number))});
    if (candidate.number == 0)
        return std::nullopt;
    const std::string title = rest(tokens, at + 1);
    candidate.hasTitle = !title.empty();
    // "Chapter 5 was long" is a sentence; a title begins with a capital.
    if (candidate.hasTitle && !beginsLikeTitle(title))
        return std::nullopt;
    return candidate;
}

/// "IV", "IV. Title", "12".
std::optional<Candidate> numberCandidate(const std::vector<std::string>& tokens) {
    Candidate candidate;
    const std::string number = withoutEnd(tokens[0]);
    candidate.kind = roman(number) > 0 ? Candidate::Kind::Roman : Candidate::Kind::Arabic;
    candidate.number = std::max(roman(number), numeral(number));
    const std::string title = rest(tokens, 1);
    candidate.hasTitle = !title.empty();
    if (candidate.number == 0 || (candidate.hasTitle && !isTitle(title)))
        return std::nullopt;
    return candidate;
}

std::optional<Candidate> classify(const Paragraph& paragraph, bool isFirst) {
    const std::string line = text(paragraph);
    if (paragraph.lines.size() > 2 || line.size() > kLongestHeading)
        return std::nullopt;
    const std::vector<std::string> tokens = words(line);
    std::optional<Candidate> candidate = keywordCandidate(tokens);
    if (!candidate)
        candidate = numberCandidate(tokens);
    if (candidate)
        return candidate;
    Candidate other;
    if (isUsualPart(withoutEnd(lower(line))) && !beginsInLowerCase(line)) {
        other.kind = Candidate::Kind::Named;
        other.hasTitle = true;
        return other;
    }
    const bool stands = isFirst || paragraph.blankBefore >= 2;
    if (stands && isCapitals(line) && !endsInAny(line, {":", ",", ";", "!", "?", "\"", "”"})) {
        other.kind = Candidate::Kind::Capitals;
        other.hasTitle = true;
        return other;
    }
    return std::nullopt;
}

class Finder {
public:
    explicit Finder(const std::vector<Paragraph>& paragraphs) : m_paragraphs(paragraphs) {
        std::size_t characters = 0;
        for (const Paragraph& paragraph : paragraphs) {
            m_begin.push_back(characters);
            for (const std::string& line : paragraph.lines)
                characters += line.size() + 1;
        }
        m_begin.push_back(characters);
    }

    Headings find() {
        const std::size_t front = readTitle();
        for (std::size_t i = front; i < m_paragraphs.size(); ++i)
            if (std::optional<Candidate> candidate = classify(m_paragraphs[i], i == 0)) {
                candidate->paragraph = i;
                if (candidate->kind == Candidate::Kind::Named)
                    m_named.insert(i);
                m_candidates.push_back(*candidate);
            }
        keepSequences(Candidate::Kind::Roman);
        keepSequences(Candidate::Kind::Arabic);
        dropContents();
        dropCapitals();
        setLevels();
        addTitles();
        return std::move(m_result);
    }

private:
    /// "Title / by / Author" at the top. Returns the first paragraph after it.
    std::size_t readTitle() {
        constexpr std::size_t kWithin = 6;
        for (std::size_t i = 1; i < std::min(kWithin, m_paragraphs.size()); ++i) {
            const std::string line = text(m_paragraphs[i]);
            if (line.size() > kLongestHeading || !lower(line).starts_with("by") ||
                (line.size() > 2 && line[2] != ' '))
                continue;
            const bool isAlone = line.size() == 2;
            if (isAlone && i + 1 == m_paragraphs.size())
                continue;
            const std::string author = isAlone ? text(m_paragraphs[i + 1]) : line.substr(3);
            const std::string title = text(m_paragraphs[0]);
            if (title.size() > kLongestHeading || author.size() > kLongestTitle)
                continue;
            m_result.title = title;
            m_result.author = author;
            return i + (isAlone ? 2 : 1);
        }
        return 0;
    }

    [[nodiscard]] std::size_t distance(const Candidate& from, const Candidate& to) const {
        return m_begin[to.paragraph] - m_begin[from.paragraph + 1];
    }

    /// Numbers alone are headings only where they count from 1, and with enough text between.
    void keepSequences(Candidate::Kind kind) {
        std::vector<Candidate> run;
        std::set<std::size_t> kept;
        const auto close = [&] {
            if (run.size() >= 2) {
                const std::size_t mean = distance(run.front(), run.back()) / (run.size() - 1);
                const bool isBareNumber = kind == Candidate::Kind::Arabic && !run.front().hasTitle;
                if (mean >= (isBareNumber ? kLongestPage : kShortestChapter))
                    for (const Candidate& member : run)
                        kept.insert(member.paragraph);
            }
            run.clear();
        };
        for (const Candidate& candidate : m_candidates) {
            if (candidate.kind != kind)
                continue;
            if (candidate.number == 1)
                close();
            if (candidate.number == (run.empty() ? 1 : run.back().number + 1))
                run.push_back(candidate);
        }
        close();
        std::erase_if(m_candidates, [&](const Candidate& candidate) {
            return candidate.kind == kind && !kept.contains(candidate.paragraph);
        });
    }

    /// A keyword line that is followed by the next one at once, and comes again later, stands in a
    /// table of contents.
    void dropContents() {
        std::set<std::size_t> dropped;
        for (std::size_t i = 0; i + 1 < m_candidates.size(); ++i) {
            const Candidate& candidate = m_candidates[i];
            if (candidate.kind != Candidate::Kind::Keyword ||
                distance(candidate, m_candidates[i + 1]) >= kShortestChapter)
                continue;
            const bool comesAgain =
                std::any_of(m_candidates.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                            m_candidates.end(), [&](const Candidate& later) {
                                return later.kind == candidate.kind &&
                                       later.rank == candidate.rank &&
                                       later.number == candidate.number;
                            });
            if (comesAgain)
                dropped.insert(candidate.paragraph);
        }
        std::erase_if(m_candidates, [&](const Candidate& candidate) {
            return dropped.contains(candidate.paragraph);
        });
    }

    /// Where chapters are counted, lines in capitals are something else.
    void dropCapitals() {
        const auto counted =
            std::count_if(m_candidates.begin(), m_candidates.end(),
                          [](const Candidate& candidate) { return candidate.number > 0; });
        if (counted >= 2)
            std::erase_if(m_candidates, [](const Candidate& candidate) {
                return candidate.kind == Candidate::Kind::Capitals;
            });
    }

    /// Levels without gaps: the highest rank that occurs is level 1.
    void setLevels() {
        const bool hasKeywords =
            std::any_of(m_candidates.begin(), m_candidates.end(), [](const Candidate& candidate) {
                return candidate.kind == Candidate::Kind::Keyword && candidate.rank == 2;
            });
        std::set<int> ranks;
        for (Candidate& candidate : m_candidates) {
            if (hasKeywords && (candidate.kind == Candidate::Kind::Roman ||
                                candidate.kind == Candidate::Kind::Arabic))
                candidate.rank = 3;
            ranks.insert(candidate.rank);
        }
        for (const Candidate& candidate : m_candidates) {
            const int level =
                1 + static_cast<int>(std::distance(ranks.begin(), ranks.find(candidate.rank)));
            m_result.at[candidate.paragraph] = {level, 0};
        }
    }

    /// A short isolated paragraph after a bare number is its title when most bare numbers of its
    /// rank have one.
    void addTitles() {
        std::map<int, int> balance; ///< by rank: titled more often than not
        for (const Candidate& candidate : m_candidates)
            if (!candidate.hasTitle)
                balance[candidate.rank] += canBeTitle(candidate.paragraph + 1) ? 1 : -1;
        for (const Candidate& candidate : m_candidates) {
            if (candidate.hasTitle || balance[candidate.rank] <= 0 ||
                !canBeTitle(candidate.paragraph + 1))
                continue;
            m_result.at[candidate.paragraph].titleParagraphs = 1;
            m_result.at.erase(candidate.paragraph + 1);
        }
    }

    [[nodiscard]] bool canBeTitle(std::size_t index) const {
        if (index + 1 >= m_paragraphs.size() || m_paragraphs[index].lines.size() > 2)
            return false;
        if (m_named.contains(index))
            return true;
        std::string line = text(m_paragraphs[index]);
        // "Brother Men." is a title, "He sat down and said nothing more." a sentence.
        if (line.ends_with('.') && words(line).size() <= kLongestWithStop)
            line.pop_back();
        return !m_result.at.contains(index) && isTitle(line);
    }

    const std::vector<Paragraph>& m_paragraphs;
    std::vector<std::size_t> m_begin; ///< bytes of text before each paragraph
    std::vector<Candidate> m_candidates;
    std::set<std::size_t> m_named; ///< paragraphs like "Introduction"
    Headings m_result;
};

} // namespace

bool beginsInLowerCase(std::string_view utf8) {
    const int first = letters(utf8.substr(0, 64)).first;
    return first != 0 && u_islower(first) != 0;
}

Headings findHeadings(const std::vector<Paragraph>& paragraphs) {
    return Finder(paragraphs).find();
}

} // namespace engine::reader
