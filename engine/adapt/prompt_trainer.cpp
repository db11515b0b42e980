#include "engine/adapt/prompt_trainer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>

#include "engine/adapt/quotes.h"
#include "engine/adapt/training_checkpoint.h"

namespace engine::adapt {

namespace {

constexpr double kPasses = 0.9;          ///< running accuracy that raises the ceiling
constexpr double kAccuracyAfter = 0.5;   ///< a raise
constexpr double kAccuracyRate = 0.15;   ///< of the running accuracy
constexpr double kNamedShare = 0.25;     ///< of needles, once the first pass keys are found
constexpr double kTwoSegments = 0.15;    ///< of batches, whose needles may be cut by a boundary
constexpr double kSomethingBefore = 0.3; ///< of batches: a segment before the needle
constexpr std::int64_t kLeastBatch = 2;

/// Consecutive segments of N tokens that a book batch of about `rows` rows has.
std::int64_t bookSegments(std::int64_t N, std::int64_t rows) {
    return 4 * N > 3 * rows / 2 ? 3 : 4;
}

} // namespace

std::int64_t PromptRecipe::leastTokens() const {
    std::int64_t needle = needleTokens;
    for (const std::int64_t N : laterNeedleTokens) {
        needle = std::max(needle, N);
    }
    std::int64_t least = std::max(2 * needle + longestContext, QuoteWish().passageTokens);
    for (const std::int64_t N : bookTokens) {
        least = std::max(least, bookSegments(N, bookRows) * N);
    }
    return least + 1;
}

PromptTrainer::PromptTrainer(std::shared_ptr<const model::Weights> weights,
                             const model::Tokenizer& tokenizer, const Corpus& corpus,
                             const PromptShape& shape, const PromptRecipe& recipe,
                             std::uint64_t seed)
    : m_tokenizer(tokenizer), m_corpus(corpus), m_recipe(recipe), m_weights(weights),
      m_student(weights, shape),
      m_parameters(freshPrompt(*weights, shape, seed).on(m_student.device())),
      m_optimizer(m_parameters), m_random(seed + 1) {}

at::Tensor PromptTrainer::fillers(std::int64_t count, std::int64_t N) {
    std::vector<std::vector<std::int32_t>> pieces;
    for (std::int64_t i = 0; i < count; ++i) {
        pieces.push_back(Corpus::piece(m_corpus.train, m_random, N));
    }
    return idRows(pieces);
}

void PromptTrainer::needleBatch(PromptStepReport& report) {
    const std::int64_t most = m_recipe.mostBetween;
    const auto& lengths = m_recipe.laterNeedleTokens;
    const std::int64_t N =
        m_ceiling == 0 || lengths.empty()
            ? m_recipe.needleTokens
            : lengths[static_cast<std::size_t>(m_random.below(std::ssize(lengths)))];
    const std::int64_t B =
        std::min(m_recipe.batch, std::max(kLeastBatch, m_recipe.batch * m_recipe.needleTokens / N));
    const std::int64_t between = m_random.chance(0.5) ? m_ceiling : m_random.between(0, m_ceiling);
    const std::int64_t before = between < most && m_random.chance(kSomethingBefore) ? 1 : 0;
    NeedleWish wish;
    wish.segmentTokens = N;
    wish.segments = between + before < most && m_random.chance(kTwoSegments) ? 2 : 1;
    const double draw = m_random.uniform();
    wish.contextTokens = std::min<std::int64_t>(draw < 0.5    ? 1
                                                : draw < 0.75 ? 8
                                                              : 24,
                                                m_recipe.longestContext);
    for (std::int64_t b = 0; b < B; ++b) {
        const bool isNamed = m_ceiling > 0 && m_random.chance(kNamedShare);
        wish.kinds.push_back(isNamed ? NeedleKind::Named : NeedleKind::PassKey);
    }
    const NeedleBatch needles = makeNeedles(wish, m_corpus.train, m_tokenizer, m_random);
    PromptSegments segments;
    for (std::int64_t i = 0; i < before; ++i) {
        segments.ids.push_back(fillers(B, N));
    }
    segments.ids.insert(segments.ids.end(), needles.segments.begin(), needles.segments.end());
    for (std::int64_t i = 0; i < between; ++i) {
        segments.ids.push_back(fillers(B, N));
    }
    segments.ids.push_back(needles.question);
    const std::size_t last = segments.ids.size() - 1;
    const at::Tensor tokens = at::tensor(needles.tokens).to(m_student.device());
    at::Tensor right;
    segments.hasLoss = [&](std::size_t s) { return s == last; };
    segments.loss = [&](std::size_t, const at::Tensor& x) {
        const at::Tensor rows =
            x.reshape({-1, x.size(2)}).index_select(0, at::tensor(needles.rows).to(x.device()));
        const at::Tensor logits = m_student.logits(rows);
        right = (at::argmax(logits.detach(), -1) == tokens).to(at::kCPU, at::kDouble);
        return at::cross_entropy_loss(logits, tokens);
    };
    report.needleLoss = backThroughVectors(m_student, m_parameters, segments);

    const Answered result = answered(needles, right);
    report.hasNeedles = true;
    report.tokenAccuracy = result.digits;
    report.exact = result.exact;
    // Names that are not told apart say nothing about how far back a number is found.
    double keys = 0, count = 0;
    for (std::size_t b = 0; b < wish.kinds.size(); ++b) {
        if (wish.kinds[b] == NeedleKind::PassKey) {
            keys += result.ofSample[b];
            ++count;
        }
    }
    if (between == m_ceiling && count > 0) {
        const double share = count / static_cast<double>(m_recipe.batch);
        m_accuracy += kAccuracyRate * share * (keys / count - m_accuracy);
        if (m_accuracy > kPasses && m_ceiling < most) {
            ++m_ceiling;
            m_accuracy = kAccuracyAfter;
        }
    }
}

void PromptTrainer::quoteBatch(PromptStepReport& report) {
    QuoteWish wish;
    wish.form = m_random.chance(0.5) ? QuoteForm::Plain : QuoteForm::Chat;
    for (std::int64_t b = 0; b < m_recipe.batch; ++b) {
        const std::int64_t which = m_random.below(std::ssize(m_corpus.train));
        wish.texts.push_back(&m_corpus.train[static_cast<std::size_t>(which)]);
    }
    const QuoteBatch quotes = makeQuotes(wish, m_tokenizer, m_random);
    if (quotes.tokens.empty()) {
        return;
    }
    const at::Tensor rows = at::tensor(quotes.memoryRows).to(m_student.device()),
                     tokens = at::tensor(quotes.tokens).to(m_student.device());
    PromptSegments segments;
    segments.ids = {quotes.passages, quotes.memoryOnly};
    segments.hasLoss = [](std::size_t s) { return s > 0; };
    segments.loss = [&](std::size_t, const at::Tensor& x) {
        const at::Tensor answers = x.reshape({-1, x.size(2)}).index_select(0, rows);
        return at::cross_entropy_loss(m_student.logits(answers), tokens);
    };
    report.quoteLoss = backThroughVectors(m_student, m_parameters, segments);
    report.hasQuotes = true;
}

void PromptTrainer::bookBatch(PromptStepReport& report) {
    const std::int64_t N = m_recipe.bookTokens[static_cast<std::size_t>(
        m_random.below(static_cast<std::int64_t>(m_recipe.bookTokens.size())))];
    const std::int64_t S = bookSegments(N, m_recipe.bookRows);
    const std::int64_t B = std::max<std::int64_t>(1, m_recipe.bookRows / (S * N));
    std::vector<std::vector<std::int32_t>> pieces;
    for (std::int64_t b = 0; b < B; ++b) {
        pieces.push_back(Corpus::piece(m_corpus.train, m_random, S * N));
    }
    const at::Tensor ids = idRows(pieces);
    PromptSegments segments;
    std::vector<at::Tensor> rows, tokens;
    for (std::int64_t s = 0; s < S; ++s) {
        segments.ids.push_back(ids.narrow(1, s * N, N).contiguous());
        std::vector<std::int64_t> chosen;
        for (std::int64_t b = 0; s > 0 && b < B; ++b) {
            for (const std::int64_t row : rowsWithLoss(N, m_random)) {
                chosen.push_back(b * N + row);
            }
        }
        rows.push_back(at::tensor(chosen, at::TensorOptions().dtype(at::kLong)));
        tokens.push_back(s > 0 ? segments.ids.back().view({-1}).index_select(0, rows.back() + 1)
                               : at::Tensor());
    }
    segments.hasLoss = [](std::size_t s) { return s > 0; };
    segments.loss = [&](std::size_t s, const at::Tensor& x) {
        const at::Tensor own = x.reshape({-1, x.size(2)}).index_select(0, rows[s].to(x.device()));
        return at::cross_entropy_loss(m_student.logits(own), tokens[s].to(x.device())) /
               static_cast<double>(S - 1);
    };
    report.bookLoss = backThroughVectors(m_student, m_parameters, segments);
    report.hasBook = true;
}

PromptStepReport PromptTrainer::step(double progress) {
    PromptStepReport report;
    m_parameters.clearGradients();
    bookBatch(report);
    const bool hasBegun = m_step >= m_recipe.firstNeedles || progress >= m_recipe.firstNeedlesShare;
    if (hasBegun && m_step % 2 == 0) {
        needleBatch(report);
    } else {
        quoteBatch(report);
    }
    report.gradientNorm = m_parameters.gradientNorm();
    ++m_step;
    if (std::isfinite(report.gradientNorm)) {
        m_optimizer.step(m_parameters, report.gradientNorm, m_recipe.clip,
                         rateShare(m_step, m_recipe.warmUp, progress));
    } else {
        report.isSkipped = true;
    }
    m_parameters.clearGradients();
    report.step = m_step;
    report.ceiling = m_ceiling;
    report.accuracy = m_accuracy;
    return report;
}

std::map<std::string, std::string> PromptTrainer::identity() const {
    const PromptShape& shape = m_student.shape();
    return {{"format", "infolio-prompt-checkpoint"}, {"version", "2"},
            {"method", model::nameOf(shape.method)}, {"base_sha256", m_weights->sha256},
            {"data_sha256", m_corpus.sha256},        {"held_out_sha256", m_corpus.devSha256},
            {"p", std::to_string(shape.vectors)},    {"rank", std::to_string(shape.rank)},
            {"alpha", exactNumber(shape.alpha)}};
}

std::string PromptTrainer::checkpoint(const std::map<std::string, std::string>& notes) const {
    Checkpoint result(identity(), notes, m_step, m_parameters, m_optimizer, m_random);
    result.fields["ceiling"] = std::to_string(m_ceiling);
    result.fields["accuracy"] = exactNumber(m_accuracy);
    return result.bytes();
}

std::map<std::string, std::string> PromptTrainer::restore(std::string_view bytes,
                                                          const std::string& path) {
    const auto stored = StoredCheckpoint::parse(bytes, path);
    stored.require(identity());
    const std::int64_t ceiling = stored.integer("ceiling");
    const double accuracy = stored.real("accuracy");
    stored.restore(m_step, m_parameters, m_optimizer, m_random);
    m_ceiling = ceiling;
    m_accuracy = accuracy;
    return stored.notes();
}

} // namespace engine::adapt
