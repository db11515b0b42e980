#include "engine/evaluate/choice.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "engine/error.h"
#include "engine/model/controls.h"
#include "engine/random.h"

namespace engine::evaluate {

namespace {

/// Puts into the item which answer is the likeliest in the window.
void choose(const model::Tokenizer& tokenizer, const Choice& choice, Window& window, Item& item) {
    const double start = now();
    try {
        const auto prompt = tokenizer.encodeIds(choice.prompt);
        double best = 0, gold = 0;
        std::int64_t goldTokens = 1;
        for (std::size_t i = 0; i < choice.answers.size(); ++i) {
            const auto ids = tokenizer.encodeIds(choice.answers[i]);
            const Scored scored = window.score(prompt, ids);
            const double sum = std::accumulate(scored.nats.begin(), scored.nats.end(), 0.0);
            const double mean = sum / static_cast<double>(std::max<std::size_t>(1, ids.size()));
            if (i == 0) {
                gold = sum;
                goldTokens = static_cast<std::int64_t>(ids.size());
                best = mean;
                item.more["chosen"] = 0;
            } else if (!(mean < best)) {
                best = mean;
                item.more["chosen"] = i;
            }
            item.tokens += static_cast<std::int64_t>(prompt.size() + ids.size());
        }
        item.scores["right"] = item.more["chosen"] == 0 ? 1 : 0;
        item.scores["gold"] = Json::array({gold, goldTokens});
    } catch (const Error& error) {
        item.error = error.what();
        item.scores["right"] = 0;
    }
    item.seconds = now() - start;
}

} // namespace

ReadBook openBook(const Text& text, const model::Tokenizer& tokenizer) {
    ReadBook book;
    book.name = text.name();
    book.tokens = tokenizer.encode(text.utf8);
    if (tokenizer.beginToken() >= 0)
        book.tokens.insert(book.tokens.begin(), model::Token{tokenizer.beginToken(), 0, 0});
    return book;
}

bool readBook(Bench& bench, const std::string& suite, ReadBook& book) {
    if (book.isRead)
        return true;
    std::vector<std::int32_t> ids;
    for (const model::Token& token : book.tokens)
        ids.push_back(token.id);
    model::ReadingSession session(bench.subject.model, bench.subject.mode, bench.subject.N);
    if (!readText(bench, session, ids, suite + " " + book.name))
        return false;
    book.state = session.state();
    book.isRead = true;
    return true;
}

void openCollections(Bench& bench) {
    if (!bench.books.empty())
        return;
    std::vector<const Collection*> wanted;
    for (const Collection& collection : bench.data.collections)
        wanted.push_back(&collection);
    if (wanted.size() == 1 && !bench.data.others.empty() && bench.plan.wants("other"))
        wanted.push_back(&bench.data.others.front());
    for (const Collection* collection : wanted)
        bench.books.push_back(openBook(collection->text, *bench.subject.model->tokenizer));
}

std::int64_t segmentsBehind(const ReadBook& book, std::int64_t N, std::int64_t end) {
    const auto after = std::partition_point(
        book.tokens.begin(), book.tokens.end(), [&](const model::Token& token) {
            return token.byteBegin < static_cast<std::uint32_t>(end);
        });
    const std::int64_t last = std::max<std::int64_t>(0, after - book.tokens.begin() - 1);
    return std::max<std::int64_t>(0, static_cast<std::int64_t>(book.tokens.size()) / N - last / N);
}

std::vector<std::size_t> drawn(Random& random, std::size_t size, std::size_t count) {
    std::vector<std::size_t> order(size);
    std::iota(order.begin(), order.end(), std::size_t{0});
    count = std::min(count, size);
    for (std::size_t i = 0; i < count; ++i)
        std::swap(
            order[i],
            order[i + static_cast<std::size_t>(random.below(static_cast<std::int64_t>(size - i)))]);
    order.resize(count);
    return order;
}

bool measureChoices(Bench& bench, const std::string& suite, std::size_t own,
                    const std::vector<Choice>& choices) {
    std::vector<ReadBook>& books = bench.books;
    ReadBook& book = books[own];
    ReadBook& next = books[(own + 1) % books.size()];
    struct Arm {
        std::string name;
        std::optional<Window> window;
    };
    std::vector<Arm> arms;
    for (const char* name : {"on", "zeroed", "other"})
        if (bench.plan.wants(name) && (name != std::string("other") || books.size() >= 2))
            arms.push_back({name, {}});
    const auto stateOf = [&](const std::string& arm) {
        if (arm == "zeroed")
            return model::controlState(book.state, model::AnswerSession::MemoryUse::Zeroed);
        if (arm == "other")
            return model::stateWithMemoryOf(book.state, next.state);
        return book.state;
    };
    const auto storyOf = [&](std::size_t i) { return blockOf(suite, choices[i].id); };
    std::int64_t done = 0;
    // Story by story, so that what a stopped run leaves has all its arms.
    for (std::size_t begin = 0, end = 0; begin < choices.size(); begin = end) {
        while (end < choices.size() && storyOf(end) == storyOf(begin))
            ++end;
        for (Arm& arm : arms)
            for (std::size_t i = begin; i < end; ++i) {
                ++done;
                const Choice& choice = choices[i];
                if (bench.lines.has(suite, choice.id, arm.name))
                    continue;
                if (!arm.window) {
                    if (!readBook(bench, suite, book) ||
                        (arm.name == "other" && !readBook(bench, suite, next)))
                        return false;
                    arm.window.emplace(bench.subject.model, bench.subject.mode, stateOf(arm.name));
                    arm.window->feed(book.state.pending);
                }
                Item item;
                item.suite = suite;
                item.id = choice.id;
                item.document = book.name;
                item.arm = arm.name;
                item.groups = choice.groups;
                item.more = choice.more;
                item.more["block"] = storyOf(i);
                if (arm.name == "other") {
                    item.more["other"] = next.name;
                    item.more["other_segments"] = next.state.segments;
                }
                choose(*bench.subject.model->tokenizer, choice, *arm.window, item);
                bench.lines.add(item.json());
                if (!bench.onStep({suite + " " + book.name + ", choices", "items", done,
                                   static_cast<std::int64_t>(choices.size() * arms.size())}))
                    return false;
            }
    }
    return true;
}

} // namespace engine::evaluate
