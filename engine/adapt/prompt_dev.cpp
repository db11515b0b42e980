#include "engine/adapt/prompt_dev.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace engine::adapt {

namespace {

using Want = PromptStudent::Want;

constexpr std::uint64_t kSeed = 99;
constexpr std::int64_t kLogitRows = 256; ///< rows whose logits are held at a time
constexpr std::int64_t kContext = 8;     ///< tokens before a question

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

PromptDevSet::PromptDevSet(const PromptStudent& student, const Corpus& corpus,
                           const model::Tokenizer& tokenizer, const PromptDevSizes& sizes)
    : m_student(student), m_sizes(sizes) {
    const c10::NoGradGuard none;
    Random random(kSeed);
    std::int64_t deepest = 0;
    for (const auto* depths : {&sizes.depths, &sizes.namedDepths}) {
        for (const std::int64_t depth : *depths) {
            deepest = std::max(deepest, depth);
        }
    }
    for (std::int64_t i = 0; i < deepest; ++i) {
        std::vector<std::vector<std::int32_t>> pieces;
        for (std::int64_t b = 0; b < sizes.samples; ++b) {
            pieces.push_back(Corpus::piece(corpus.dev, random, sizes.needleTokens));
        }
        m_fillers.push_back(idRows(pieces));
    }
    const auto needles = [&](NeedleKind kind) {
        NeedleWish wish;
        wish.kinds.assign(static_cast<std::size_t>(sizes.samples), kind);
        wish.segmentTokens = sizes.needleTokens;
        wish.contextTokens = kContext;
        return makeNeedles(wish, corpus.dev, tokenizer, random);
    };
    m_keys = needles(NeedleKind::PassKey);
    m_named = needles(NeedleKind::Named);
    const std::int64_t N = sizes.bookTokens;
    const Parameters nobody = freshPrompt(*student.weights(), student.shape(), 0);
    for (std::int64_t b = 0; b < sizes.books; ++b) {
        const auto& ids = corpus.dev[static_cast<std::size_t>(b) % corpus.dev.size()].ids;
        const std::int64_t length = static_cast<std::int64_t>(ids.size()),
                           wanted = N * sizes.bookSegments;
        const std::int64_t first = (length - wanted) * (b + 1) / (sizes.books + 1);
        Book book;
        for (std::int64_t s = 0; s < sizes.bookSegments; ++s) {
            const auto begin = ids.begin() + first + s * N;
            book.ids.push_back(idRows({{begin, begin + N}}));
            book.targets.push_back(book.ids.back()[0].narrow(0, 1, N - 1));
            book.base.push_back(s > 0 ? nats(nobody, book.ids.back(), book.targets.back(), {})
                                      : at::Tensor());
        }
        m_books.push_back(std::move(book));
    }
}

at::Tensor PromptDevSet::nats(const Parameters& parameters, const at::Tensor& ids,
                              const at::Tensor& targets, const at::Tensor& vectors) const {
    const at::Tensor x = m_student.segment(parameters, ids, vectors, Want::Rows).x[0];
    const std::int64_t rows = targets.size(0);
    std::vector<at::Tensor> parts;
    for (std::int64_t begin = 0; begin < rows; begin += kLogitRows) {
        const std::int64_t count = std::min(kLogitRows, rows - begin);
        parts.push_back(at::cross_entropy_loss(m_student.logits(x.narrow(0, begin, count)),
                                               targets.narrow(0, begin, count), {},
                                               at::Reduction::None));
    }
    return at::cat(parts);
}

bool PromptDevSet::measure(const Parameters& parameters, const NeedleBatch& needles,
                           const std::vector<std::int64_t>& depths,
                           const std::function<bool()>& goOn, Shares& into) const {
    const at::Tensor tokens = at::tensor(needles.tokens);
    at::Tensor vectors;
    std::int64_t depth = -1;
    for (const std::int64_t wanted : depths) {
        for (; depth < wanted; ++depth) {
            if (!goOn()) {
                return false;
            }
            const at::Tensor& ids =
                depth < 0 ? needles.segments[0] : m_fillers[static_cast<std::size_t>(depth)];
            vectors = m_student.carried(
                vectors, m_student.segment(parameters, ids, vectors, Want::Written).written);
        }
        const at::Tensor x = m_student.segment(parameters, needles.question, vectors, Want::Rows).x;
        const at::Tensor rows =
            x.reshape({-1, x.size(2)}).index_select(0, at::tensor(needles.rows));
        const at::Tensor right = at::argmax(m_student.logits(rows), -1) == tokens;
        std::vector<bool> exact(static_cast<std::size_t>(needles.question.size(0)), true);
        for (std::size_t i = 0; i < needles.rows.size(); ++i) {
            if (!right[static_cast<std::int64_t>(i)].item<bool>()) {
                exact[static_cast<std::size_t>(needles.samples[i])] = false;
            }
        }
        into.emplace_back(wanted,
                          static_cast<double>(std::count(exact.begin(), exact.end(), true)) /
                              static_cast<double>(exact.size()));
    }
    return true;
}

bool PromptDevSet::score(const Parameters& parameters, const std::function<bool()>& goOn,
                         DevResult& result) const {
    std::vector<std::vector<at::Tensor>> before; // of each book and segment
    for (const Book& book : m_books) {
        std::vector<at::Tensor> states(1);
        for (std::size_t s = 0; s + 1 < book.ids.size(); ++s) {
            if (!goOn()) {
                return false;
            }
            states.push_back(m_student.carried(
                states[s],
                m_student.segment(parameters, book.ids[s], states[s], Want::Written).written));
        }
        before.push_back(std::move(states));
    }
    GainSums overNone, overOther;
    double with = 0, without = 0;
    std::int64_t count = 0;
    for (std::size_t b = 0; b < m_books.size(); ++b) {
        const Book& book = m_books[b];
        const auto& others = before[(b + 1) % m_books.size()];
        for (std::size_t s = 1; s < book.ids.size(); ++s) {
            if (!goOn()) {
                return false;
            }
            const at::Tensor own = nats(parameters, book.ids[s], book.targets[s], before[b][s]);
            overNone.add(book.base[s] - own);
            overOther.add(nats(parameters, book.ids[s], book.targets[s], others[s]) - own);
            with += own.sum().item<double>();
            without += book.base[s].sum().item<double>();
            count += own.size(0);
        }
    }
    result.overNone = overNone.means();
    result.overOther = overOther.means();
    result.perplexityWithMemory = std::exp(with / static_cast<double>(count));
    result.perplexityZeroed = std::exp(without / static_cast<double>(count));
    return true;
}

std::optional<DevResult> PromptDevSet::evaluate(const Parameters& parameters,
                                                const std::function<bool()>& goOn) const {
    const c10::NoGradGuard none;
    DevResult result;
    if (measure(parameters, m_keys, m_sizes.depths, goOn, result.keys) &&
        measure(parameters, m_named, m_sizes.namedDepths, goOn, result.named) &&
        score(parameters, goOn, result)) {
        return result;
    }
    return std::nullopt;
}

} // namespace engine::adapt
