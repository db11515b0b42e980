#include "engine/adapt/which_layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/adapt/needles.h"

namespace engine::adapt {

namespace {

constexpr int kSamples = 5;
constexpr std::int64_t kBefore = 40, kBetween = 150; ///< tokens of book text around the number
constexpr double kRecallShare = 0.9;

struct Sample {
    at::Tensor ids;       ///< (1, T)
    at::Tensor mask;      ///< (T, T): the causal mask without the number, from the question on
    std::int64_t answers; ///< digits at the end
};

Sample makeSample(const model::Tokenizer& tokenizer, const std::vector<Text>& texts,
                  Random& random) {
    const std::string key = std::to_string(random.between(10'000, 99'999));
    std::vector<std::int32_t> ids = Corpus::piece(texts, random, kBefore);
    const auto append = [&](const std::vector<std::int32_t>& more) {
        ids.insert(ids.end(), more.begin(), more.end());
        return static_cast<std::int64_t>(ids.size());
    };
    const auto begin = static_cast<std::int64_t>(ids.size());
    const std::int64_t end = append(tokenizer.encodeIds(
        " The pass key is " + key + ". Remember it. " + key + " is the pass key."));
    const std::int64_t question = append(Corpus::piece(texts, random, kBetween));
    append(tokenizer.encodeIds("\nWhat is the pass key? The pass key is"));
    const auto answer = tokenizer.encodeIds(" " + key);
    const std::int64_t T = append(answer);
    at::Tensor mask = at::ones({T, T}, at::TensorOptions().dtype(at::kBool)).tril();
    mask.narrow(0, question, T - question).narrow(1, begin, end - begin).fill_(false);
    return {idRows({ids}), mask,
            std::max<std::int64_t>(1, static_cast<std::int64_t>(answer.size()) - 1)};
}

} // namespace

std::pair<std::int64_t, std::int64_t> shortestRange(const std::vector<double>& lost, double share) {
    const auto layers = static_cast<std::int64_t>(lost.size());
    double total = 0;
    for (const double value : lost) {
        total += std::max(0.0, value);
    }
    for (std::int64_t length = 1; length < layers; ++length) {
        std::int64_t best = -1;
        double most = share * total;
        for (std::int64_t first = 0; first + length <= layers; ++first) {
            double held = 0;
            for (std::int64_t i = first; i < first + length; ++i) {
                held += std::max(0.0, lost[static_cast<std::size_t>(i)]);
            }
            if (held >= most && total > 0) {
                most = held;
                best = first;
            }
        }
        if (best >= 0) {
            return {best, best + length - 1};
        }
    }
    return {0, layers - 1};
}

RecallLayers measureRecall(const std::shared_ptr<const model::Weights>& weights,
                           const model::Tokenizer& tokenizer, const std::vector<Text>& texts,
                           std::uint64_t seed, const std::function<bool()>& goOn) {
    const c10::NoGradGuard none;
    const std::int64_t layers = weights->config.layers;
    AdapterShape every = AdapterShape::usual(weights->config);
    const AdapterShape usual = every;
    every.firstLayer = 0;
    every.lastLayer = layers - 1;
    const Student student(weights, every);
    Random random(seed);
    std::vector<Sample> samples;
    for (int i = 0; i < kSamples; ++i) {
        samples.push_back(makeSample(tokenizer, texts, random));
    }
    const auto nats = [&](const std::vector<bool>& cut) {
        double sum = 0;
        for (const Sample& sample : samples) {
            const std::int64_t T = sample.ids.size(1), n = sample.answers;
            const at::Tensor x = student.baseWithCut(sample.ids, cut, sample.mask)[0];
            sum += at::cross_entropy_loss(student.logits(x.narrow(0, T - n - 1, n)),
                                          sample.ids[0].narrow(0, T - n, n).to(x.device()))
                       .item<double>();
        }
        return sum / kSamples;
    };
    const std::vector<bool> nothing(static_cast<std::size_t>(layers), false);
    const double whole = nats(nothing);
    RecallLayers result;
    for (std::int64_t i = 0; i < layers; ++i) {
        if (!goOn()) {
            return {usual.firstLayer, usual.lastLayer, {}};
        }
        std::vector<bool> cut = nothing;
        cut[static_cast<std::size_t>(i)] = true;
        result.lost.push_back(nats(cut) - whole);
    }
    std::tie(result.first, result.last) = shortestRange(result.lost, kRecallShare);
    return result;
}

} // namespace engine::adapt
