#include "engine/adapt/dev_set.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "engine/adapt/quotes.h"
#include "engine/adapt/shown.h"

namespace engine::adapt {

namespace {

constexpr std::uint64_t kSeed = 99;
constexpr std::int64_t kLogitRows = 256;   ///< rows whose logits are held at a time
constexpr std::int64_t kContext = 8;       ///< tokens before a question
constexpr std::int64_t kApartTokens = 256; ///< N of names over several segments
constexpr int kBeside = 8;                 ///< questions beside a passage, of each book

std::string gainsLine(const Gains& gains) {
    return shown(gains.all, "%+.3f") + " (" + shown(gains.byPlace[0], "%+.3f") + " first 64, " +
           shown(gains.byPlace[1], "%+.3f") + " to 256, " + shown(gains.byPlace[2], "%+.3f") +
           " rest)";
}

std::string shares(const DevResult::Shares& pairs) {
    std::string line;
    for (const auto& [depth, share] : pairs) {
        line += (line.empty() ? "" : ", ") + shown(share, "%.2f") + " at " + std::to_string(depth);
    }
    return line;
}

/// Sums of gains over places in a segment; row i predicts its token i + 1.
struct GainSums {
    double sum[3] = {0, 0, 0};
    std::int64_t count[3] = {0, 0, 0};

    void add(const at::Tensor& gain) {
        const std::int64_t n = gain.size(0);
        const std::int64_t ends[] = {std::min<std::int64_t>(63, n), std::min<std::int64_t>(255, n),
                                     n};
        std::int64_t begin = 0;
        for (int i = 0; i < 3; ++i) {
            if (ends[i] > begin) {
                sum[i] += gain.narrow(0, begin, ends[i] - begin).sum().item<double>();
                count[i] += ends[i] - begin;
                begin = ends[i];
            }
        }
    }

    [[nodiscard]] Gains means() const {
        Gains gains;
        std::int64_t counts = 0;
        for (int i = 0; i < 3; ++i) {
            gains.byPlace[i] = count[i] > 0 ? sum[i] / static_cast<double>(count[i]) : 0;
            gains.all += sum[i];
            counts += count[i];
        }
        gains.all /= static_cast<double>(std::max<std::int64_t>(1, counts));
        return gains;
    }
};

} // namespace

double DevResult::keyAt(std::int64_t depth) const {
    for (const auto& [at, share] : keys) {
        if (at == depth) {
            return share;
        }
    }
    return 0;
}

std::string DevResult::keySentence() const {
    return "exact keys in held-out books by depth: " + shares(keys) + " (" +
           std::to_string(samples) + " samples each; a depth is " + depthIs + ")";
}

std::string DevResult::line() const {
    return "dev keys " + shares(keys) + "; named " + shares(named) + "; " + shown(apart, "%.2f") +
           " of four apart; nats over no memory " + gainsLine(overNone) + "; over another book's " +
           gainsLine(overOther) + "; perplexity " + shown(perplexityWithMemory, "%.3f") +
           " with, " + shown(perplexityZeroed, "%.3f") + " without; beside a passage " +
           shown(besideNats, "%.3f") + " nats from the base, " + shown(besideSame, "%.2f") +
           " of tokens the same";
}

DevSet::DevSet(std::unique_ptr<DevReader> reader, const Parameters& parameters,
               const Corpus& corpus, const model::Tokenizer& tokenizer, const DevSizes& sizes)
    : m_reader(std::move(reader)), m_sizes(sizes) {
    const c10::NoGradGuard none;
    // What stands behind needles is not drawn alike by all methods; the needles are.
    Random random(kSeed), behind(kSeed + 1);
    m_reader->draw(corpus.dev, sizes, behind);
    const auto needles = [&](NeedleKind kind) {
        NeedleWish wish;
        wish.kinds.assign(static_cast<std::size_t>(sizes.samples), kind);
        wish.segmentTokens = sizes.needleTokens;
        wish.contextTokens = kContext;
        Needles result;
        result.batch = makeNeedles(wish, corpus.dev, tokenizer, random);
        result.segment = m_reader->prepared(result.batch.segments[0]);
        result.question = m_reader->prepared(result.batch.question);
        return result;
    };
    m_keys = needles(NeedleKind::PassKey);
    m_named = needles(NeedleKind::Named);
    const std::int64_t N = sizes.bookTokens;
    for (std::int64_t b = 0; b < sizes.books; ++b) {
        const std::size_t text = static_cast<std::size_t>(b) % corpus.dev.size();
        const auto& ids = corpus.dev[text].ids;
        const std::int64_t length = static_cast<std::int64_t>(ids.size()),
                           wanted = N * sizes.bookSegments;
        const std::int64_t first = (length - wanted) * (b + 1) / (sizes.books + 1);
        Book book;
        book.text = text;
        for (std::int64_t s = 0; s < sizes.bookSegments; ++s) {
            const auto begin = ids.begin() + first + s * N;
            const at::Tensor segment = idRows({{begin, begin + N}});
            book.segments.push_back(m_reader->prepared(segment));
            book.targets.push_back(segment[0].narrow(0, 1, N - 1));
            book.base.push_back(s > 0 ? nats(parameters, book, static_cast<std::size_t>(s), {})
                                      : at::Tensor());
        }
        m_books.push_back(std::move(book));
    }
    // Drawn behind the books, so that these stay what they were before there was this figure.
    NeedleWish apart;
    apart.kinds.assign(static_cast<std::size_t>((sizes.samples + 1) / 2), NeedleKind::Named);
    apart.segmentTokens = std::min(kApartTokens, N);
    apart.segments = apart.leastNames = apart.names;
    apart.contextTokens = kContext;
    m_apart.batch = makeNeedles(apart, corpus.dev, tokenizer, random);
    for (const at::Tensor& segment : m_apart.batch.segments) {
        m_apartSegments.push_back(m_reader->prepared(segment));
    }
    m_apart.question = m_reader->prepared(m_apart.batch.question);
    Random asked(kSeed + 2);
    for (std::size_t b = 0; b < m_books.size(); ++b) {
        for (int i = 0; i < kBeside; ++i) {
            QuoteWish wish;
            wish.form = QuoteForm::ChatWithPassage;
            wish.asksFacts = true;
            wish.passageTokens = std::min(wish.passageTokens, N);
            wish.numberTokens = N;
            wish.texts = {&corpus.dev[m_books[b].text]};
            const QuoteBatch quote = makeQuotes(wish, tokenizer, asked);
            if (!quote.tokens.empty()) {
                m_beside.push_back({b, m_reader->prepared(quote.numbers),
                                    m_reader->prepared(quote.memoryOnly),
                                    at::tensor(quote.memoryRows)});
            }
        }
    }
}

at::Tensor DevSet::nats(const Parameters& parameters, const Book& book, std::size_t s,
                        const Carried& read) const {
    const at::Tensor x = m_reader->rows(parameters, book.segments[s], read)[0];
    const at::Tensor& targets = book.targets[s];
    const std::int64_t rows = targets.size(0);
    std::vector<at::Tensor> parts;
    for (std::int64_t begin = 0; begin < rows; begin += kLogitRows) {
        const std::int64_t count = std::min(kLogitRows, rows - begin);
        parts.push_back(at::cross_entropy_loss(m_reader->logits(x.narrow(0, begin, count)),
                                               targets.narrow(0, begin, count).to(x.device()), {},
                                               at::Reduction::None));
    }
    return at::cat(parts);
}

double DevSet::exactShare(const at::Tensor& x, const NeedleBatch& batch) const {
    const at::Tensor rows =
        x.reshape({-1, x.size(2)}).index_select(0, at::tensor(batch.rows).to(x.device()));
    const at::Tensor right =
        at::argmax(m_reader->logits(rows), -1).cpu() == at::tensor(batch.tokens);
    std::vector<bool> exact(static_cast<std::size_t>(x.size(0)), true);
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
        if (!right[static_cast<std::int64_t>(i)].item<bool>()) {
            exact[static_cast<std::size_t>(batch.samples[i])] = false;
        }
    }
    return static_cast<double>(std::count(exact.begin(), exact.end(), true)) /
           static_cast<double>(exact.size());
}

bool DevSet::measure(const Parameters& parameters, const Needles& needles,
                     const std::vector<std::int64_t>& depths, const std::function<bool()>& goOn,
                     DevResult::Shares& into) const {
    return m_reader->behind(
        parameters, needles.segment, depths, goOn, [&](std::int64_t depth, const Carried& read) {
            const at::Tensor x = m_reader->rows(parameters, needles.question, read);
            into.emplace_back(depth, exactShare(x, needles.batch));
        });
}

bool DevSet::measureApart(const Parameters& parameters, const std::function<bool()>& goOn,
                          DevResult& result) const {
    Carried read;
    for (const at::Tensor& segment : m_apartSegments) {
        if (!goOn()) {
            return false;
        }
        read = m_reader->after(parameters, segment, read);
    }
    result.apart = exactShare(m_reader->rows(parameters, m_apart.question, read), m_apart.batch);
    return true;
}

bool DevSet::score(const Parameters& parameters, const std::function<bool()>& goOn,
                   DevResult& result) const {
    std::vector<std::vector<Carried>> before; // of each book and segment
    for (const Book& book : m_books) {
        std::vector<Carried> states(1);
        for (std::size_t s = 0; s + 1 < book.segments.size(); ++s) {
            if (!goOn()) {
                return false;
            }
            states.push_back(m_reader->after(parameters, book.segments[s], states[s]));
        }
        before.push_back(std::move(states));
    }
    GainSums overNone, overOther;
    double with = 0, without = 0;
    std::int64_t count = 0;
    for (std::size_t b = 0; b < m_books.size(); ++b) {
        const Book& book = m_books[b];
        std::size_t other = b;
        for (std::size_t i = 1; i < m_books.size() && other == b; ++i) {
            const std::size_t next = (b + i) % m_books.size();
            other = m_books[next].text == book.text ? b : next;
        }
        for (std::size_t s = 1; s < book.segments.size(); ++s) {
            if (!goOn()) {
                return false;
            }
            const at::Tensor own = nats(parameters, book, s, before[b][s]);
            overNone.add(book.base[s] - own);
            if (other != b) {
                overOther.add(nats(parameters, book, s, before[other][s]) - own);
            }
            with += own.sum().item<double>();
            without += book.base[s].sum().item<double>();
            count += own.size(0);
        }
    }
    result.overNone = overNone.means();
    result.overOther = overOther.means();
    result.perplexityWithMemory = std::exp(with / static_cast<double>(count));
    result.perplexityZeroed = std::exp(without / static_cast<double>(count));
    std::vector<Carried> behind;
    for (const auto& states : before) {
        behind.push_back(states.back());
    }
    return measureBeside(parameters, behind, goOn, result);
}

bool DevSet::measureBeside(const Parameters& parameters, const std::vector<Carried>& read,
                           const std::function<bool()>& goOn, DevResult& result) const {
    double nats = 0;
    std::int64_t same = 0, count = 0;
    for (const Beside& beside : m_beside) {
        if (!goOn()) {
            return false;
        }
        const auto logs = [&](const Carried& carried) {
            const at::Tensor x = m_reader->rows(parameters, beside.question, carried)[0];
            return at::log_softmax(m_reader->logits(x.index_select(0, beside.rows.to(x.device()))),
                                   -1, at::kFloat);
        };
        const at::Tensor base = logs({});
        const at::Tensor own = logs(m_reader->after(parameters, beside.numbers, read[beside.book]));
        nats += (base.exp() * (base - own)).sum().item<double>();
        same += (base.argmax(-1) == own.argmax(-1)).sum().item<std::int64_t>();
        count += beside.rows.size(0);
    }
    if (count > 0) {
        result.besideNats = nats / static_cast<double>(count);
        result.besideSame = static_cast<double>(same) / static_cast<double>(count);
    }
    return true;
}

std::optional<DevResult> DevSet::evaluate(const Parameters& parameters,
                                          const std::function<bool()>& goOn) const {
    const c10::NoGradGuard none;
    DevResult result;
    result.samples = m_sizes.samples;
    result.depthIs = m_reader->depth();
    if (measure(parameters, m_keys, m_sizes.depths, goOn, result.keys) &&
        measure(parameters, m_named, m_sizes.namedDepths, goOn, result.named) &&
        measureApart(parameters, goOn, result) && score(parameters, goOn, result)) {
        return result;
    }
    return std::nullopt;
}

} // namespace engine::adapt
