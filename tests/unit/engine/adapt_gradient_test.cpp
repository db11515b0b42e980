/// The pass that training differentiates, in double: against central differences, by the adjoint
/// trick against autograd over all segments, and what must not depend on the parameters at all.

#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "engine/adapt/adjoint.h"
#include "engine/adapt/needles.h"
#include "tests/unit/engine/adapt_gradient_support.h"

using namespace engine::adapt;
using namespace tests;

namespace {

/// Two sequences over several segments, memory in layers 1 and 2 of 4.
struct Case : GradientCase {
    explicit Case(std::size_t segments, bool hasBias = false, bool hasQkNorm = false)
        : GradientCase(gradientShape(4, hasBias, hasQkNorm), segments),
          student(weights, smallShape(1, 2)) {
        parameters = randomParameters(weights->config, student.shape(), at::kDouble);
        for (const at::Tensor& segment : ids) {
            rows.push_back(student.lower(segment));
        }
    }

    [[nodiscard]] at::Tensor loss(std::size_t s, const at::Tensor& x) const {
        return lossOf(student, s, student.upper(x));
    }

    /// Losses of all segments but the first, by autograd through everything; the memory before the
    /// segments in `cuts` carries no gradient.
    [[nodiscard]] at::Tensor plainLoss(const std::vector<std::size_t>& cuts = {}) const {
        const auto views = parameters.layers();
        MemoryState memory;
        at::Tensor total;
        for (std::size_t s = 0; s < rows.size(); ++s) {
            if (std::find(cuts.begin(), cuts.end(), s) != cuts.end()) {
                memory = detached(memory);
            }
            const auto passed =
                student.memoryLayers(views, rows[s], memory, {}, Student::Want::Both);
            if (s > 0) {
                total = total.defined() ? total + loss(s, passed.x) : loss(s, passed.x);
            }
            memory = sum(memory, passed.increment);
        }
        return total;
    }

    [[nodiscard]] std::vector<at::Tensor>
    plainGradients(const std::vector<std::size_t>& cuts = {}) {
        parameters.clearGradients();
        plainLoss(cuts).backward();
        return taken();
    }

    [[nodiscard]] std::vector<at::Tensor> adjointGradients(std::size_t truncation) {
        parameters.clearGradients();
        Segments segments;
        segments.rows = rows;
        segments.loss = [this](std::size_t s, const at::Tensor& x) { return loss(s, x); };
        segments.hasLoss = [](std::size_t s) { return s > 0; };
        segments.truncation = truncation;
        adjointLoss = backThroughSegments(student, parameters, segments).loss;
        return taken();
    }

    Student student;
    std::vector<at::Tensor> rows;
};

TEST(AdaptGradient, OfEveryGroupAgreesWithDifferences) {
    Case c(3);
    expectDifferences(c);
}

TEST(AdaptGradient, AgreesWithBiasesAndWithNormsOfTheHeads) {
    Case biased(2, true, false);
    expectDifferences(biased);
    Case normed(2, false, true);
    expectDifferences(normed);
}

TEST(AdaptGradient, OfTheAdjointIsThatOfAutogradOverFourSegments) {
    Case c(4);
    expectAutograds(c, c.adjointGradients(0));
}

TEST(AdaptPass, TellsWhatAllSegmentsWrote) {
    Case c(3);
    Segments segments;
    segments.rows = c.rows;
    segments.loss = [&](std::size_t s, const at::Tensor& x) { return c.loss(s, x); };
    segments.hasLoss = [](std::size_t s) { return s > 0; };
    segments.wantsWritten = true;
    const MemoryState written = backThroughSegments(c.student, c.parameters, segments).written;
    const c10::NoGradGuard none;
    const auto views = c.parameters.layers();
    MemoryState memory;
    for (const at::Tensor& rows : c.rows) {
        memory = sum(
            memory, c.student.memoryLayers(views, rows, memory, {}, Student::Want::Both).increment);
    }
    for (std::size_t i = 0; i < memory.size(); ++i) {
        EXPECT_LT(distance(written[i].M, memory[i].M), 1e-12);
        EXPECT_LT(distance(written[i].z, memory[i].z), 1e-12);
    }
}

TEST(AdaptMemory, IsJoinedAndMixedBySequence) {
    Case c(2);
    const c10::NoGradGuard none;
    const auto views = c.parameters.layers();
    std::vector<MemoryState> each;
    for (const at::Tensor& rows : c.rows) {
        each.push_back(
            c.student.memoryLayers(views, rows, {}, {}, Student::Want::Increment).increment);
    }
    const std::int64_t B = each[0][0].M.size(1);
    const MemoryState all = joined(each);
    ASSERT_EQ(all[0].M.size(1), 2 * B);
    at::Tensor weights = at::eye(2 * B, at::TensorOptions().dtype(at::kDouble));
    weights[0][B] = 2.0;
    const MemoryState result = mixed(all, weights);
    EXPECT_LT(distance(result[0].M.select(1, 0),
                       each[0][0].M.select(1, 0) + each[1][0].M.select(1, 0) * 2),
              1e-12);
    EXPECT_LT(distance(result[0].z.select(1, 0),
                       each[0][0].z.select(1, 0) + each[1][0].z.select(1, 0) * 2),
              1e-12);
    EXPECT_LT(distance(result[0].M.select(1, B), each[1][0].M.select(1, 0)), 1e-12);
}

TEST(AdaptGradient, OfATruncatedAdjointIsThatOfCutSegments) {
    Case c(4);
    const auto found = c.adjointGradients(2), expected = c.plainGradients({2}),
               whole = c.plainGradients();
    double away = 0;
    for (std::size_t p = 0; p < found.size(); ++p) {
        EXPECT_LT(distance(found[p], expected[p]), 1e-10) << c.parameters.all[p].name;
        away = std::max(away, distance(found[p], whole[p]));
    }
    EXPECT_GT(away, 1e-6);
}

TEST(AdaptGradient, ReachesWhatIsWrittenThroughTheMemoryAlone) {
    Case c(4);
    const auto whole = c.adjointGradients(0), cut = c.adjointGradients(1);
    for (std::size_t p = 0; p < whole.size(); ++p) {
        const std::string& name = c.parameters.all[p].name;
        if (name[0] == 'k' || name[0] == 'v' || name[0] == 'w') {
            EXPECT_GT(whole[p].abs().max().item<double>(), 0) << name;
            EXPECT_EQ(cut[p].abs().max().item<double>(), 0) << name;
        }
    }
}

TEST(AdaptGradient, OfGivenRowsHasTheSameValuesAndReachesTheWriteSide) {
    Case c(2);
    const auto views = c.parameters.layers();
    const MemoryState first =
        c.student.memoryLayers(views, c.rows[0], {}, {}, Student::Want::Increment).increment;
    const MemoryState before = detached(first);
    const auto full =
        c.student.memoryLayers(views, c.rows[1], before, {}, Student::Want::Increment);
    const auto given =
        c.student.memoryLayers(views, c.rows[1], before, {}, Student::Want::IncrementOfGivenRows);
    at::Tensor total;
    for (std::size_t i = 0; i < given.increment.size(); ++i) {
        EXPECT_TRUE(sameBits(given.increment[i].M, full.increment[i].M));
        EXPECT_TRUE(sameBits(given.increment[i].z, full.increment[i].z));
        const at::Tensor part = given.increment[i].M.square().sum();
        total = total.defined() ? total + part : part;
    }
    total.backward();
    const auto gradients = c.taken();
    for (std::size_t p = 0; p < gradients.size(); ++p) {
        const char kind = c.parameters.all[p].name[0];
        const double most = gradients[p].abs().max().item<double>();
        EXPECT_EQ(most > 0, kind == 'k' || kind == 'v' || kind == 'w') << c.parameters.all[p].name;
    }
}

TEST(AdaptPass, OnAnEmptyMemoryIsTheBaseModelWhateverTheParameters) {
    Case c(1);
    const c10::NoGradGuard none;
    const at::Tensor base = c.student.base(c.ids[0]);
    const auto views = c.parameters.layers();
    const at::Tensor unread =
        c.student.upper(c.student.memoryLayers(views, c.rows[0], {}, {}, Student::Want::Rows).x);
    EXPECT_TRUE(sameBits(unread, base));
    const MemoryState memory =
        c.student.memoryLayers(views, c.rows[0], {}, {}, Student::Want::Increment).increment;
    const auto read = [&](const std::vector<std::int64_t>& nonEmpty) {
        return c.student.upper(c.student
                                   .memoryLayers(views, c.rows[0], memory,
                                                 at::tensor(nonEmpty).to(at::kBool),
                                                 Student::Want::Rows)
                                   .x);
    };
    EXPECT_TRUE(sameBits(read({0, 0}), base));
    const at::Tensor second = read({0, 1});
    EXPECT_TRUE(sameBits(second[0].contiguous(), base[0].contiguous()));
    EXPECT_FALSE(sameBits(second[1].contiguous(), base[1].contiguous()));
}

TEST(AdaptPass, IncrementsAddUpTokenByToken) {
    Case c(1);
    const c10::NoGradGuard none;
    const auto views = c.parameters.layers();
    const auto first = [&](const at::Tensor& x) {
        return c.student.memoryLayers(views, x, {}, {}, Student::Want::Increment).increment[0];
    };
    const LayerMemory whole = first(c.rows[0]);
    const LayerMemory a = first(c.rows[0].narrow(1, 0, 2).contiguous()),
                      b = first(c.rows[0].narrow(1, 2, kGradientRows - 2).contiguous());
    EXPECT_LT(distance(a.M + b.M, whole.M), 1e-12);
    EXPECT_LT(distance(a.z + b.z, whole.z), 1e-12);
}

TEST(AdaptPass, OfAMeanTimesFactorsIsLinear) {
    Case c(1);
    const c10::NoGradGuard none;
    const MemoryState state =
        c.student.memoryLayers(c.parameters.layers(), c.rows[0], {}, {}, Student::Want::Increment)
            .increment;
    const MemoryState mean = meanOf(state);
    const MemoryState twice = scaled(mean, at::tensor(std::vector<double>{2, 0}));
    EXPECT_LT(distance(twice[1].M.select(1, 0), state[1].M.sum(1)), 1e-12);
    EXPECT_EQ(twice[1].z.select(1, 1).abs().max().item<double>(), 0);
    EXPECT_TRUE(sum({}, {}).empty());
    EXPECT_TRUE(sameBits(sum(state, {})[0].M, state[0].M));
}

TEST(AdaptPass, InBfloat16AgreesWithDouble) {
    HandShape shape = gradientShape(4);
    shape.width = 64;
    shape.headWidth = 32;
    const auto exact = doubleWeights(3, shape);
    const auto rounded = handModel(3, engine::model::Dtype::BFloat16, shape)->weights;
    const Student a(exact, smallShape(1, 2)), b(rounded, smallShape(1, 2));
    const auto parameters = randomParameters(exact->config, a.shape(), at::kFloat);
    auto wide = randomParameters(exact->config, a.shape(), at::kDouble);
    const at::Tensor ids = idRows({randomIds(1, 20)});
    const auto out = [&](const Student& student, const Parameters& p) {
        const auto views = p.layers();
        const at::Tensor x = student.lower(ids);
        const MemoryState memory =
            student.memoryLayers(views, x, {}, {}, Student::Want::Increment).increment;
        return student
            .logits(
                student.upper(student.memoryLayers(views, x, memory, {}, Student::Want::Rows).x)[0])
            .to(at::kDouble);
    };
    const at::Tensor expected = out(a, wide);
    EXPECT_LT(distance(out(b, parameters), expected), 4e-2);
    const c10::NoGradGuard none;
    EXPECT_LT(distance(out(b, parameters), expected), 4e-2) << "by the fast kernels";
}

} // namespace
