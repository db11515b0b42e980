#include <ATen/TensorOperators.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <string_view>

#include "engine/error.h"
#include "engine/evaluate/suite.h"
#include "engine/model/prompt_reader.h"
#include "engine/model/transformer.h"

namespace engine::evaluate {

namespace {

using model::Memory;
using model::Pass;
using model::SegmentCache;

/// Of the segment before, shown again in front of a segment in the arms `reread`: what so little
/// text is worth where else the memory alone reaches over the border, and what the memory is worth
/// beside it.
constexpr std::int64_t kReread = 64;

constexpr const char* kRereadArms[] = {"reread", "reread-zeroed", "reread-other"};

/// A mode that keeps tokens instead of a memory, on the base model.
struct Cached {
    const char* arm;
    SegmentCache cache;
};

/// A book on its way through its whole segments.
struct Book {
    const Text* text = nullptr;
    std::vector<std::int32_t> ids;
    std::int64_t segments = 0, whole = 0; ///< that are read; without a limit
    Memory memory;
    at::Tensor vectors;
    std::vector<Cached> caches;
};

class Perplexity {
public:
    explicit Perplexity(Bench& bench)
        : m_bench(bench), m_model(*bench.subject.model), m_N(bench.subject.N),
          m_transformer(m_model.weights, m_model.adapter), m_base(m_model.weights, nullptr),
          m_turn(m_transformer.rotation(m_N, {})),
          m_rereadTurn(m_transformer.rotation(m_N + kReread, {})) {
        const model::Mode mode = bench.subject.mode;
        if (!model::hasMemory(mode) && !model::hasVectors(mode))
            throw Error(Code::WrongUse,
                        "the suite perplexity compares a memory with the other modes, and the "
                        "mode " +
                            model::nameOf(mode) + " has none; use infini-linear");
        m_model.requireTrainedFor(mode);
        if (model::hasVectors(mode))
            m_prompt.emplace(m_model.weights, m_model.prompt);
        for (const Text& text : bench.data.books) {
            Book book;
            book.text = &text;
            book.ids = m_model.tokenizer->encodeFromBegin(text.utf8);
            book.segments = book.whole = static_cast<std::int64_t>(book.ids.size()) / m_N;
            if (bench.plan.limit > 0)
                book.segments = std::min(book.segments, bench.plan.limit);
            requirePositions(book);
            book.memory = Memory::empty(m_model.weights->config, *m_model.adapter);
            // Vectors take less than the tokens that xl never forgets.
            book.caches = cachesFor(m_prompt ? 0 : book.memory.bytes());
            std::erase_if(book.caches, [&](const Cached& one) { return !isOpen(book, one); });
            m_books.push_back(std::move(book));
        }
    }

    bool run() {
        // Behind the last segment that is missing there is nothing to read for.
        std::int64_t last = 0, total = 0, done = 0;
        for (std::size_t b = 0; b < m_books.size(); ++b)
            for (std::int64_t s = last; s < m_books[b].segments; ++s)
                if (isOpen(b, s))
                    last = s + 1;
        for (const Book& book : m_books)
            total += std::min(book.segments, last) * m_N;
        for (std::int64_t s = 0; s < last; ++s) {
            // All arms of all books look at the memories as they are before this segment.
            for (std::size_t b = 0; b < m_books.size(); ++b)
                if (s < m_books[b].segments)
                    control(b, s);
            for (Book& book : m_books) {
                if (s >= book.segments)
                    continue;
                advance(book, s);
                done += m_N;
                if (!m_bench.onStep({"perplexity " + book.text->name(), "tokens", done, total}))
                    return false;
            }
        }
        return true;
    }

private:
    /// Of the arms that are wanted.
    [[nodiscard]] std::vector<Cached> cachesFor(std::int64_t memoryBytes) const {
        std::vector<Cached> caches;
        const auto add = [&](const char* arm, model::Mode mode) {
            if (m_bench.plan.wants(arm))
                caches.push_back({arm, SegmentCache::empty(mode, *m_model.weights, m_N)});
        };
        add("xl", model::Mode::Xl);
        add("compressive", model::Mode::Compressive);
        add("knn", model::Mode::Knn);
        add("full", model::Mode::Full);
        SegmentCache small = SegmentCache::empty(model::Mode::Xl, *m_model.weights, m_N);
        small.window = memoryBytes / kvBytesPerToken(*m_model.weights) - small.sinks;
        if (small.window > 0 && m_bench.plan.wants("xl-same-bytes"))
            caches.push_back({"xl-same-bytes", std::move(small)});
        return caches;
    }

    /// The vectors of all segments are read beside the next one.
    void requirePositions(const Book& book) const {
        if (m_bench.subject.mode != model::Mode::Autocompressor)
            return;
        const std::int64_t p = m_model.prompt->count(),
                           most = (m_model.weights->config.contextTokens - m_N) / p;
        if (book.segments > most)
            throw Error(Code::DoesNotFit,
                        book.text->name() + " has " + std::to_string(book.segments) +
                            " segments, and the vectors of more than " + std::to_string(most) +
                            " do not fit into the model's context; give --limit " +
                            std::to_string(most));
    }

    [[nodiscard]] std::span<const std::int32_t> idsOf(const Book& book, std::int64_t s) const {
        return std::span(book.ids).subspan(static_cast<std::size_t>(s * m_N),
                                           static_cast<std::size_t>(m_N));
    }

    [[nodiscard]] std::string idOf(const Book& book, std::int64_t s) const {
        return book.text->name() + "/" + std::to_string(s + 1);
    }

    [[nodiscard]] bool isMissing(const Book& book, std::int64_t s, const char* arm) const {
        return m_bench.plan.wants(arm) && !m_bench.lines.has("perplexity", idOf(book, s), arm);
    }

    /// Whether the segment and what the cache shows before it fit into the model's context: `full`
    /// sees what that holds.
    [[nodiscard]] bool fits(const Cached& one, std::int64_t s) const {
        return one.cache.countAfter(s, m_N).total() + m_N <= m_model.weights->config.contextTokens;
    }

    [[nodiscard]] bool isOpen(const Book& book, const Cached& one) const {
        for (std::int64_t s = 0; s < book.segments; ++s)
            if (fits(one, s) && isMissing(book, s, one.arm))
                return true;
        return false;
    }

    /// Vectors stand in front of a segment themselves, and have no such arms.
    [[nodiscard]] bool isRereadMissing(std::size_t b, std::int64_t s, const char* arm) const {
        return !m_prompt && s > 0 && m_N >= kReread &&
               (std::string_view(arm) != "reread-other" || otherOf(b, s) != nullptr) &&
               isMissing(m_books[b], s, arm);
    }

    /// Whether an arm of the segment is missing.
    [[nodiscard]] bool isOpen(std::size_t b, std::int64_t s) const {
        const Book& book = m_books[b];
        return isMissing(book, s, "on") || isMissing(book, s, "zeroed") ||
               (s > 0 && otherOf(b, s) != nullptr && isMissing(book, s, "other")) ||
               std::any_of(std::begin(kRereadArms), std::end(kRereadArms),
                           [&](const char* arm) { return isRereadMissing(b, s, arm); }) ||
               std::any_of(book.caches.begin(), book.caches.end(), [&](const Cached& one) {
                   return fits(one, s) && isMissing(book, s, one.arm);
               });
    }

    /// The next book, cyclic, that has as many segments; else the one that has most.
    [[nodiscard]] const Book* otherOf(std::size_t b, std::int64_t s) const {
        const Book* longest = nullptr;
        for (std::size_t i = 1; i < m_books.size(); ++i) {
            const Book& other = m_books[(b + i) % m_books.size()];
            if (other.segments >= s)
                return &other;
            if (!longest || other.segments > longest->segments)
                longest = &other;
        }
        return longest;
    }

    /// The rows of layers without memory, the same for every arm.
    [[nodiscard]] at::Tensor lower(std::span<const std::int32_t> ids,
                                   const model::Rotation& turn) const {
        at::Tensor x =
            m_transformer.embed(model::idTensor(ids, static_cast<std::int64_t>(ids.size())));
        for (std::int64_t i = 0; i < m_model.adapter->firstLayer; ++i)
            m_transformer.layer(i, x, turn, {});
        return x;
    }

    [[nodiscard]] at::Tensor upper(at::Tensor x, const model::Rotation& turn,
                                   const Pass& pass) const {
        for (std::int64_t i = m_model.adapter->firstLayer; i < m_model.weights->config.layers; ++i)
            m_transformer.layer(i, x, turn, pass);
        return x;
    }

    [[nodiscard]] std::vector<float> nats(const model::Transformer& transformer,
                                          const at::Tensor& x,
                                          std::span<const std::int32_t> ids) const {
        return transformer.logProbabilities(x.select(0, 0).narrow(0, 0, m_N - 1), ids.subspan(1));
    }

    void control(std::size_t b, std::int64_t s) {
        Book& book = m_books[b];
        const auto ids = idsOf(book, s);
        at::Tensor x;
        if (m_prompt) {
            controlVectors(b, s, ids);
            return;
        }
        const auto rows = [&] {
            if (!x.defined())
                x = lower(ids, m_turn);
            return x.clone();
        };
        if (isMissing(book, s, "zeroed")) {
            const double start = now();
            add(book, s, "zeroed", nats(m_transformer, upper(rows(), m_turn, {}), ids), start, {});
        }
        if (const Book* other = otherOf(b, s); other && s > 0 && isMissing(book, s, "other")) {
            const double start = now();
            Pass pass;
            pass.read = &other->memory;
            add(book, s, "other", nats(m_transformer, upper(rows(), m_turn, pass), ids), start,
                {{"other", other->text->name()}, {"other_segments", other->memory.tokens / m_N}});
        }
        reread(b, s);
    }

    void reread(std::size_t b, std::int64_t s) {
        const Book& book = m_books[b];
        const Book* const other = otherOf(b, s);
        const Memory* const read[] = {&book.memory, nullptr, other ? &other->memory : nullptr};
        at::Tensor rows;
        for (std::size_t i = 0; i < std::size(kRereadArms); ++i) {
            if (!isRereadMissing(b, s, kRereadArms[i]))
                continue;
            const double start = now();
            const auto ids =
                std::span(book.ids).subspan(static_cast<std::size_t>(s * m_N - kReread),
                                            static_cast<std::size_t>(m_N + kReread));
            if (!rows.defined())
                rows = lower(ids, m_rereadTurn);
            Pass pass;
            pass.read = read[i];
            const at::Tensor x = upper(rows.clone(), m_rereadTurn, pass);
            add(book, s, kRereadArms[i],
                nats(m_transformer, x.narrow(1, kReread, m_N), ids.subspan(kReread)), start, {});
        }
    }

    void controlVectors(std::size_t b, std::int64_t s, std::span<const std::int32_t> ids) {
        const Book& book = m_books[b];
        if (isMissing(book, s, "zeroed")) {
            const double start = now();
            add(book, s, "zeroed", baseNats(ids), start, {});
        }
        if (const Book* other = otherOf(b, s); other && s > 0 && isMissing(book, s, "other")) {
            const double start = now();
            add(book, s, "other", nats(m_base, m_prompt->read(ids, other->vectors).rows, ids),
                start,
                {{"other", other->text->name()}, {"other_segments", other->memory.tokens / m_N}});
        }
    }

    [[nodiscard]] std::vector<float> baseNats(std::span<const std::int32_t> ids) const {
        return nats(m_base, m_base.forward(model::idTensor(ids, m_N), {}), ids);
    }

    void advanceVectors(Book& book, std::int64_t s, std::span<const std::int32_t> ids) {
        const double start = now();
        const model::PromptReader::Segment segment = m_prompt->read(ids, book.vectors);
        if (isMissing(book, s, "on")) {
            const std::vector<float> own = nats(m_base, segment.rows, ids);
            Json more = Json::object();
            if (s == 0)
                more["equals_base"] = own == baseNats(ids);
            add(book, s, "on", own, start, more);
        }
        book.vectors = segment.vectors;
    }

    void advance(Book& book, std::int64_t s) {
        const auto ids = idsOf(book, s);
        if (m_prompt)
            advanceVectors(book, s, ids);
        else
            advanceMemory(book, s, ids);
        book.memory.tokens += m_N;
        for (Cached& one : book.caches)
            advance(book, s, one);
    }

    void advanceMemory(Book& book, std::int64_t s, std::span<const std::int32_t> ids) {
        const double start = now();
        Pass pass;
        pass.read = pass.write = &book.memory;
        pass.rule = m_bench.subject.mode == model::Mode::InfiniDelta ? model::Rule::Delta
                                                                     : model::Rule::Linear;
        if (isMissing(book, s, "on")) {
            const std::vector<float> own =
                nats(m_transformer, upper(lower(ids, m_turn), m_turn, pass), ids);
            Json more = Json::object();
            if (s == 0)
                more["equals_base"] = own == baseNats(ids);
            add(book, s, "on", own, start, more);
        } else {
            m_transformer.read(model::idTensor(ids, m_N), pass);
        }
    }

    void advance(const Book& book, std::int64_t s, Cached& one) {
        if (!fits(one, s))
            return;
        const auto ids = idsOf(book, s);
        const double start = now();
        Pass pass;
        pass.past = pass.keep = &one.cache;
        pass.neighbours = &one.cache.store;
        pass.position = one.cache.count(0).total();
        const at::Tensor x = m_base.forward(model::idTensor(ids, m_N), pass);
        if (isMissing(book, s, one.arm))
            add(book, s, one.arm, nats(m_base, x, ids), start, {{"bytes", one.cache.bytes()}});
    }

    void add(const Book& book, std::int64_t s, const char* arm, const std::vector<float>& logs,
             double start, const Json& more) {
        Item item;
        item.suite = "perplexity";
        item.id = idOf(book, s);
        item.document = book.text->name();
        item.arm = arm;
        item.groups = {s == 0 ? "first-segment" : "beyond-first"};
        if (s > 0) {
            item.groups.push_back("segments-" + binOf(s + 1));
            item.groups.push_back("quarter-" + std::to_string(4 * s / book.whole + 1));
            // Here `full` has read as much as the others, so that means over it are comparable.
            if ((s + 1) * m_N <= m_model.weights->config.contextTokens)
                item.groups.push_back("within-context");
            item.groups.push_back(book.text->name());
        }
        item.more = more;
        if (item.more.contains("equals_base")) {
            item.scores["equal-to-base"] = item.more["equals_base"] == true ? 1 : 0;
            item.more.erase("equals_base");
        }
        const auto sum = [&](const char* name, std::int64_t from, std::int64_t to) {
            // Row i predicts token i + 1 of the segment.
            double total = 0;
            to = std::min<std::int64_t>(to, m_N);
            for (std::int64_t token = std::max<std::int64_t>(from, 1); token < to; ++token)
                total -= logs[static_cast<std::size_t>(token - 1)];
            if (!std::isfinite(total)) {
                item.error = "a log-probability is not finite";
                return;
            }
            const std::int64_t count = to - std::max<std::int64_t>(from, 1);
            if (count > 0)
                item.scores[name] = Json::array({total, count});
        };
        sum("all", 0, m_N);
        sum("first-64", 0, 64);
        sum("64-256", 64, 256);
        sum("rest", 256, m_N);
        // Units of drawing hold 1,000 tokens or more.
        const std::int64_t together = std::max<std::int64_t>(1, (1'000 + m_N - 2) / (m_N - 1));
        item.more["block"] = book.text->name() + "/" + std::to_string(s / together);
        item.more["document_items"] = book.whole;
        item.tokens = m_N - 1;
        item.seconds = now() - start;
        m_bench.lines.add(item.json());
    }

    Bench& m_bench;
    const model::Model& m_model;
    std::int64_t m_N;
    model::Transformer m_transformer, m_base;
    std::optional<model::PromptReader> m_prompt; ///< of a mode with vectors
    model::Rotation m_turn, m_rereadTurn;
    std::vector<Book> m_books;
};

} // namespace

bool measurePerplexity(Bench& bench) {
    const c10::InferenceMode inference;
    return Perplexity(bench).run();
}

} // namespace engine::evaluate
