#include "engine/model/weight_pages.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

using namespace engine::model;

TEST(WeightPages, TensorsLieApartAndOutliveTheirPages) {
    std::vector<at::Tensor> tensors;
    {
        WeightPages pages;
        // Small ones share a block; one is larger than a block.
        for (const std::int64_t rows : {1, 3, 1000, 300'000, 7}) {
            tensors.push_back(pages.empty({rows, 129}, at::kFloat));
            tensors.push_back(pages.empty({rows}, at::kBFloat16));
        }
    }
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        EXPECT_TRUE(tensors[i].is_contiguous());
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensors[i].const_data_ptr()) % 64, 0u);
        tensors[i].fill_(static_cast<double>(i + 1));
    }
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        EXPECT_TRUE(tensors[i].eq(static_cast<double>(i + 1)).all().item<bool>()) << i;
    }
    const at::Tensor last = tensors.back();
    tensors.clear();
    EXPECT_TRUE(last.eq(10.0).all().item<bool>());
}

TEST(WeightPages, NothingIsATensorToo) {
    WeightPages pages;
    EXPECT_EQ(pages.empty({0, 5}, at::kFloat).numel(), 0);
    EXPECT_EQ(pages.empty({2, 2}, at::kFloat).numel(), 4);
}
