#include <immintrin.h>

#include "engine/kernels/cpu_decode_kernels.h"

namespace engine::kernels::cpu {

namespace {

struct Avx2Set {
    using V = __m256;
    static constexpr int W = 8;
    static constexpr float kLowestExponent = -127.0f; ///< its power is 0
    static constexpr int kRows = 4, kVectors = 2;     ///< 8 sums, 2 columns, 1 row in 16 registers

    static V set(float x) { return _mm256_set1_ps(x); }
    static V load(const float* at) { return _mm256_loadu_ps(at); }
    static V load(const std::uint16_t* at) {
        const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
    }
    static V load(const std::int8_t* at) {
        const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at));
        return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
    }
    static float fromFloat16(std::uint16_t x) {
        return _mm_cvtss_f32(_mm_cvtph_ps(_mm_set1_epi16(static_cast<short>(x))));
    }
    static void store(float* at, V x) { _mm256_storeu_ps(at, x); }
    static void store(std::uint16_t* at, V x) {
        const __m256i bits = _mm256_srli_epi32(halfBits(x), 16);
        const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(bits, bits), 0x08);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm256_castsi256_si128(packed));
    }
    static V loadWords(const std::uint32_t* at) {
        return _mm256_castsi256_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)));
    }
    static void storeWords(std::uint32_t* at, V x) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), _mm256_castps_si256(x));
    }
    static V broadcastWord(const std::uint32_t* at) {
        return _mm256_castsi256_ps(_mm256_set1_epi32(static_cast<int>(*at)));
    }
    static V add(V a, V b) { return _mm256_add_ps(a, b); }
    static V sub(V a, V b) { return _mm256_sub_ps(a, b); }
    static V mul(V a, V b) { return _mm256_mul_ps(a, b); }
    static V div(V a, V b) { return _mm256_div_ps(a, b); }
    static V fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
    static V max(V a, V b) { return _mm256_max_ps(a, b); }
    static V min(V a, V b) { return _mm256_min_ps(a, b); }
    static V positive(V x, V a, V b) {
        return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GT_OQ));
    }
    static V round(V x) {
        return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    static V scale(V x, V n) {
        const __m256i exponent =
            _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
        return _mm256_mul_ps(x, _mm256_castsi256_ps(exponent));
    }
    static float sum(V x) {
        const __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
        const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    }
    /// Lane i: the sum of x[i].
    static V sumEach(const V (&x)[W]) {
        const auto fours = [&](int i) {
            return _mm256_hadd_ps(_mm256_hadd_ps(x[i], x[i + 1]),
                                  _mm256_hadd_ps(x[i + 2], x[i + 3]));
        };
        const V low = fours(0), high = fours(4);
        return _mm256_add_ps(_mm256_permute2f128_ps(low, high, 0x20),
                             _mm256_permute2f128_ps(low, high, 0x31));
    }
    static float largest(V x) {
        const __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
        const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
    }

    /// Round to nearest even in place: the upper half of each word is the bf16. NaN stays NaN.
    static __m256i halfBits(V x) {
        const __m256i bits = _mm256_castps_si256(x);
        const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
        const __m256i up = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
        const __m256i isNan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
        return _mm256_blendv_epi8(up, _mm256_set1_epi32(0x7fc00000), isNan);
    }
};

} // namespace

const Table& avx2Table() {
    static const DecodeTable decode = makeDecodeTable<Avx2Set, Single<Avx2Set>>();
    static const Table table = makeTable<Avx2Set, Single<Avx2Set>>(Isa::Avx2, "avx2", decode);
    return table;
}

} // namespace engine::kernels::cpu
