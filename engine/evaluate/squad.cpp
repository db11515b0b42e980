#include "engine/evaluate/squad.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>

#include "engine/answer/basis.h"
#include "engine/answer/gist.h"
#include "engine/answer/prompt.h"
#include "engine/error.h"
#include "engine/evaluate/choice.h"
#include "engine/model/controls.h"
#include "engine/random.h"

namespace engine::evaluate {

namespace {

constexpr int kAnswerTokens = 32; ///< evaluation.md, section 4

/// As the set's own measure compares: lower case, without punctuation and articles.
std::vector<std::string> comparable(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    const auto end = [&] {
        if (!word.empty() && word != "a" && word != "an" && word != "the")
            words.push_back(word);
        word.clear();
    };
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isspace(byte) != 0)
            end();
        else if (std::ispunct(byte) == 0)
            word += static_cast<char>(std::tolower(byte));
    }
    end();
    return words;
}

/// Harmonic mean of the shares of words that both have.
double f1(const std::vector<std::string>& gist, const std::vector<std::string>& reference) {
    std::map<std::string, std::int64_t> left;
    for (const std::string& word : reference)
        ++left[word];
    double common = 0;
    for (const std::string& word : gist)
        if (left[word]-- > 0)
            ++common;
    return common == 0 ? 0 : 2 * common / static_cast<double>(gist.size() + reference.size());
}

bool contains(const std::vector<std::string>& gist, const std::vector<std::string>& reference) {
    return !reference.empty() && !std::ranges::search(gist, reference).empty();
}

bool hasDigit(std::string_view text) {
    return text.find_first_of("0123456789") != std::string_view::npos;
}

struct Arm {
    std::string name;
    std::optional<model::ReadingState> state;
};

/// What the program first writes beside the paragraph.
std::string gistOf(const Subject& subject, const model::ReadingState& state,
                   std::string_view paragraph, const std::string& question) {
    model::AnswerSession session(subject.model, subject.mode, state);
    session.feed(
        model::encodeChat(*subject.model->tokenizer, answer::askMessages({paragraph}, question),
                          state.showsText() ? model::Before::Text : model::Before::Nothing));
    answer::GistOptions options;
    options.maxTokens = kAnswerTokens;
    std::string gist;
    for (const std::string& sentence : answer::writeGist(session, options, {}))
        gist += (gist.empty() ? "" : " ") + sentence;
    return gist;
}

} // namespace

Json gistScores(std::string_view gist, const Question& question, std::string_view paragraph) {
    const std::vector<std::string> said = comparable(gist);
    double exact = 0, contained = 0, best = 0;
    for (const std::string& answer : question.answers) {
        const std::vector<std::string> reference = comparable(answer);
        exact = std::max(exact, said == reference ? 1.0 : 0.0);
        contained = std::max(contained, contains(said, reference) ? 1.0 : 0.0);
        best = std::max(best, f1(said, reference));
    }
    const std::array<std::string_view, 2> texts = {paragraph, question.text};
    Json scores = Json::object();
    scores["exact"] = exact;
    scores["contained"] = contained;
    scores["f1"] = best;
    scores["stray-number"] = answer::hasStrayNumber(gist, texts) ? 1 : 0;
    return scores;
}

bool measureSquad(Bench& bench) {
    const Collection& articles = bench.data.articles;
    if (articles.questions.empty())
        return true;
    openCollections(bench);
    ReadBook own = openBook(articles.text, *bench.subject.model->tokenizer);
    std::vector<Arm> arms;
    for (const char* name : {"on", "zeroed", "other"})
        if (bench.plan.wants(name) && (name != std::string("other") || !bench.books.empty()))
            arms.push_back({name, {}});
    const auto stateOf = [&](const std::string& arm) {
        if (arm == "zeroed")
            return model::controlState(own.state, model::AnswerSession::MemoryUse::Zeroed);
        return arm == "other" ? model::stateWithMemoryOf(own.state, bench.books.front().state)
                              : own.state;
    };
    std::map<std::string, std::string_view> paragraphs;
    for (const Story& story : articles.stories)
        paragraphs[story.name] = std::string_view(articles.text.utf8)
                                     .substr(static_cast<std::size_t>(story.begin),
                                             static_cast<std::size_t>(story.end - story.begin));
    Random random(seedOf(bench.plan.seed, "squad"));
    const std::size_t all = articles.questions.size();
    const auto asked =
        drawn(random, all, bench.plan.limit > 0 ? static_cast<std::size_t>(bench.plan.limit) : all);
    std::int64_t done = 0;
    const auto total = static_cast<std::int64_t>(asked.size() * arms.size());
    for (const std::size_t q : asked) {
        const Question& question = articles.questions[q];
        for (Arm& arm : arms) {
            ++done;
            if (bench.lines.has("squad", question.id, arm.name))
                continue;
            if (!arm.state) {
                if (!readBook(bench, "squad", own) ||
                    (arm.name == "other" && !readBook(bench, "squad", bench.books.front())))
                    return false;
                arm.state = stateOf(arm.name);
            }
            Item item;
            item.suite = "squad";
            item.id = question.id;
            item.document = own.name;
            item.arm = arm.name;
            const bool asksNumber = std::ranges::any_of(question.answers, hasDigit);
            item.groups = {"all", asksNumber ? "numbers" : "words"};
            item.more["block"] = question.story;
            item.more["document_items"] = all;
            if (arm.name == "other") {
                item.more["other"] = bench.books.front().name;
                item.more["other_segments"] = bench.books.front().state.segments;
            }
            const double start = now();
            std::string gist;
            try {
                gist = gistOf(bench.subject, *arm.state, paragraphs[question.story], question.text);
            } catch (const Error& error) {
                item.error = error.what();
            }
            item.scores = gistScores(gist, question, paragraphs[question.story]);
            if (!item.error.empty())
                item.scores.erase("stray-number");
            item.more["prediction"] = gist;
            item.seconds = now() - start;
            bench.lines.add(item.json());
            if (!bench.onStep({"squad, questions", "items", done, total}))
                return false;
        }
    }
    return true;
}

} // namespace engine::evaluate
