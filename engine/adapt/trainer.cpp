#include "engine/adapt/trainer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>

#include "engine/adapt/adjoint.h"
#include "engine/adapt/attention_transfer.h"
#include "engine/adapt/tensor_file.h"
#include "engine/adapt/training_checkpoint.h"

namespace engine::adapt {

namespace {

constexpr std::size_t kBankSteps = 8;  ///< whose distractors can be replayed
constexpr double kTwoSegments = 0.15;  ///< of needle batches
constexpr double kDepthGrowth = 1.6;   ///< of a ceiling
constexpr double kAccuracyDrop = 0.12; ///< of the running accuracy, at a raise below what passes
constexpr double kAccuracyRate = 0.15; ///< of the running accuracy
constexpr std::int64_t kFullCount = 8; ///< deep samples that make a step count in full
constexpr std::int64_t kFound = 8;     ///< depth of keys at which they are taken to be found
constexpr double kNamedFirst = 0.4, kNamedShare = 0.7; ///< of a batch, at first and in the end
/// Of named needles: the others stand in other segments, as in a book they do. Names that stand in
/// one segment are learnt long before these.
constexpr double kApartShare = 0.75;
constexpr std::int64_t kGroupSizes[] = {2, 3, 4,
                                        4, 8, 16}; ///< needles apart that are read together
/// Of a needle: until names are told apart, then, then in longer segments.
constexpr std::int64_t kFirstNames = 2, kNames = 4, kLaterNames = 8;
constexpr int kQuestions = 4; ///< of a text, once numbers are found at some depth
/// Weight of a named number's first digit: the others follow from the digits before them whoever's
/// number it is, and only this one tells names apart.
constexpr double kFirstDigit = 4;
constexpr double kNamedFull = 1000; ///< depth of keys at which their share is full
/// Of the gates' learning rate, where more than they is trained: gates that were quick to open took
/// the place of the very heads that copy from the text before them, and what is written and added
/// can grow instead.
constexpr double kGateSlowness = 0.3;
constexpr double kTransferShare = 0.4, kTransferRate = 3; ///< of a training; of the rates in it
constexpr std::int64_t kTransferQuestion = 256;           ///< tokens at most
constexpr std::int64_t kTeacherTokens = 64;  ///< of the base's distribution, the likeliest
constexpr std::int64_t kQuestionTokens = 24; ///< about, with the answer
constexpr std::int64_t kRowStep = 32;        ///< logits come in multiples: sizes are prepared for
constexpr std::size_t kTracks = 8;           ///< books that are read side by side
constexpr double kNewTrack = 0.1;            ///< chance that a batch begins another book
constexpr std::int64_t kLeastSegments = 3;   ///< of a book batch
constexpr double kPlainQuotes = 0.35, kQuotesFromMemory = 0.5; ///< of batches of quotes; sums
constexpr double kFactShare = 0.75;                            ///< of questions in the chat
constexpr double kNumbersRead = 0.75;                          ///< of batches beside a passage

/// Book text before a question, in tokens: at first, and once keys are found at some depth.
constexpr std::int64_t kFirstContexts[] = {1, 1, 8, 24};
constexpr std::int64_t kContexts[] = {1,  1,  1,  1,  1,   1,   8,   8,   8,  24,
                                      24, 24, 64, 64, 128, 256, 256, 512, 960};

constexpr const char* kFormat = "infolio-adapter-checkpoint";

at::Tensor doubles(const std::vector<double>& values) {
    return at::tensor(values, at::TensorOptions().dtype(at::kDouble));
}

/// Rows with a loss, and the token of each; as many as a multiple of kRowStep, those behind the
/// first `count` without one.
struct Chosen {
    at::Tensor rows, tokens;
    std::int64_t count = 0;
};

Chosen inSteps(std::vector<std::int64_t> rows, std::vector<std::int64_t> tokens,
               at::Device device) {
    constexpr std::int64_t kIgnored = -100; // of at::cross_entropy_loss
    const std::int64_t count = std::ssize(rows);
    while (std::ssize(rows) % kRowStep != 0) {
        rows.push_back(rows.front());
        tokens.push_back(kIgnored);
    }
    return {at::tensor(rows).to(device), at::tensor(tokens).to(device), count};
}

/// Which needles the memory of each sample holds, (B, B): its own, and those of its group;
/// undefined: everyone has its own.
at::Tensor readTogether(const NeedleWish& wish) {
    const std::int64_t B = std::ssize(wish.kinds);
    at::Tensor weights = at::eye(B, at::TensorOptions().dtype(at::kDouble));
    bool isAny = false;
    for (std::int64_t b = 0; b < B; ++b) {
        for (std::int64_t other = 0; other < B; ++other) {
            const auto isApart = [&](std::int64_t i) {
                return wish.kinds[static_cast<std::size_t>(i)] == NeedleKind::Apart;
            };
            if (other != b && isApart(b) && isApart(other) &&
                wish.groups[static_cast<std::size_t>(b)] ==
                    wish.groups[static_cast<std::size_t>(other)]) {
                weights[b][other] = 1;
                isAny = true;
            }
        }
    }
    return isAny ? weights : at::Tensor();
}

void append(NamedTensors& tensors, const std::string& name, const MemoryState& state) {
    for (std::size_t i = 0; i < state.size(); ++i) {
        tensors.emplace_back(name + ".M." + std::to_string(i), state[i].M);
        tensors.emplace_back(name + ".z." + std::to_string(i), state[i].z);
    }
}

} // namespace

std::int64_t Recipe::leastTokens() const {
    std::int64_t needle = needleTokens;
    for (const std::int64_t N : laterNeedleTokens) {
        needle = std::max(needle, N);
    }
    std::int64_t least =
        std::max({2 * needle + longestContext, bookRows, heldTokens + kTransferQuestion});
    for (const std::int64_t N : bookTokens) {
        least = std::max(least, kLeastSegments * N);
    }
    return least + 1;
}

void Depth::learn(double accuracyOfStep, std::int64_t samples, std::int64_t deepest) {
    const double weight =
        std::min(1.0, static_cast<double>(samples) / static_cast<double>(kFullCount));
    accuracy += kAccuracyRate * weight * (accuracyOfStep - accuracy);
    if (accuracy > passes && ceiling < deepest) {
        ceiling = std::min(
            static_cast<std::int64_t>(static_cast<double>(ceiling) * kDepthGrowth) + 1, deepest);
        accuracy = passes - kAccuracyDrop;
    }
}

double Depth::draw(Random& random) const {
    const auto most = static_cast<double>(ceiling);
    if (ceiling == 0 || random.chance(0.2)) {
        return 0;
    }
    return random.chance(0.5) ? random.uniform(0.5 * most, most)
                              : std::exp2(random.uniform(0, std::log2(most + 1)));
}

Trainer::Trainer(std::shared_ptr<const model::Weights> weights, const model::Tokenizer& tokenizer,
                 const Corpus& corpus, const AdapterShape& shape, Parameters parameters,
                 const Recipe& recipe, std::uint64_t seed)
    : m_tokenizer(tokenizer), m_corpus(corpus), m_recipe(recipe), m_weights(weights),
      m_student(std::move(weights), shape), m_parameters(parameters.on(m_student.device())),
      m_optimizer(m_parameters), m_random(seed + 1) {
    if (recipe.gatesOnly) {
        m_parameters.keepOnlyGates();
        return;
    }
    for (Parameter& parameter : m_parameters.all) {
        if (parameter.name == "beta" || parameter.name == "beta_pos") {
            parameter.rate *= kGateSlowness;
        }
    }
}

MemoryState Trainer::replay(double segments) const {
    if (segments <= 0 || m_bank.empty()) {
        return {};
    }
    const MemoryState& any =
        m_bank[static_cast<std::size_t>(m_random.below(static_cast<std::int64_t>(m_bank.size())))];
    return scaled(any, doubles({segments}));
}

std::vector<std::int64_t> Trainer::groupsOf(const std::vector<NeedleKind>& kinds) {
    std::vector<std::int64_t> groups;
    std::int64_t group = 0, left = 0;
    for (const NeedleKind kind : kinds) {
        if (kind == NeedleKind::Apart && left == 0) {
            ++group;
            left = m_named.ceiling == 0 ? kFirstNames
                                        : kGroupSizes[m_random.below(std::ssize(kGroupSizes))];
        }
        left -= kind == NeedleKind::Apart;
        groups.push_back(group);
    }
    return groups;
}

std::int64_t Trainer::contextTokens() {
    const std::int64_t tokens = m_keys.ceiling < kFound
                                    ? kFirstContexts[m_random.below(std::ssize(kFirstContexts))]
                                    : kContexts[m_random.below(std::ssize(kContexts))];
    return std::min(tokens, m_recipe.longestContext);
}

void Trainer::needleBatch(StepReport& report, Gauges* gauges) {
    const bool isDeep = m_keys.ceiling > 0;
    const auto& lengths = m_recipe.laterNeedleTokens;
    NeedleWish wish;
    wish.segmentTokens = m_keys.ceiling < kFound || lengths.empty()
                             ? m_recipe.needleTokens
                             : lengths[static_cast<std::size_t>(
                                   m_random.below(static_cast<std::int64_t>(lengths.size())))];
    // Of longer segments fewer: the rows of a step stay the same.
    const double units =
        static_cast<double>(wish.segmentTokens) / static_cast<double>(m_recipe.needleTokens);
    const auto fewer = [&](std::int64_t count, std::int64_t least) {
        return std::min(
            count, std::max(least, static_cast<std::int64_t>(static_cast<double>(count) / units)));
    };
    wish.names = m_named.ceiling == 0 ? kFirstNames : units > 1 ? kLaterNames : kNames;
    wish.questions = isDeep ? kQuestions : 1;
    wish.endsAnswers = isDeep;
    wish.contextTokens = contextTokens();
    wish.segments = isDeep && m_random.chance(kTwoSegments) ? 2 : 1;
    const std::int64_t B = std::min(
        fewer(m_recipe.batch, 4),
        std::clamp<std::int64_t>(m_recipe.questionRows /
                                     (wish.contextTokens + kQuestionTokens * wish.questions),
                                 std::min<std::int64_t>(2, m_recipe.batch), m_recipe.batch));
    const double way =
        std::min(1.0, std::log(static_cast<double>(m_keys.ceiling) + 1) / std::log(kNamedFull));
    const double namedShare = kNamedFirst + (kNamedShare - kNamedFirst) * way;
    std::vector<double> behind, fraction;
    std::vector<bool> isNamed;
    for (std::int64_t b = 0; b < B; ++b) {
        isNamed.push_back(m_random.chance(namedShare));
        const bool isApart = isNamed.back() && m_random.chance(kApartShare);
        wish.kinds.push_back(isApart          ? NeedleKind::Apart
                             : isNamed.back() ? NeedleKind::Named
                                              : NeedleKind::PassKey);
        behind.push_back((isNamed.back() ? m_named : m_keys).draw(m_random));
        fraction.push_back(behind.back() * m_random.uniform());
    }
    wish.groups = groupsOf(wish.kinds);
    const NeedleBatch needles = makeNeedles(wish, m_corpus.train, m_tokenizer, m_random);

    const auto views = m_parameters.layers();
    MemoryState memory, seen;
    if (isDeep) {
        std::vector<std::vector<std::int32_t>> pieces;
        for (std::int64_t i = 0; i < fewer(m_recipe.distractors, 2); ++i) {
            pieces.push_back(Corpus::piece(m_corpus.train, m_random, wish.segmentTokens));
        }
        const double before[] = {0, 0, 2, static_cast<double>(m_keys.ceiling)};
        const MemoryState mean =
            scaled(meanOf(m_student
                              .memoryLayers(views, m_student.lower(idRows(pieces)),
                                            replay(before[m_random.below(4)]), {},
                                            Student::Want::IncrementOfGivenRows)
                              .increment),
                   doubles({1 / units}));
        m_bank.push_back(detached(mean));
        if (m_bank.size() > kBankSteps) {
            m_bank.erase(m_bank.begin());
        }
        seen = scaled(m_bank.back(), doubles(fraction));
        memory = scaled(mean, doubles(behind));
    }
    const at::Tensor read = readTogether(wish);
    at::Tensor nonEmpty = doubles(fraction) > 0;
    for (const at::Tensor& segment : needles.segments) {
        const MemoryState increment =
            m_student
                .memoryLayers(views, m_student.lower(segment), seen, nonEmpty,
                              Student::Want::IncrementOfGivenRows, gauges)
                .increment;
        memory = sum(memory, read.defined() ? mixed(increment, read) : increment);
        seen = sum(seen, increment);
        nonEmpty = at::Tensor();
    }
    const at::Tensor x = m_student.upper(m_student
                                             .memoryLayers(views, m_student.lower(needles.question),
                                                           memory, {}, Student::Want::Rows, gauges)
                                             .x);
    std::vector<std::int64_t> answerRows = needles.rows, answerTokens = needles.tokens;
    answerRows.insert(answerRows.end(), needles.endRows.begin(), needles.endRows.end());
    answerTokens.insert(answerTokens.end(), needles.endTokens.begin(), needles.endTokens.end());
    const Chosen chosen =
        inSteps(std::move(answerRows), std::move(answerTokens), m_student.device());
    const at::Tensor rows = x.view({-1, x.size(2)}).index_select(0, chosen.rows);
    const at::Tensor logits = m_student.logits(rows), tokens = chosen.tokens;
    std::vector<double> weights;
    for (std::size_t i = 0; i < needles.samples.size(); ++i) {
        const bool tellsNames =
            needles.digits[i] == 0 && isNamed[static_cast<std::size_t>(needles.samples[i])];
        weights.push_back(tellsNames ? kFirstDigit : 1);
    }
    weights.resize(weights.size() + needles.endRows.size(), 1);
    weights.resize(static_cast<std::size_t>(tokens.size(0)), 0);
    const at::Tensor weight = doubles(weights).to(logits.device(), logits.scalar_type());
    const at::Tensor loss =
        (at::cross_entropy_loss(logits, tokens, {}, at::Reduction::None) * weight).sum() /
        weight.sum();
    loss.backward();

    const at::Tensor right = (at::argmax(logits, -1) == tokens).to(at::kCPU, at::kDouble);
    const Answered result = answered(needles, right);
    double deep[2] = {0, 0};
    std::int64_t count[2] = {0, 0};
    for (std::size_t b = 0; b < isNamed.size(); ++b) {
        const Depth& depth = isNamed[b] ? m_named : m_keys;
        if (behind[b] >= 0.5 * static_cast<double>(depth.ceiling)) {
            deep[isNamed[b]] += isNamed[b] ? result.wholeOfSample[b] : result.ofSample[b];
            ++count[isNamed[b]];
        }
    }
    for (const bool named : {false, true}) {
        if (count[named] > 0) {
            (named ? m_named : m_keys)
                .learn(deep[named] / static_cast<double>(count[named]), count[named],
                       m_recipe.deepest);
        }
    }
    report.hasNeedles = true;
    report.needleLoss = loss.item<double>();
    report.tokenAccuracy = result.digits;
    report.exact = result.exact;
}

at::Tensor Taught::divergence(const at::Tensor& logits) const {
    const at::Tensor own =
        at::log_softmax(logits.narrow(0, 0, logs.size(0)), -1).gather(-1, tokens);
    // Without the rest, whatever moves its share to the named tokens would be a gain.
    constexpr double kLeastRest = 1e-6;
    const auto rest = [](const at::Tensor& named) {
        return (1 - named.exp().sum(-1)).clamp_min(kLeastRest).log();
    };
    const at::Tensor taughtRest = rest(logs);
    return ((logs.exp() * (logs - own)).sum(-1) + taughtRest.exp() * (taughtRest - rest(own)))
        .mean();
}

Taught Trainer::taught(const at::Tensor& x, const at::Tensor& rows, std::int64_t count) const {
    const c10::NoGradGuard none;
    const at::Tensor chosen = x.reshape({-1, x.size(2)}).index_select(0, rows);
    Taught result;
    std::tie(result.logs, result.tokens) = at::topk(
        at::log_softmax(m_student.logits(chosen).narrow(0, 0, count), -1), kTeacherTokens, -1);
    return result;
}

bool Trainer::hasBook() const {
    const std::int64_t every = isDeepest() ? m_recipe.laterBookEvery : m_recipe.bookEvery;
    return m_recipe.gatesOnly || (m_step > 0 && m_step % every == 0);
}

bool Trainer::hasQuotes() const {
    const std::int64_t every = isDeepest() ? m_recipe.laterQuoteEvery : m_recipe.quoteEvery;
    return !m_recipe.gatesOnly && !m_tracks.empty() && m_step % every == every - 1;
}

Track& Trainer::trackOf(std::int64_t tokens) {
    Track& track = m_tracks.size() < kTracks
                       ? m_tracks.emplace_back()
                       : m_tracks[static_cast<std::size_t>(m_random.below(std::ssize(m_tracks)))];
    const auto length = [&] { return std::ssize(m_corpus.train[track.text].ids); };
    if (track.memory.empty() || m_random.chance(kNewTrack) || track.next + tokens > length()) {
        track.text = static_cast<std::size_t>(
            m_random.below(static_cast<std::int64_t>(m_corpus.train.size())));
        track.next = m_random.below(length() - tokens + 1);
        track.memory.clear();
    }
    return track;
}

void Trainer::bookBatch(StepReport& report) {
    const std::int64_t N = m_recipe.bookTokens[static_cast<std::size_t>(
        m_random.below(static_cast<std::int64_t>(m_recipe.bookTokens.size())))];
    const std::int64_t S = std::max<std::int64_t>(kLeastSegments, m_recipe.bookRows / N);
    Track& track = trackOf(S * N);
    const auto& all = m_corpus.train[track.text].ids;
    const at::Tensor ids = idRows({{all.begin() + track.next, all.begin() + track.next + S * N}});
    track.next += S * N;
    Segments segments;
    // A book of which more was read, as far as a linear memory can tell.
    const double times[] = {1, 1, 2, 8};
    segments.start = scaled(track.memory, doubles({times[m_random.below(std::ssize(times))]}));
    segments.wantsWritten = true;
    segments.hasLoss = [&](std::size_t s) { return s > 0 || !segments.start.empty(); };
    const auto losses = static_cast<double>(segments.start.empty() ? S - 1 : S);
    std::vector<Chosen> chosen(static_cast<std::size_t>(S));
    std::vector<Taught> teacher(chosen.size());
    // Behind its context the base model teaches nothing, and nothing in the first segment, of which
    // it saw no more than the segment itself: it would teach to leave the memory alone.
    const std::int64_t taughtSegments =
        m_recipe.klWeight > 0 ? std::min(S, m_weights->config.contextTokens / N) : 0;
    const at::Tensor full = taughtSegments > 1 // (1, taughtSegments·N, E)
                                ? m_student.base(ids.narrow(1, 0, taughtSegments * N))
                                : at::Tensor();
    for (std::int64_t s = 0; s < S; ++s) {
        const at::Tensor segment = ids.narrow(1, s * N, N).contiguous();
        segments.rows.push_back(m_student.lower(segment));
        if (!segments.hasLoss(static_cast<std::size_t>(s))) {
            continue;
        }
        const std::vector<std::int64_t> rows = rowsWithLoss(N, m_random);
        std::vector<std::int64_t> tokens;
        const auto* const values = segment.const_data_ptr<std::int64_t>();
        for (const std::int64_t row : rows) {
            tokens.push_back(values[row + 1]);
        }
        chosen[s] = inSteps(rows, std::move(tokens), m_student.device());
        if (s > 0 && s < taughtSegments) {
            teacher[s] = taught(full.narrow(1, s * N, N), chosen[s].rows, chosen[s].count);
        }
    }
    double nats = 0;
    segments.loss = [&](std::size_t s, const at::Tensor& x) {
        const at::Tensor logits =
            m_student.logits(m_student.upper(x)[0].index_select(0, chosen[s].rows));
        at::Tensor loss = at::cross_entropy_loss(logits, chosen[s].tokens);
        nats += loss.item<double>() / losses;
        if (teacher[s].logs.defined()) {
            loss = loss + teacher[s].divergence(logits) * m_recipe.klWeight;
        }
        return loss * (m_recipe.bookWeight / losses);
    };
    track.memory =
        sum(track.memory, backThroughSegments(m_student, m_parameters, segments).written);
    report.hasBook = true;
    report.bookLoss = nats;
}

void Trainer::quoteBatch(StepReport& report) {
    const double draw = m_random.uniform();
    QuoteWish wish;
    wish.form = draw < kPlainQuotes        ? QuoteForm::Plain
                : draw < kQuotesFromMemory ? QuoteForm::Chat
                                           : QuoteForm::ChatWithPassage;
    const bool isDisturbance = wish.form == QuoteForm::ChatWithPassage;
    wish.asksFacts = wish.form != QuoteForm::Plain && m_random.chance(kFactShare);
    const std::int64_t B = std::max<std::int64_t>(1, m_recipe.batch / (isDisturbance ? 16 : 2));
    const double times[] = {1, 4, 16};
    std::vector<MemoryState> books;
    std::vector<double> shares, numbers;
    for (std::int64_t b = 0; b < B; ++b) {
        const Track& track =
            m_tracks[static_cast<std::size_t>(m_random.below(std::ssize(m_tracks)))];
        wish.texts.push_back(&m_corpus.train[track.text]);
        books.push_back(track.memory);
        shares.push_back(m_random.chance(0.3) ? 1.0 : m_random.uniform());
        numbers.push_back(times[m_random.below(std::ssize(times))]);
    }
    if (isDisturbance && m_random.chance(kNumbersRead)) {
        wish.numberTokens = m_recipe.bookTokens[static_cast<std::size_t>(
            m_random.below(static_cast<std::int64_t>(m_recipe.bookTokens.size())))];
    }
    const QuoteBatch quotes = makeQuotes(wish, m_tokenizer, m_random);
    if (quotes.tokens.empty()) {
        return;
    }
    const Chosen chosen = inSteps(quotes.memoryRows, quotes.tokens, m_student.device());
    const Taught teacher =
        taught(m_student.base(quotes.withText),
               inSteps(quotes.textRows, quotes.tokens, m_student.device()).rows, chosen.count);
    const auto views = m_parameters.layers();
    MemoryState memory = scaled(joined(books), doubles(shares));
    const auto written = [&](const at::Tensor& ids) {
        return m_student
            .memoryLayers(views, m_student.lower(ids), memory, {},
                          Student::Want::IncrementOfGivenRows)
            .increment;
    };
    if (quotes.numbers.defined()) {
        memory = sum(memory, scaled(written(quotes.numbers), doubles(numbers)));
    }
    memory = sum(memory, written(quotes.passages));
    const at::Tensor x =
        m_student.upper(m_student
                            .memoryLayers(views, m_student.lower(quotes.memoryOnly), memory, {},
                                          Student::Want::Rows)
                            .x);
    const at::Tensor logits =
        m_student.logits(x.view({-1, x.size(2)}).index_select(0, chosen.rows));
    const at::Tensor divergence = teacher.divergence(logits);
    at::Tensor loss = divergence * m_recipe.klWeight;
    if (!isDisturbance && !wish.asksFacts) {
        loss = loss + at::cross_entropy_loss(logits, chosen.tokens);
    }
    (loss * m_recipe.quoteWeight).backward();
    report.hasQuotes = true;
    report.quoteLoss = divergence.item<double>();
}

void Trainer::transferBatch(StepReport& report, double weight) {
    AttentionWish wish;
    wish.heldTokens = m_recipe.heldTokens;
    const AttentionBatch batch = makeAttentionBatch(wish, m_corpus.train, m_tokenizer, m_random);
    const AttentionLoss loss = attentionLoss(m_student, m_parameters.layers(), batch);
    (loss.value * weight).backward();
    report.hasTransfer = true;
    report.transferLoss = loss.divergence;
    report.told = loss.told;
    report.toldByBase = loss.toldByBase;
    report.toldByChance = loss.toldByChance;
}

StepReport Trainer::step(double progress, bool wantsGauges) {
    StepReport report;
    m_parameters.clearGradients();
    const bool isTransfer =
        !m_recipe.gatesOnly && m_step < m_recipe.transferSteps && progress < kTransferShare;
    if (isTransfer) {
        transferBatch(report, 1);
    } else {
        if (!m_recipe.gatesOnly) {
            needleBatch(report, wantsGauges ? &report.gauges : nullptr);
        }
        if (hasBook()) {
            bookBatch(report);
        }
        if (hasQuotes()) {
            quoteBatch(report);
        }
        if (!m_recipe.gatesOnly && m_recipe.transferEvery > 0 &&
            m_step % m_recipe.transferEvery == 0) {
            transferBatch(report, m_recipe.transferWeight);
        }
    }
    report.gradientNorm = m_parameters.gradientNorm();
    ++m_step;
    const double share =
        rateShare(m_step, m_recipe.warmUp, progress) * (isTransfer ? kTransferRate : 1.0);
    if (std::isfinite(report.gradientNorm)) {
        m_optimizer.step(m_parameters, report.gradientNorm, m_recipe.clip, share);
    } else {
        report.isSkipped = true;
    }
    m_parameters.clearGradients();

    const c10::NoGradGuard none;
    const at::Tensor gates = at::sigmoid(m_parameters["beta"]);
    report.step = m_step;
    report.keyCeiling = m_keys.ceiling;
    report.namedCeiling = m_named.ceiling;
    report.keyAccuracy = m_keys.accuracy;
    report.namedAccuracy = m_named.accuracy;
    report.gateMean = gates.mean().item<double>();
    report.gateLeast = gates.min().item<double>();
    report.gateMost = gates.max().item<double>();
    report.slope = m_parameters["beta_pos"].mean().item<double>();
    return report;
}

void Trainer::beginAt(std::int64_t keys, std::int64_t named) {
    m_keys.ceiling = std::min(keys, m_recipe.deepest);
    m_named.ceiling = std::min(named, m_recipe.deepest);
}

std::map<std::string, std::string> Trainer::identity() const {
    const AdapterShape& shape = m_student.shape();
    return {{"format", kFormat},
            {"version", "3"},
            {"base_sha256", m_weights->sha256},
            {"data_sha256", m_corpus.sha256},
            {"held_out_sha256", m_corpus.devSha256},
            {"layers", std::to_string(shape.firstLayer) + "-" + std::to_string(shape.lastLayer)},
            {"f", std::to_string(shape.features)},
            {"rank", std::to_string(shape.rank)},
            {"alpha", exactNumber(shape.alpha)},
            {"eps", exactNumber(shape.epsilon)},
            {"kl", exactNumber(m_recipe.klWeight)},
            {"stage", m_recipe.gatesOnly ? "gates" : "all"}};
}

std::string Trainer::checkpoint(const std::map<std::string, std::string>& notes) const {
    Checkpoint result(identity(), notes, m_step, m_parameters, m_optimizer, m_random);
    Fields& fields = result.fields;
    fields["transfer_steps"] = std::to_string(m_recipe.transferSteps);
    fields["keys_ceiling"] = std::to_string(m_keys.ceiling);
    fields["keys_accuracy"] = exactNumber(m_keys.accuracy);
    fields["named_ceiling"] = std::to_string(m_named.ceiling);
    fields["named_accuracy"] = exactNumber(m_named.accuracy);
    fields["bank"] = std::to_string(m_bank.size());
    for (std::size_t s = 0; s < m_bank.size(); ++s) {
        append(result.tensors, "bank." + std::to_string(s), m_bank[s]);
    }
    fields["tracks"] = std::to_string(m_tracks.size());
    for (std::size_t i = 0; i < m_tracks.size(); ++i) {
        const std::string track = "track." + std::to_string(i);
        fields[track + ".text"] = std::to_string(m_tracks[i].text);
        fields[track + ".next"] = std::to_string(m_tracks[i].next);
        append(result.tensors, track, m_tracks[i].memory);
    }
    return result.bytes();
}

AdapterShape Trainer::shapeOf(std::string_view bytes, const std::string& path) {
    const auto stored = StoredCheckpoint::parse(bytes, path);
    const std::string layers = stored.field("layers");
    if (stored.field("format") != kFormat || layers.empty()) {
        stored.refuse("this is no checkpoint of an adapter");
    }
    AdapterShape shape;
    if (std::sscanf(layers.c_str(), "%ld-%ld", &shape.firstLayer, &shape.lastLayer) != 2) {
        stored.refuse("the layers of this checkpoint are \"" + layers + "\"");
    }
    shape.features = stored.integer("f");
    shape.rank = stored.integer("rank");
    shape.alpha = stored.real("alpha");
    shape.epsilon = stored.real("eps");
    return shape;
}

std::map<std::string, std::string> Trainer::restore(std::string_view bytes,
                                                    const std::string& path) {
    const auto stored = StoredCheckpoint::parse(bytes, path);
    stored.require(identity());
    const model::Config& config = m_student.config();
    const AdapterShape& shape = m_student.shape();
    const auto memory = [&](const std::string& name) {
        MemoryState state;
        for (std::int64_t i = 0; i < shape.layers(); ++i) {
            const auto part = [&](const char* which, const std::vector<std::int64_t>& sizes) {
                return stored.tensor(name + which + std::to_string(i), sizes)
                    .to(m_student.device(), m_student.wide());
            };
            state.push_back({part(".M.", {config.kvHeads, 1, shape.features, config.headWidth}),
                             part(".z.", {config.kvHeads, 1, shape.features})});
        }
        return state;
    };
    const std::int64_t banked = stored.integer("bank");
    std::vector<MemoryState> bank;
    for (std::int64_t s = 0; s < banked; ++s) {
        bank.push_back(memory("bank." + std::to_string(s)));
    }
    const std::int64_t trackCount = stored.integer("tracks");
    std::vector<Track> tracks;
    for (std::int64_t i = 0; i < trackCount; ++i) {
        const std::string track = "track." + std::to_string(i);
        const std::int64_t text = stored.integer(track + ".text"),
                           next = stored.integer(track + ".next");
        if (text < 0 || text >= std::ssize(m_corpus.train) || next < 0) {
            stored.refuse("the book " + track + " of this checkpoint is none of the texts");
        }
        tracks.push_back({static_cast<std::size_t>(text), next, memory(track)});
    }
    const std::int64_t transferSteps = stored.integer("transfer_steps");
    const std::int64_t keyCeiling = stored.integer("keys_ceiling"),
                       namedCeiling = stored.integer("named_ceiling");
    const double keyAccuracy = stored.real("keys_accuracy"),
                 namedAccuracy = stored.real("named_accuracy");
    stored.restore(m_step, m_parameters, m_optimizer, m_random);
    m_recipe.transferSteps = transferSteps;
    m_keys.ceiling = keyCeiling;
    m_keys.accuracy = keyAccuracy;
    m_named.ceiling = namedCeiling;
    m_named.accuracy = namedAccuracy;
    m_bank = std::move(bank);
    m_tracks = std::move(tracks);
    return stored.notes();
}

} // namespace engine::adapt
