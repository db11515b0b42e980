#include <algorithm>
#include <cctype>

#include "engine/evaluate/choice.h"
#include "engine/random.h"

namespace engine::evaluate {

namespace {

std::string folded(const std::string& text) {
    std::string result;
    for (const char c : text)
        if (std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80)
            result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

/// The answer to a question against three answers to others of the same text.
std::vector<Choice> choicesOf(const Collection& collection, const ReadBook& book,
                              const Bench& bench) {
    std::vector<Choice> choices;
    for (const Question& question : collection.questions) {
        if (bench.plan.limit > 0 && static_cast<std::int64_t>(choices.size()) >= bench.plan.limit)
            break;
        Choice choice;
        choice.id = question.id;
        choice.prompt = "\nQuestion: " + question.text + "\nAnswer:";
        choice.answers.push_back(" " + question.answers.front());
        const std::int64_t behind = segmentsBehind(book, bench.subject.N, question.end);
        choice.groups = behind == 0
                            ? std::vector<std::string>{"local"}
                            : std::vector<std::string>{"all", "segments-" + binOf(behind),
                                                       book.name, "story/" + question.story};
        choice.more["segments_behind"] = behind;
        choice.more["document_items"] = collection.questions.size();
        std::vector<std::string> taken;
        for (const std::string& answer : question.answers)
            taken.push_back(folded(answer));
        Random random(seedOf(bench.plan.seed, question.id));
        for (const std::size_t i :
             drawn(random, collection.questions.size(), collection.questions.size())) {
            if (choice.answers.size() == 4)
                break;
            const std::string& answer = collection.questions[i].answers.front();
            if (std::find(taken.begin(), taken.end(), folded(answer)) != taken.end())
                continue;
            taken.push_back(folded(answer));
            choice.answers.push_back(" " + answer);
        }
        choices.push_back(std::move(choice));
    }
    return choices;
}

} // namespace

bool measureDistance(Bench& bench) {
    openCollections(bench);
    for (std::size_t i = 0; i < bench.data.collections.size(); ++i) {
        if (!measureChoices(bench, "distance", i,
                            choicesOf(bench.data.collections[i], bench.books[i], bench)))
            return false;
    }
    return true;
}

} // namespace engine::evaluate
