#include "engine/adapt/trainer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <tuple>

#include "engine/adapt/adjoint.h"
#include "engine/adapt/tensor_file.h"
#include "engine/error.h"
#include "engine/model/safetensors.h"

namespace engine::adapt {

namespace {

constexpr std::size_t kBankSteps = 8;  ///< whose distractors can be replayed
constexpr double kTwoSegments = 0.15;  ///< of needle batches
constexpr double kDepthGrowth = 1.6;   ///< of a ceiling
constexpr double kAccuracyAfter = 0.8; ///< a raise
constexpr double kAccuracyRate = 0.15; ///< of the running accuracy
constexpr std::int64_t kFullCount = 8; ///< deep samples that make a step count in full
constexpr std::int64_t kNamedFrom = 8; ///< depth of keys at which named needles begin
constexpr double kNamedFirst = 0.15, kNamedShare = 0.5; ///< of a batch, at first and in the end
constexpr double kNamedFull = 1000; ///< depth of keys at which their share is full
constexpr double kDecayFrom = 0.6, kLeastShare = 0.05; ///< of the learning rate
constexpr std::int64_t kEarlyRows = 64;                ///< of a segment, which are weighted more
constexpr double kEarlyShare = 0.7, kLateShare = 0.25; ///< of rows that have a loss
constexpr std::int64_t kTeacherTokens = 64; ///< of the base's distribution, the likeliest

std::string exactNumber(double value) {
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%.17g", value);
    return buffer;
}

at::Tensor doubles(const std::vector<double>& values) {
    return at::tensor(values, at::TensorOptions().dtype(at::kDouble));
}

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
    throw Error(Code::BadWeights, path + ": " + what +
                                      "; go on with the model, texts and options that began it, "
                                      "or begin anew");
}

double realOf(const std::map<std::string, std::string>& fields, const std::string& name,
              const std::string& path) {
    const auto found = fields.find(name);
    double value = 0;
    if (found != fields.end()) {
        const char* const end = found->second.data() + found->second.size();
        const auto [stopped, error] = std::from_chars(found->second.data(), end, value);
        if (error == std::errc() && stopped == end) {
            return value;
        }
    }
    refuse(path, "the field " + name + " of this checkpoint is missing or no number");
}

std::int64_t integerOf(const std::map<std::string, std::string>& fields, const std::string& name,
                       const std::string& path) {
    return static_cast<std::int64_t>(realOf(fields, name, path));
}

} // namespace

std::int64_t Recipe::leastTokens() const {
    std::int64_t least = 2 * needleTokens + longestContext;
    for (const std::int64_t N : bookTokens) {
        least = std::max(least, 4 * N);
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
        accuracy = kAccuracyAfter;
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
      m_student(std::move(weights), shape), m_parameters(std::move(parameters)),
      m_optimizer(m_parameters), m_random(seed + 1) {
    if (recipe.gatesOnly) {
        m_parameters.keepOnlyGates();
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

std::int64_t Trainer::contextTokens() {
    const double draw = m_random.uniform();
    const std::int64_t most = m_recipe.longestContext;
    std::int64_t tokens = 1;
    if (m_keys.ceiling < kNamedFrom) {
        tokens = draw < 0.5 ? 1 : draw < 0.75 ? 8 : 24;
    } else if (draw < 0.8) {
        tokens = draw < 0.3 ? 1 : m_random.between(2, 24);
    } else {
        tokens = draw < 0.92 ? m_random.between(25, 128) : m_random.between(129, 512);
    }
    return std::min(tokens, most);
}

void Trainer::needleBatch(StepReport& report, Gauges* gauges) {
    const bool isDeep = m_keys.ceiling > 0;
    NeedleWish wish;
    wish.segmentTokens = m_recipe.needleTokens;
    wish.contextTokens = contextTokens();
    wish.segments = isDeep && m_random.chance(kTwoSegments) ? 2 : 1;
    const std::int64_t B =
        std::clamp<std::int64_t>(m_recipe.questionRows / (wish.contextTokens + 24),
                                 std::min<std::int64_t>(4, m_recipe.batch), m_recipe.batch);
    double namedShare = 0;
    if (m_keys.ceiling >= kNamedFrom) {
        const double way =
            std::min(1.0, std::log(static_cast<double>(m_keys.ceiling)) / std::log(kNamedFull));
        namedShare = kNamedFirst + (kNamedShare - kNamedFirst) * way;
    }
    std::vector<double> behind, fraction;
    std::vector<bool> isNamed;
    for (std::int64_t b = 0; b < B; ++b) {
        isNamed.push_back(m_random.chance(namedShare));
        wish.kinds.push_back(isNamed.back() ? NeedleKind::Named : NeedleKind::PassKey);
        behind.push_back((isNamed.back() ? m_named : m_keys).draw(m_random));
        fraction.push_back(behind.back() * m_random.uniform());
    }
    const NeedleBatch needles = makeNeedles(wish, m_corpus.train, m_tokenizer, m_random);

    const auto views = m_parameters.layers();
    MemoryState memory, seen;
    if (isDeep) {
        std::vector<std::vector<std::int32_t>> pieces;
        for (std::int64_t i = 0; i < m_recipe.distractors; ++i) {
            pieces.push_back(Corpus::piece(m_corpus.train, m_random, m_recipe.needleTokens));
        }
        const double before[] = {0, 0, 2, static_cast<double>(m_keys.ceiling)};
        const MemoryState mean = meanOf(m_student
                                            .memoryLayers(views, m_student.lower(idRows(pieces)),
                                                          replay(before[m_random.below(4)]), {},
                                                          Student::Want::IncrementOfGivenRows)
                                            .increment);
        m_bank.push_back(detached(mean));
        if (m_bank.size() > kBankSteps) {
            m_bank.erase(m_bank.begin());
        }
        seen = scaled(m_bank.back(), doubles(fraction));
        memory = scaled(mean, doubles(behind));
    }
    at::Tensor nonEmpty = doubles(fraction) > 0;
    for (const at::Tensor& segment : needles.segments) {
        const MemoryState increment =
            m_student
                .memoryLayers(views, m_student.lower(segment), seen, nonEmpty,
                              Student::Want::IncrementOfGivenRows, gauges)
                .increment;
        memory = sum(memory, increment);
        seen = sum(seen, increment);
        nonEmpty = at::Tensor();
    }
    const at::Tensor x = m_student.upper(m_student
                                             .memoryLayers(views, m_student.lower(needles.question),
                                                           memory, {}, Student::Want::Rows, gauges)
                                             .x);
    const at::Tensor rows = x.view({-1, x.size(2)}).index_select(0, at::tensor(needles.rows));
    const at::Tensor logits = m_student.logits(rows), tokens = at::tensor(needles.tokens);
    const at::Tensor loss = at::cross_entropy_loss(logits, tokens);
    loss.backward();

    const at::Tensor right = (at::argmax(logits, -1) == tokens).to(at::kDouble);
    const double* const isRight = right.const_data_ptr<double>();
    std::vector<double> hits(static_cast<std::size_t>(B)), digits(static_cast<std::size_t>(B));
    double all = 0, exact = 0;
    for (std::size_t i = 0; i < needles.samples.size(); ++i) {
        const auto b = static_cast<std::size_t>(needles.samples[i]);
        hits[b] += isRight[i];
        digits[b] += 1;
        all += isRight[i];
    }
    double deep[2] = {0, 0};
    std::int64_t count[2] = {0, 0};
    for (std::size_t b = 0; b < hits.size(); ++b) {
        exact += hits[b] == digits[b];
        const Depth& depth = isNamed[b] ? m_named : m_keys;
        if (behind[b] >= 0.5 * static_cast<double>(depth.ceiling)) {
            deep[isNamed[b]] += hits[b] / digits[b];
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
    report.tokenAccuracy = all / static_cast<double>(needles.samples.size());
    report.exact = exact / static_cast<double>(B);
}

void Trainer::bookBatch(StepReport& report) {
    const std::int64_t N = m_recipe.bookTokens[static_cast<std::size_t>(
        m_random.below(static_cast<std::int64_t>(m_recipe.bookTokens.size())))];
    const std::int64_t S = 4 * N > 3 * m_recipe.bookRows / 2 ? 3 : 4;
    const std::int64_t B = std::max<std::int64_t>(1, m_recipe.bookRows / (S * N));
    std::vector<std::vector<std::int32_t>> pieces;
    for (std::int64_t b = 0; b < B; ++b) {
        pieces.push_back(Corpus::piece(m_corpus.train, m_random, S * N));
    }
    const at::Tensor ids = idRows(pieces);
    Segments segments;
    std::vector<at::Tensor> rows, tokens, teacherTokens, teacherLogs;
    const at::Tensor taught =
        m_recipe.klWeight > 0 ? m_student.base(ids) : at::Tensor(); // (B, S·N, E)
    for (std::int64_t s = 0; s < S; ++s) {
        const at::Tensor segment = ids.narrow(1, s * N, N).contiguous();
        segments.rows.push_back(m_student.lower(segment));
        rows.emplace_back();
        tokens.emplace_back();
        teacherTokens.emplace_back();
        teacherLogs.emplace_back();
        if (s == 0) {
            continue;
        }
        std::vector<std::int64_t> chosen;
        for (std::int64_t b = 0; b < B; ++b) {
            for (std::int64_t t = 0; t + 1 < N; ++t) {
                if (m_random.chance(t < kEarlyRows ? kEarlyShare : kLateShare)) {
                    chosen.push_back(b * N + t);
                }
            }
        }
        const at::Tensor index = at::tensor(chosen);
        rows[s] = index;
        tokens[s] = segment.view({-1}).index_select(0, index + 1);
        if (taught.defined()) {
            const c10::NoGradGuard none;
            const at::Tensor x =
                taught.narrow(1, s * N, N).reshape({B * N, taught.size(2)}).index_select(0, index);
            std::tie(teacherLogs[s], teacherTokens[s]) =
                at::topk(at::log_softmax(m_student.logits(x), -1), kTeacherTokens, -1);
        }
    }
    const double depths[] = {0, 0, 4, 16};
    const MemoryState start = replay(m_keys.ceiling > 0 ? depths[m_random.below(4)] : 0);
    segments.start =
        start.empty() || B == 1 ? start : scaled(start, doubles(std::vector<double>(B, 1.0)));
    segments.hasLoss = [](std::size_t s) { return s > 0; };
    double nats = 0;
    const double share = m_recipe.bookWeight / static_cast<double>(S - 1);
    segments.loss = [&](std::size_t s, const at::Tensor& x) {
        const at::Tensor out = m_student.upper(x);
        const at::Tensor logits =
            m_student.logits(out.view({-1, out.size(2)}).index_select(0, rows[s]));
        at::Tensor loss = at::cross_entropy_loss(logits, tokens[s]);
        nats += loss.item<double>() / static_cast<double>(S - 1);
        if (taught.defined()) {
            const at::Tensor own = at::log_softmax(logits, -1).gather(-1, teacherTokens[s]);
            loss = loss + (teacherLogs[s].exp() * (teacherLogs[s] - own)).sum(-1).mean() *
                              m_recipe.klWeight;
        }
        return loss * share;
    };
    backThroughSegments(m_student, m_parameters, segments);
    report.hasBook = true;
    report.bookLoss = nats;
}

StepReport Trainer::step(double progress, bool wantsGauges) {
    StepReport report;
    m_parameters.clearGradients();
    if (!m_recipe.gatesOnly) {
        needleBatch(report, wantsGauges ? &report.gauges : nullptr);
    }
    if (m_recipe.gatesOnly || (m_step > 0 && m_step % m_recipe.bookEvery == 0)) {
        bookBatch(report);
    }
    report.gradientNorm = m_parameters.gradientNorm();
    ++m_step;
    const double warm =
        std::min(1.0, static_cast<double>(m_step) /
                          static_cast<double>(std::max<std::int64_t>(1, m_recipe.warmUp)));
    const double decay =
        progress <= kDecayFrom ? 1.0 : std::max(kLeastShare, (1.0 - progress) / (1.0 - kDecayFrom));
    if (std::isfinite(report.gradientNorm)) {
        m_optimizer.step(m_parameters, report.gradientNorm, m_recipe.clip, warm * decay);
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

std::map<std::string, std::string> Trainer::identity() const {
    const AdapterShape& shape = m_student.shape();
    return {{"format", "infolio-adapter-checkpoint"},
            {"version", "1"},
            {"base_sha256", m_weights->sha256},
            {"data_sha256", m_corpus.sha256},
            {"layers", std::to_string(shape.firstLayer) + "-" + std::to_string(shape.lastLayer)},
            {"f", std::to_string(shape.features)},
            {"rank", std::to_string(shape.rank)},
            {"alpha", exactNumber(shape.alpha)},
            {"eps", exactNumber(shape.epsilon)},
            {"stage", m_recipe.gatesOnly ? "gates" : "all"}};
}

std::string Trainer::checkpoint(const std::map<std::string, std::string>& notes) const {
    std::map<std::string, std::string> fields = identity();
    fields["step"] = std::to_string(m_step);
    fields["optimizer_steps"] = std::to_string(m_optimizer.steps);
    fields["random"] = std::to_string(m_random.state());
    fields["keys_ceiling"] = std::to_string(m_keys.ceiling);
    fields["keys_accuracy"] = exactNumber(m_keys.accuracy);
    fields["named_ceiling"] = std::to_string(m_named.ceiling);
    fields["named_accuracy"] = exactNumber(m_named.accuracy);
    fields["bank"] = std::to_string(m_bank.size());
    for (const auto& [name, value] : notes) {
        fields["note." + name] = value;
    }
    NamedTensors tensors;
    for (std::size_t i = 0; i < m_parameters.all.size(); ++i) {
        const std::string& name = m_parameters.all[i].name;
        tensors.emplace_back("value." + name, m_parameters.all[i].values);
        tensors.emplace_back("first." + name, m_optimizer.first[i]);
        tensors.emplace_back("second." + name, m_optimizer.second[i]);
    }
    for (std::size_t s = 0; s < m_bank.size(); ++s) {
        for (std::size_t i = 0; i < m_bank[s].size(); ++i) {
            const std::string place = std::to_string(s) + "." + std::to_string(i);
            tensors.emplace_back("bank.M." + place, m_bank[s][i].M);
            tensors.emplace_back("bank.z." + place, m_bank[s][i].z);
        }
    }
    return safetensorsBytes(fields, tensors);
}

AdapterShape Trainer::shapeOf(std::string_view bytes, const std::string& path) {
    const auto fields = model::readSafetensors(bytes, path).metadata;
    if (!fields.contains("format") || fields.at("format") != "infolio-adapter-checkpoint" ||
        !fields.contains("layers")) {
        refuse(path, "this is no checkpoint of an adapter");
    }
    const std::string& layers = fields.at("layers");
    AdapterShape shape;
    if (std::sscanf(layers.c_str(), "%ld-%ld", &shape.firstLayer, &shape.lastLayer) != 2) {
        refuse(path, "the layers of this checkpoint are \"" + layers + "\"");
    }
    shape.features = integerOf(fields, "f", path);
    shape.rank = integerOf(fields, "rank", path);
    shape.alpha = realOf(fields, "alpha", path);
    shape.epsilon = realOf(fields, "eps", path);
    return shape;
}

std::map<std::string, std::string> Trainer::restore(std::string_view bytes,
                                                    const std::string& path) {
    const c10::NoGradGuard none;
    const model::Safetensors stored = model::readSafetensors(bytes, path);
    for (const auto& [name, expected] : identity()) {
        const auto found = stored.metadata.find(name);
        if (found == stored.metadata.end() || found->second != expected) {
            refuse(path, "the field " + name + " of this checkpoint is \"" +
                             (found == stored.metadata.end() ? "" : found->second) +
                             "\" and should be \"" + expected + "\"");
        }
    }
    std::map<std::string, at::Tensor> tensors;
    for (const model::FileTensor& tensor : stored.tensors) {
        tensors[tensor.name] = tensorOf(tensor);
    }
    const auto copy = [&](const std::string& name, const at::Tensor& into) {
        const auto found = tensors.find(name);
        if (found == tensors.end() || found->second.sizes() != into.sizes()) {
            refuse(path,
                   "the tensor " + name + " of this checkpoint is missing or of another shape");
        }
        into.copy_(found->second);
    };
    for (std::size_t i = 0; i < m_parameters.all.size(); ++i) {
        const std::string& name = m_parameters.all[i].name;
        copy("value." + name, m_parameters.all[i].values);
        copy("first." + name, m_optimizer.first[i]);
        copy("second." + name, m_optimizer.second[i]);
    }
    const auto& fields = stored.metadata;
    const model::Config& config = m_student.config();
    const AdapterShape& shape = m_student.shape();
    m_bank.clear();
    const std::int64_t bank = integerOf(fields, "bank", path);
    for (std::int64_t s = 0; s < bank; ++s) {
        MemoryState state;
        for (std::int64_t i = 0; i < shape.layers(); ++i) {
            const std::string place = std::to_string(s) + "." + std::to_string(i);
            const auto options = at::TensorOptions().dtype(m_student.wide());
            state.push_back(
                {at::full({config.kvHeads, 1, shape.features, config.headWidth}, 0.0, options),
                 at::full({config.kvHeads, 1, shape.features}, 0.0, options)});
            copy("bank.M." + place, state.back().M);
            copy("bank.z." + place, state.back().z);
        }
        m_bank.push_back(std::move(state));
    }
    m_step = integerOf(fields, "step", path);
    m_optimizer.steps = integerOf(fields, "optimizer_steps", path);
    m_keys.ceiling = integerOf(fields, "keys_ceiling", path);
    m_keys.accuracy = realOf(fields, "keys_accuracy", path);
    m_named.ceiling = integerOf(fields, "named_ceiling", path);
    m_named.accuracy = realOf(fields, "named_accuracy", path);
    const auto random = fields.find("random");
    std::uint64_t state = 0;
    if (random == fields.end() ||
        std::from_chars(random->second.data(), random->second.data() + random->second.size(), state)
                .ec != std::errc()) {
        refuse(path, "the field random of this checkpoint is missing or no number");
    }
    m_random.setState(state);
    std::map<std::string, std::string> notes;
    for (const auto& [name, value] : fields) {
        if (name.rfind("note.", 0) == 0) {
            notes[name.substr(5)] = value;
        }
    }
    return notes;
}

} // namespace engine::adapt
