/// Vectors of sixteen floats. For the translation units of the AVX-512 sets alone: see
/// cpu_kernels.h.

#include <immintrin.h>

#include <cstdint>

namespace engine::kernels::cpu {

namespace {

struct Avx512Set {
    using V = __m512;
    static constexpr int W = 16;
    static constexpr float kLowestExponent = -200.0f; ///< its power is 0
    static constexpr int kRows = 4, kVectors = 4;     ///< 16 sums, 4 columns, 1 row in 32 registers

    static V set(float x) { return _mm512_set1_ps(x); }
    static V load(const float* at) { return _mm512_loadu_ps(at); }
    static V load(const std::uint16_t* at) {
        const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
    }
    static V load(const std::int8_t* at) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
    }
    static float fromFloat16(std::uint16_t x) {
        return _mm512_cvtss_f32(_mm512_cvtph_ps(_mm256_set1_epi16(static_cast<short>(x))));
    }
    static void store(float* at, V x) { _mm512_storeu_ps(at, x); }
    static void store(std::uint16_t* at, V x) {
        const __m512i bits = _mm512_srli_epi32(halfBits(x), 16);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), _mm512_cvtepi32_epi16(bits));
    }
    static V loadWords(const std::uint32_t* at) {
        return _mm512_castsi512_ps(_mm512_loadu_si512(at));
    }
    static void storeWords(std::uint32_t* at, V x) {
        _mm512_storeu_si512(at, _mm512_castps_si512(x));
    }
    static V broadcastWord(const std::uint32_t* at) {
        return _mm512_castsi512_ps(_mm512_set1_epi32(static_cast<int>(*at)));
    }
    static V add(V a, V b) { return _mm512_add_ps(a, b); }
    static V sub(V a, V b) { return _mm512_sub_ps(a, b); }
    static V mul(V a, V b) { return _mm512_mul_ps(a, b); }
    static V div(V a, V b) { return _mm512_div_ps(a, b); }
    static V fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
    static V max(V a, V b) { return _mm512_max_ps(a, b); }
    static V min(V a, V b) { return _mm512_min_ps(a, b); }
    /// x > 0 ? a : b
    static V positive(V x, V a, V b) {
        return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ), b, a);
    }
    static V round(V x) {
        return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    /// x · 2^n
    static V scale(V x, V n) { return _mm512_scalef_ps(x, n); }
    static float sum(V x) { return _mm512_reduce_add_ps(x); }
    /// Lane i: the sum of x[i].
    static V sumEach(const V (&x)[W]) {
        V pairs[8], fours[4];
        for (int i = 0; i < 8; ++i) {
            pairs[i] = _mm512_add_ps(_mm512_unpacklo_ps(x[2 * i], x[2 * i + 1]),
                                     _mm512_unpackhi_ps(x[2 * i], x[2 * i + 1]));
        }
        for (int i = 0; i < 4; ++i) {
            const __m512d a = _mm512_castps_pd(pairs[2 * i]),
                          b = _mm512_castps_pd(pairs[2 * i + 1]);
            fours[i] = _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(a, b)),
                                     _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)));
        }
        const auto lanes = [](V a, V b) {
            return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88),
                                 _mm512_shuffle_f32x4(a, b, 0xdd));
        };
        return lanes(lanes(fours[0], fours[1]), lanes(fours[2], fours[3]));
    }
    static float largest(V x) { return _mm512_reduce_max_ps(x); }

    /// Round to nearest even in place: the upper half of each word is the bf16, the lower is 0. NaN
    /// stays NaN.
    static __m512i halfBits(V x) {
        const __m512i bits = _mm512_castps_si512(x);
        const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
        const __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
        const __mmask16 isNan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
        return _mm512_mask_mov_epi32(
            _mm512_and_si512(up, _mm512_set1_epi32(static_cast<int>(0xffff0000))), isNan,
            _mm512_set1_epi32(0x7fc00000));
    }
};

} // namespace

} // namespace engine::kernels::cpu
