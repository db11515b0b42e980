#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "engine/evaluate/choice.h"
#include "engine/random.h"

namespace engine::evaluate {

namespace {

constexpr std::size_t kProbes = 20; ///< of a story

/// A sentence with one word taken out.
struct Gap {
    std::string before, word, after;
    bool isName = false;
};

struct Sentence {
    std::string text;    ///< white space folded
    std::size_t end = 0; ///< byte behind its last one
};

/// The gaps of one sentence.
struct Gaps {
    std::vector<Gap> all;
    std::int64_t end = 0; ///< of the sentence in the collection's text, in bytes
};

bool isLetter(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

/// Sentences of 8 to 60 words.
std::vector<Sentence> sentencesOf(std::string_view text) {
    std::vector<Sentence> sentences;
    std::string now;
    int words = 0;
    const auto end = [&](std::size_t at) {
        if (words >= 8 && words <= 60)
            sentences.push_back({now, at});
        now.clear();
        words = 0;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (std::isspace(static_cast<unsigned char>(c))) {
            const bool isStop =
                !now.empty() && (now.back() == '.' || now.back() == '!' || now.back() == '?');
            const bool isParagraph = c == '\n' && i + 1 < text.size() && text[i + 1] == '\n';
            if (isStop || isParagraph)
                end(i);
            else if (!now.empty() && now.back() != ' ')
                now += ' ', ++words;
        } else {
            now += c;
        }
    }
    end(text.size());
    return sentences;
}

/// The names and longer words behind the first three of a sentence.
std::vector<Gap> gapsOf(const std::string& sentence) {
    std::vector<Gap> gaps;
    int word = 0;
    for (std::size_t begin = 0; begin < sentence.size();) {
        if (!isLetter(sentence[begin])) {
            ++begin;
            continue;
        }
        std::size_t end = begin;
        while (end < sentence.size() && isLetter(sentence[end]))
            ++end;
        const std::string own = sentence.substr(begin, end - begin);
        const bool isName = std::isupper(static_cast<unsigned char>(own[0])) && own.size() >= 3;
        const bool isAlone = begin > 0 && sentence[begin - 1] == ' ';
        if (word >= 3 && isAlone && (isName || own.size() >= 5))
            gaps.push_back({sentence.substr(0, begin - 1), own, sentence.substr(end), isName});
        ++word;
        begin = end;
    }
    return gaps;
}

std::vector<Choice> probesOf(const Collection& collection, const ReadBook& book,
                             const Bench& bench) {
    // Candidates are names for a name and words for a word, of the whole text.
    std::map<bool, std::set<std::string>> words;
    std::map<std::string, std::vector<Gaps>> byStory;
    for (const Story& story : collection.stories) {
        const auto text = std::string_view(collection.text.utf8)
                              .substr(static_cast<std::size_t>(story.begin),
                                      static_cast<std::size_t>(story.end - story.begin));
        for (const Sentence& sentence : sentencesOf(text)) {
            std::vector<Gap> gaps = gapsOf(sentence.text);
            for (const Gap& gap : gaps)
                words[gap.isName].insert(gap.word);
            if (!gaps.empty())
                byStory[story.name].push_back(
                    {std::move(gaps), story.begin + static_cast<std::int64_t>(sentence.end)});
        }
    }
    std::map<bool, std::vector<std::string>> pools;
    for (const auto& [isName, pool] : words)
        pools[isName].assign(pool.begin(), pool.end());
    std::vector<Choice> probes;
    std::size_t possible = 0;
    for (const auto& [story, sentences] : byStory)
        possible += std::min(kProbes, sentences.size());
    for (const Story& story : collection.stories) {
        Random random(seedOf(bench.plan.seed, "probe " + collection.text.name() + story.name));
        const auto& sentences = byStory[story.name];
        const std::size_t count =
            bench.plan.limit > 0
                ? std::min<std::size_t>(kProbes, static_cast<std::size_t>(bench.plan.limit))
                : kProbes;
        std::size_t number = 0;
        for (const std::size_t s : drawn(random, sentences.size(), count)) {
            const std::vector<Gap>& gaps = sentences[s].all;
            std::vector<std::size_t> names;
            for (std::size_t i = 0; i < gaps.size(); ++i)
                if (gaps[i].isName)
                    names.push_back(i);
            const std::size_t at =
                names.empty()
                    ? static_cast<std::size_t>(random.below(static_cast<std::int64_t>(gaps.size())))
                    : names[static_cast<std::size_t>(
                          random.below(static_cast<std::int64_t>(names.size())))];
            const Gap& gap = gaps[at];
            Choice probe;
            probe.id = collection.text.name() + "/" + story.name + "/" + std::to_string(++number);
            const std::int64_t behind = segmentsBehind(book, bench.subject.N, sentences[s].end);
            // What stands in the window says nothing of the memory.
            probe.groups = behind == 0
                               ? std::vector<std::string>{"local"}
                               : std::vector<std::string>{"all", book.name, "story/" + story.name};
            probe.more["segments_behind"] = behind;
            probe.more["document_items"] = possible;
            probe.prompt = "\n" + gap.before;
            probe.answers = {" " + gap.word + gap.after};
            const auto& pool = pools[gap.isName];
            for (const std::size_t i : drawn(random, pool.size(), pool.size())) {
                if (probe.answers.size() == 4)
                    break;
                if (pool[i] != gap.word)
                    probe.answers.push_back(" " + pool[i] + gap.after);
            }
            probes.push_back(std::move(probe));
        }
    }
    return probes;
}

} // namespace

bool measureCard(Bench& bench) {
    openCollections(bench);
    for (std::size_t i = 0; i < bench.data.collections.size(); ++i) {
        if (!measureChoices(bench, "card", i,
                            probesOf(bench.data.collections[i], bench.books[i], bench)))
            return false;
    }
    return true;
}

} // namespace engine::evaluate
