#include "engine/model/quantize.h"

#include <c10/util/Half.h>

#include <algorithm>
#include <cmath>

#include "engine/model/dequantize.h"

namespace engine::model {

namespace {

/// A choice of scale and offset, which are values of fp16.
struct Grid {
    c10::Half scale, offset;
    [[nodiscard]] bool isFinite() const { return std::isfinite(scale) && std::isfinite(offset); }
};

/// The least fp16 that is not below x ≥ 0; infinity when there is none.
c10::Half notBelow(float x) {
    c10::Half half = x;
    if (static_cast<float>(half) < x) {
        ++half.x;
    }
    return half;
}

/// To whole numbers, ties to even; |x| < 2^22. In this form compilers vectorise it.
float rounded(float x) {
    constexpr float shift = 0x1.8p23f;
    return (x + shift) - shift;
}

/// Steps from the offset, −128 … 127.
float stepOf(float value, const Grid& grid, float perScale) {
    return std::clamp(rounded((value - static_cast<float>(grid.offset)) * perScale), -128.0f,
                      127.0f);
}

float perScale(const Grid& grid) {
    const float scale = grid.scale;
    return scale > 0 ? 1 / scale : 0;
}

/// Σ of the squared errors of a group.
float errorOf(const float* values, const Grid& grid) {
    const float scale = grid.scale, offset = grid.offset, inverse = perScale(grid);
    float sum = 0;
    for (int i = 0; i < kGroupValues; ++i) {
        const float off = values[i] - (stepOf(values[i], grid, inverse) * scale + offset);
        sum += off * off;
    }
    return sum;
}

Grid symmetricGrid(float least, float most) {
    // A zero offset is −0, as in the file's own groups.
    return {notBelow(std::max(-least, most) / 127), -0.0f};
}

Grid affineGrid(float least, float most) {
    // The offset is rounded first; the scale then spans what lies on either side of it.
    const c10::Half offset = least * (127.0f / 255) + most * (128.0f / 255);
    return {notBelow(std::max((offset - least) / 128, (most - offset) / 127)), offset};
}

bool quantizeGroup(const float* values, std::int8_t* q, std::uint16_t* groups) {
    const auto [least, most] = std::minmax_element(values, values + kGroupValues);
    Grid grid = symmetricGrid(*least, *most);
    const Grid affine = affineGrid(*least, *most);
    if (affine.isFinite() &&
        (!grid.isFinite() || errorOf(values, affine) < errorOf(values, grid))) {
        grid = affine;
    }
    const float inverse = perScale(grid);
    for (int i = 0; i < kGroupValues; ++i) {
        q[i] = static_cast<std::int8_t>(stepOf(values[i], grid, inverse));
    }
    groups[0] = grid.scale.x;
    groups[1] = grid.offset.x;
    return grid.isFinite();
}

} // namespace

bool quantize(const float* values, std::int64_t count, std::int8_t* q, std::uint16_t* groups) {
    bool fits = true;
    for (std::int64_t i = 0; i < count && fits; i += kGroupValues) {
        fits = quantizeGroup(values + i, q + i, groups + i / kGroupValues * 2);
    }
    return fits;
}

} // namespace engine::model
