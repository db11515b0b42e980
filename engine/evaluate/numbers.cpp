#include "engine/evaluate/numbers.h"

#include <algorithm>
#include <map>

#include "engine/error.h"
#include "engine/model/controls.h"

namespace engine::evaluate {

namespace {

constexpr std::int64_t kBefore = 8; ///< tokens of the text that precede the question

bool hasDigit(std::string_view bytes) {
    return std::any_of(bytes.begin(), bytes.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class Asking {
public:
    Asking(Bench& bench, const NumberTest& test) : m_bench(bench), m_test(test) {
        for (std::size_t i = 0; i < test.asks.size(); ++i)
            m_byCell[{test.asks[i].cell, test.asks[i].sample}] = i;
    }

    [[nodiscard]] std::string idOf(const Ask& ask) const {
        return ask.cell + "/" + std::to_string(m_test.firstSample + ask.sample);
    }

    [[nodiscard]] bool isMissing(const Ask& ask, const char* arm) const {
        return m_bench.plan.wants(arm) && !m_bench.lines.has(m_test.suite, idOf(ask), arm);
    }

    /// The ask whose number is sought in this ask's memory; nothing in a group of one.
    [[nodiscard]] const Ask* otherOf(const Ask& ask) const {
        if (m_test.samples < 2)
            return nullptr;
        const auto found = m_byCell.find({ask.cell, (ask.sample + 1) % m_test.samples});
        return found == m_byCell.end() ? nullptr : &m_test.asks[found->second];
    }

    [[nodiscard]] bool isDone(const Ask& ask) const {
        const Ask* other = otherOf(ask);
        return !isMissing(ask, "on") && !isMissing(ask, "zeroed") && !isMissing(ask, "local") &&
               !(isMissing(ask, "full") && fits(ask)) && (!other || !isMissing(*other, "other"));
    }

    /// Places that full attention over the text takes, up to the last token that is scored.
    [[nodiscard]] std::int64_t placesOf(const Ask& ask) const {
        return ask.length +
               static_cast<std::int64_t>(prompt(ask, true).size() + answer(ask).size()) - 1;
    }

    [[nodiscard]] bool fits(const Ask& ask) const {
        return placesOf(ask) <= m_bench.subject.model->weights->config.contextTokens;
    }

    /// `failure`: why the text could not be read; then nothing looks at the state.
    void ask(const Ask& ask, const model::ReadingState& state,
             const std::optional<Error>& failure = {}) {
        const auto mode = m_bench.subject.mode;
        const auto& model = m_bench.subject.model;
        const auto scoreOver = [&](const Ask& asked) {
            if (failure)
                throw Error(*failure);
            return scoreIn(Window(model, mode, state), asked);
        };
        if (isMissing(ask, "on"))
            measure(ask, "on", [&] { return scoreOver(ask); });
        if (isMissing(ask, "zeroed"))
            measure(ask, "zeroed", [&] { return scoreIn(Window(model, mode, nothing()), ask); });
        if (const Ask* other = otherOf(ask); other && isMissing(*other, "other"))
            measure(
                *other, "other", [&] { return scoreOver(*other); }, &ask);
        if (isMissing(ask, "local"))
            measure(ask, "local", [&] { return scoreLocal(ask); });
        if (isMissing(ask, "full") && fits(ask))
            measure(ask, "full", [&] {
                Window window(model, model::Mode::Local, nothing());
                const auto ids = text(ask);
                window.feed(std::span(ids).first(static_cast<std::size_t>(ask.length)));
                return window.score(prompt(ask, true), answer(ask));
            });
    }

private:
    [[nodiscard]] std::vector<std::int32_t> text(const Ask& ask) const {
        return edited(m_test.haystack, m_test.variants[ask.variant].edits);
    }

    [[nodiscard]] const Hidden& hidden(const Ask& ask) const { return m_test.hidden[ask.hidden]; }

    [[nodiscard]] std::vector<std::int32_t> answer(const Ask& ask) const {
        return m_bench.subject.model->tokenizer->encodeIds(" " + hidden(ask).number);
    }

    [[nodiscard]] std::vector<std::int32_t> prompt(const Ask& ask, bool isInText) const {
        std::vector<std::int32_t> ids;
        if (isInText) {
            const auto begin = m_test.haystack.begin() + ask.length;
            ids.assign(begin,
                       begin + std::min<std::int64_t>(kBefore, static_cast<std::int64_t>(
                                                                   m_test.haystack.end() - begin)));
        }
        const auto question =
            m_bench.subject.model->tokenizer->encodeIds("\n" + hidden(ask).question);
        ids.insert(ids.end(), question.begin(), question.end());
        return ids;
    }

    [[nodiscard]] std::vector<std::int32_t> lastSegment(const Ask& ask) const {
        const std::vector<std::int32_t> ids = text(ask);
        const std::int64_t N = m_bench.subject.N;
        return {ids.begin() + (ask.length - N), ids.begin() + ask.length};
    }

    Scored scoreIn(Window window, const Ask& ask) const {
        if (ask.isLocal)
            window.feed(lastSegment(ask));
        return window.score(prompt(ask, true), answer(ask));
    }

    Scored scoreLocal(const Ask& ask) {
        const std::int64_t N = m_bench.subject.N;
        const auto& edits = m_test.variants[ask.variant].edits;
        const bool isTouched = std::any_of(edits.begin(), edits.end(), [&](const Edit& edit) {
            return edit.end() > ask.length - N && edit.position < ask.length;
        });
        std::optional<Window> own;
        std::optional<Window>& window = isTouched ? own : m_local[ask.length];
        if (!window) {
            window.emplace(m_bench.subject.model, model::Mode::Local, nothing());
            window->feed(lastSegment(ask));
        }
        return window->score(prompt(ask, true), answer(ask));
    }

    /// `held`: the ask whose number the memory holds, where that is another one.
    template <typename Score>
    void measure(const Ask& ask, const char* arm, const Score& score, const Ask* held = nullptr) {
        Item item;
        item.suite = m_test.suite;
        item.id = idOf(ask);
        item.document = m_test.document;
        item.arm = arm;
        item.groups = ask.groups;
        item.more["block"] = blockOf(item.suite, item.id);
        item.more["local"] = ask.isLocal;
        if (held != nullptr)
            item.more["other"] = idOf(*held);
        item.more["method"] = !model::hasMemory(m_bench.subject.mode)    ? "plain"
                              : m_bench.plan.method == Method::Increment ? "increment"
                                                                         : "stream";
        const double start = now();
        const std::vector<std::int32_t> ids = answer(ask);
        std::vector<std::size_t> digits; // places; a failure has none of them right
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (hasDigit(m_bench.subject.model->tokenizer->bytesOf(ids[i])))
                digits.push_back(i);
        std::size_t right = 0;
        try {
            const Scored scored = score();
            double nats = 0;
            for (const std::size_t i : digits) {
                right += scored.isLikely[i] != 0 ? 1 : 0;
                nats += scored.nats[i];
            }
            item.more["nats"] = nats;
            item.tokens = static_cast<std::int64_t>(prompt(ask, true).size() + ids.size());
        } catch (const Error& error) {
            item.error = error.what();
        }
        item.scores["exact"] = item.error.empty() && right == digits.size() ? 1 : 0;
        item.scores["digits"] = Json::array({right, std::max<std::size_t>(digits.size(), 1)});
        item.seconds = now() - start;
        m_bench.lines.add(item.json());
    }

    Bench& m_bench;
    const NumberTest& m_test;
    std::map<std::pair<std::string, std::int64_t>, std::size_t> m_byCell;
    std::map<std::int64_t, std::optional<Window>> m_local; ///< by length, of untouched text
};

/// Why full attention is not asked for a text; nothing where it has room for it and its question.
std::optional<Error> withoutRoom(const Bench& bench, const Asking& asking, const Ask& ask) {
    if (bench.subject.mode != model::Mode::Full || asking.fits(ask))
        return std::nullopt;
    return Error(Code::DoesNotFit,
                 "full attention over " + std::to_string(ask.length) +
                     " tokens and the question behind them takes " +
                     std::to_string(asking.placesOf(ask)) + " places and the model's context has " +
                     std::to_string(bench.subject.model->weights->config.contextTokens) +
                     "; give shorter --lengths");
}

/// A mode without a memory reads each text from its beginning.
bool measurePlain(Bench& bench, const NumberTest& test, Asking& asking) {
    std::map<std::int64_t, Error> tooLong; // by segments
    for (const Ask& ask : test.asks) {
        if (asking.isDone(ask))
            continue;
        std::optional<Error> failure = withoutRoom(bench, asking, ask);
        model::ReadingSession session(bench.subject.model, bench.subject.mode, bench.subject.N);
        if (const auto found = tooLong.find(ask.segments); !failure && found != tooLong.end())
            failure.emplace(found->second);
        if (!failure) {
            try {
                const auto ids = edited(test.haystack, test.variants[ask.variant].edits);
                const auto tokens = static_cast<std::size_t>(ask.segments * bench.subject.N);
                if (!readText(bench, session, std::span(ids).first(tokens),
                              test.suite + " " + ask.cell))
                    return false;
            } catch (const Error& error) {
                failure.emplace(error);
                // A length that does not fit fits no better with another number in it.
                if (error.code() == Code::DoesNotFit)
                    tooLong.emplace(ask.segments, error);
            }
        }
        asking.ask(ask, session.state(), failure);
    }
    return true;
}

} // namespace

std::string fiveDigits(Random& random) {
    return std::to_string(10'000 + random.below(90'000));
}

bool measureNumbers(Bench& bench, NumberTest test) {
    Asking asking(bench, test);
    std::int64_t missing = 0;
    for (std::size_t v = 0; v < test.variants.size(); ++v)
        test.variants[v].ends.clear();
    std::vector<const Ask*> open;
    for (const Ask& ask : test.asks) {
        if (asking.isDone(ask))
            continue;
        open.push_back(&ask);
        ++missing;
        auto& ends = test.variants[ask.variant].ends;
        if (std::find(ends.begin(), ends.end(), ask.segments) == ends.end())
            ends.push_back(ask.segments);
    }
    if (missing == 0)
        return true;
    if (!model::hasMemory(bench.subject.mode))
        return measurePlain(bench, test, asking);
    std::int64_t total = 0;
    for (Variant& variant : test.variants) {
        std::sort(variant.ends.begin(), variant.ends.end());
        if (!variant.ends.empty())
            total = std::max(total, variant.ends.back() * bench.subject.N);
    }
    HaystackReader reader(bench.subject.model, bench.subject.mode, bench.subject.N, test.haystack,
                          bench.plan.method);
    bool isStopped = false;
    reader.read(
        test.variants,
        [&](std::size_t variant, std::int64_t segments, const model::ReadingState& state) {
            for (const Ask* ask : open)
                if (ask->variant == variant && ask->segments == segments)
                    asking.ask(*ask, state);
        },
        [&](std::int64_t segment, std::int64_t) {
            isStopped = !bench.onStep({test.suite + " " + test.document + ", samples from " +
                                           std::to_string(test.firstSample + 1),
                                       "tokens", (segment + 1) * bench.subject.N, total});
            return !isStopped;
        });
    return !isStopped;
}

} // namespace engine::evaluate
