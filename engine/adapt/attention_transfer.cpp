#include "engine/adapt/attention_transfer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <limits>

#include "engine/adapt/differentiable.h"
#include "engine/adapt/needles.h"

namespace engine::adapt {

namespace {

constexpr double kBookShare = 0.33;
constexpr double kPassKeyShare = 0.2;   ///< of the texts that hide numbers
constexpr std::int64_t kRows = 24;      ///< n
constexpr double kQuestionWeight = 0.2; ///< of a row that is not asked for a digit
constexpr double kFirstDigitWeight = 8; ///< it alone tells names apart
constexpr double kLeast = 1e-30;        ///< of a weight whose logarithm is taken

/// Rows (B, T, heads, d) of the indices (B, n).
at::Tensor taken(const at::Tensor& x, const at::Tensor& rows) {
    const std::int64_t B = x.size(0), T = x.size(1), n = rows.size(1);
    const at::Tensor first = at::arange(B, rows.options()).unsqueeze(1) * T;
    std::vector<std::int64_t> sizes = x.sizes().vec();
    sizes[1] = n;
    return x.reshape({B * T, -1}).index_select(0, (rows + first).view({-1})).view(sizes);
}

/// In `wanted` (B, G, R, n, P − 1), whose first token is left out.
void applyMoves(const at::Tensor& wanted, const std::vector<AttentionBatch::Move>& moves) {
    for (const AttentionBatch::Move& one : moves) {
        if (one.from < 1 || one.to < 1) {
            continue;
        }
        const at::Tensor row = wanted[one.b].select(2, one.i);
        at::Tensor from = row.select(2, one.from - 1), to = row.select(2, one.to - 1);
        to.add_(from);
        from.zero_();
    }
}

/// The questions of a batch for a first digit, and where the first digits are that could be meant.
struct Choices {
    std::vector<std::int64_t> rows;                ///< b·n + i
    std::vector<std::vector<std::int64_t>> tokens; ///< of held ones but the first; asked one first

    explicit Choices(const AttentionBatch& batch) {
        const std::int64_t n = batch.rows.size(1);
        for (const AttentionBatch::Move& move : batch.moves) {
            if (!move.isFirstDigit || move.from < 1 || move.to < 1) {
                continue;
            }
            if (rows.empty() || rows.back() != move.b * n + move.i) {
                rows.push_back(move.b * n + move.i);
                tokens.push_back({move.to - 1});
            }
            tokens.back().push_back(move.from - 1);
        }
    }

    /// Of weight (B, G, R, n, held) on all of them, the asked one's share: (H), mean over
    /// questions.
    [[nodiscard]] at::Tensor told(const at::Tensor& weight) const {
        const at::Tensor byRow = weight.permute({0, 3, 1, 2, 4}).flatten(2, 3).flatten(0, 1);
        std::vector<at::Tensor> shares;
        for (std::size_t q = 0; q < rows.size(); ++q) {
            const at::Tensor some =
                byRow.select(0, rows[q])
                    .index_select(-1, at::tensor(tokens[q]).to(weight.device()));
            shares.push_back(some.select(-1, 0) / some.sum(-1).clamp_min(kLeast));
        }
        return at::stack(shares).mean(0);
    }

    [[nodiscard]] double byChance() const {
        double sum = 0;
        for (const auto& some : tokens) {
            sum += 1 / static_cast<double>(some.size());
        }
        return sum / static_cast<double>(tokens.size());
    }
};

} // namespace

AttentionBatch makeAttentionBatch(const AttentionWish& wish, const std::vector<Text>& texts,
                                  const model::Tokenizer& tokenizer, Random& random) {
    const std::int64_t B = wish.samples, P = wish.heldTokens;
    NeedleWish needle;
    needle.segmentTokens = P;
    needle.contextTokens = wish.contextTokens;
    needle.names = wish.names;
    needle.questions = wish.questions;
    std::vector<bool> isBook;
    for (std::int64_t b = 0; b < B; ++b) {
        isBook.push_back(random.chance(kBookShare));
        needle.kinds.push_back(random.chance(kPassKeyShare) ? NeedleKind::PassKey
                                                            : NeedleKind::Named);
    }
    const NeedleBatch hidden = makeNeedles(needle, texts, tokenizer, random);
    AttentionBatch batch;
    batch.held = P;
    batch.ids = at::cat({hidden.segments[0], hidden.question}, 1).contiguous();
    const std::int64_t T = batch.ids.size(1), length = hidden.question.size(1);
    batch.rows = at::zeros({B, kRows}, at::TensorOptions().dtype(at::kLong));
    batch.weights = at::zeros({B, kRows}, at::TensorOptions().dtype(at::kDouble));
    auto* const ids = batch.ids.mutable_data_ptr<std::int64_t>();
    auto* const rows = batch.rows.mutable_data_ptr<std::int64_t>();
    auto* const weights = batch.weights.mutable_data_ptr<double>();
    std::vector<std::int64_t> used(isBook.size());
    for (std::size_t i = 0; i < hidden.rows.size(); ++i) {
        const std::int64_t b = hidden.samples[i], digit = hidden.digits[i];
        const auto sample = static_cast<std::size_t>(b);
        if (isBook[sample] || used[sample] == kRows) {
            continue;
        }
        const std::int64_t place = used[sample]++;
        rows[b * kRows + place] = P + hidden.rows[i] % length;
        weights[b * kRows + place] = digit == 0 ? kFirstDigitWeight : 1;
        const auto& numbers = hidden.numbers[sample];
        const auto asked = static_cast<std::size_t>(hidden.asked[i]);
        for (std::size_t k = 0; k < numbers.size(); ++k) {
            if (k != asked && digit < numbers[k].digits) {
                batch.moves.push_back(
                    {b, place, numbers[k].begin + digit, numbers[asked].begin + digit, digit == 0});
            }
        }
    }
    for (std::int64_t b = 0; b < B; ++b) {
        const auto sample = static_cast<std::size_t>(b);
        if (isBook[sample]) {
            const auto piece = Corpus::piece(texts, random, T);
            std::copy(piece.begin(), piece.end(), ids + b * T);
        }
        // Behind the last answer a shorter text has nothing.
        const std::int64_t last = isBook[sample] ? T - 1 : rows[b * kRows + used[sample] - 1];
        for (std::int64_t i = used[sample]; i < kRows; ++i) {
            rows[b * kRows + i] =
                random.between(P + std::min(wish.contextTokens, length - 1), last);
            weights[b * kRows + i] = isBook[sample] ? 1 : kQuestionWeight;
        }
    }
    return batch;
}

AttentionLoss attentionLoss(const Student& student, const std::vector<LayerParameters>& views,
                            const AttentionBatch& batch) {
    const model::Config& config = student.config();
    const std::int64_t B = batch.ids.size(0), T = batch.ids.size(1), n = batch.rows.size(1),
                       H = config.heads, G = config.kvHeads, R = H / G, d = config.headWidth,
                       f = student.shape().features, held = batch.held - 1;
    const at::ScalarType wide = student.wide();
    const auto heads = student.baseHeads(batch.ids);
    const Student::Turn turn = student.rotation(T);
    const at::Tensor rows = batch.rows.to(student.device());
    const at::Tensor later = (at::arange(T, rows.options()) > rows.unsqueeze(2))
                                 .view({B, 1, 1, n, T}); // what a row does not see yet
    const at::Tensor counts = batch.weights.to(student.device(), wide).view({B, 1, 1, n, 1});
    const auto heldOf = [&](const at::Tensor& x) { // (B·T, …) to (B·held, …)
        const at::Tensor all = x.view({B, T, -1}).narrow(1, 1, held);
        std::vector<std::int64_t> sizes = x.sizes().vec();
        sizes[0] = B * held;
        return all.reshape(sizes);
    };
    const Choices choices(batch);
    std::vector<at::Tensor> told, toldByBase;
    at::Tensor cross;
    double all = 0, own = 0;
    for (std::size_t i = 0; i < views.size(); ++i) {
        const LayerParameters& p = views[i];
        const Student::Heads& layer = heads[i];
        at::Tensor wanted; // (B, G, R, n, held)
        {
            const c10::NoGradGuard none;
            const at::Tensor query =
                taken(rotate(layer.query.view({B, T, H, d}), turn.cosines, turn.sines), rows)
                    .to(wide)
                    .view({B, n, G, R, d})
                    .permute({0, 2, 3, 1, 4})
                    .reshape({B, G, R * n, d});
            const at::Tensor key = rotate(layer.key.view({B, T, G, d}), turn.cosines, turn.sines)
                                       .to(wide)
                                       .permute({0, 2, 3, 1}); // (B, G, d, T)
            const at::Tensor scores =
                (query.matmul(key) / std::sqrt(static_cast<double>(d))).view({B, G, R, n, T});
            wanted =
                at::softmax(scores.masked_fill(later, -std::numeric_limits<double>::infinity()), -1)
                    .narrow(-1, 1, held) *
                counts;
            if (!choices.rows.empty()) {
                toldByBase.push_back(choices.told(wanted));
            }
            applyMoves(wanted, batch.moves);
            const at::Tensor mass = wanted.sum(-1, true);
            all += mass.sum().item<double>();
            own -= (wanted * (wanted.clamp_min(kLeast) / mass.clamp_min(kLeast)).log())
                       .sum()
                       .item<double>();
        }
        const at::Tensor askers =
            student.withAddition(layer.query, layer.normed, p.queryDown, p.queryUp);
        const at::Tensor asked =
            features(taken(askers.view({B, T, H, d}), rows).view({B * n, H, d}), p.queryFeature,
                     p.queryBias)
                .view({G, R, B, n, f})
                .permute({2, 0, 1, 3, 4})
                .reshape({B, G, R * n, f});
        const at::Tensor normed = heldOf(layer.normed);
        const at::Tensor gate = at::sigmoid(at::linear(normed.to(wide), p.writeU, p.writeC));
        const at::Tensor written =
            (features(student.withAddition(heldOf(layer.key), normed, p.keyDown, p.keyUp),
                      p.keyFeature, p.keyBias) *
             gate.transpose(0, 1).unsqueeze(2))
                .view({G, B, held, f})
                .permute({1, 0, 3, 2}); // (B, G, f, held)
        const at::Tensor weight = asked.matmul(written).view({B, G, R, n, held});
        if (!choices.rows.empty()) {
            told.push_back(choices.told(weight.detach()));
        }
        const at::Tensor logs =
            weight.clamp_min(kLeast).log() - weight.sum(-1, true).clamp_min(kLeast).log();
        const at::Tensor part = -(wanted * logs).sum();
        cross = cross.defined() ? cross + part : part;
    }
    AttentionLoss loss;
    loss.value = cross / all;
    loss.divergence = loss.value.item<double>() - own / all;
    if (!told.empty()) {
        loss.told = at::stack(told);
        loss.toldByBase = at::stack(toldByBase);
        loss.toldByChance = choices.byChance();
    }
    return loss;
}

} // namespace engine::adapt
