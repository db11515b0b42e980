/// Products with weights in bf16, fp32 and int8, against loops in double over the weights' values.

#include "engine/kernels/ops_matrix.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "tests/unit/kernels/int8_matrix.h"
#include "tests/unit/kernels/tensors.h"

using namespace engine::kernels;
using namespace tests;

namespace {

at::Tensor exactProduct(const at::Tensor& x, const at::Tensor& weights) {
    return x.to(at::kDouble).matmul(weights.to(at::kDouble).t());
}

} // namespace

TEST(Widened, RoundsTheValuesOfInt8Once) {
    // More than one thread's share.
    const Matrix matrix = randomInt8(1, 300, 320);
    EXPECT_TRUE(sameBits(widened(matrix), valuesOf(matrix).to(at::kBFloat16)));
    const int threads = at::get_num_threads();
    at::set_num_threads(1);
    const at::Tensor alone = widened(matrix);
    at::set_num_threads(threads);
    EXPECT_TRUE(sameBits(widened(matrix), alone));
}

TEST(Widened, LeavesOtherWeightsAsTheyAre) {
    const Matrix matrix{random(2, {4, 5})};
    EXPECT_TRUE(widened(matrix).is_same(matrix.values));
    EXPECT_EQ(matrix.bytes(), 80);
}

TEST(Widened, RefusesGroupsThatDoNotFit) {
    const Matrix sound = randomInt8(3, 4, 64);
    EXPECT_EQ(sound.bytes(), 4 * 64 + 4 * 2 * 2 * 2);
    Matrix broken = sound;
    broken.groups = sound.groups.narrow(1, 0, 1);
    EXPECT_THROW(widened(broken), c10::Error);
    broken = sound;
    broken.groups = sound.groups.to(at::kFloat);
    EXPECT_THROW(widened(broken), c10::Error);
    broken = sound;
    broken.values = sound.values.to(at::kFloat);
    EXPECT_THROW(widened(broken), c10::Error);
}

TEST(MatrixRows, AreThoseOfTheValues) {
    const Matrix matrix = randomInt8(4, 9, 32);
    const at::Tensor all = widened(matrix);
    EXPECT_TRUE(sameBits(widened(matrix.rows(2, 5)), all.narrow(0, 2, 5)));
    const at::Tensor indices = at::tensor({8, 0, 8}, at::TensorOptions().dtype(at::kLong));
    EXPECT_TRUE(sameBits(widened(matrix.rows(indices)), all.index_select(0, indices)));
    const Matrix plain{random(5, {9, 3})};
    EXPECT_TRUE(sameBits(plain.rows(indices).values, plain.values.index_select(0, indices)));
    EXPECT_FALSE(plain.rows(1, 2).isInt8());
}

TEST(Linear, MultipliesWithInt8InEitherWay) {
    const Matrix matrix = randomInt8(6, 70, 96);
    for (const std::int64_t rows : {1, 8, 9, 40}) {
        const at::Tensor x = random(7, {2, rows, 96}).to(at::kBFloat16);
        const at::Tensor found = linear(x, matrix);
        EXPECT_EQ(found.scalar_type(), at::kBFloat16);
        EXPECT_LT(difference(found, exactProduct(x, valuesOf(matrix))), kHalfTolerance) << rows;
        // Two sequences of rows that few are many: the bits of the widened weights.
        if (2 * rows > 8) {
            EXPECT_TRUE(sameBits(found, linear(x, {widened(matrix)}))) << rows;
        }
    }
    // The mutant without offsets.
    Matrix mutant = matrix;
    mutant.groups = matrix.groups.clone();
    mutant.groups.select(2, 1).zero_();
    for (const std::int64_t rows : {1, 40}) {
        const at::Tensor x = random(7, {1, rows, 96}).to(at::kBFloat16);
        EXPECT_GT(difference(linear(x, mutant), exactProduct(x, valuesOf(matrix))), 0.05) << rows;
    }
}

TEST(Linear, RefusesWhatDoesNotFit) {
    const Matrix matrix = randomInt8(8, 4, 64);
    EXPECT_THROW(linear(random(9, {2, 64}), matrix), c10::Error) << "fp32 beside int8";
    const at::Tensor narrow = random(10, {2, 32}).to(at::kBFloat16);
    EXPECT_THROW(linear(narrow, matrix), c10::Error);
}

TEST(HeadLogits, KeepsFloatPrecisionForRoundedWeights) {
    const at::Tensor x = random(70, {3, 16}, at::kFloat, 8).to(at::kBFloat16),
                     head = random(71, {5000, 16}).to(at::kBFloat16);
    const at::Tensor expected = exactProduct(x, head);
    EXPECT_LT(difference(headLogits(x, {head}), expected), 1e-6);
    EXPECT_GT(difference(x.matmul(head.t()), expected), 1e-4) << "the bf16 mutant passes";
}

TEST(HeadLogits, ReadsInt8AsItLiesOrInBf16) {
    const Matrix head = randomInt8(72, 5000, 64);
    const at::Tensor many = random(73, {11, 64}).to(at::kBFloat16), few = many.narrow(0, 0, 8);
    EXPECT_LT(difference(headLogits(few, head), exactProduct(few, valuesOf(head))), 1e-6);
    EXPECT_LT(difference(headLogits(many, head), exactProduct(many, widened(head))), 1e-6);
}
