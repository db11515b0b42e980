#include "engine/kernels/cpu_avx512_set.h"
#include "engine/kernels/cpu_decode_kernels.h"

namespace engine::kernels::cpu {

namespace {

struct Avx512Bf16Set : Avx512Set {
    using Avx512Set::store;
    static void store(std::uint16_t* at, V x) {
        const __m256bh half = _mm512_cvtneps_pbh(x);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), reinterpret_cast<const __m256i&>(half));
    }
    static V dotPairs(V sum, V a, V b) {
        return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh&>(a),
                                reinterpret_cast<__m512bh&>(b));
    }
    static V roundToHalf(V x) { return _mm512_castsi512_ps(halfBits(x)); }
    static V pair(V first, V second) {
        return _mm512_castsi512_ps(
            _mm512_or_si512(_mm512_srli_epi32(halfBits(first), 16), halfBits(second)));
    }
};

} // namespace

const Table& avx512Bf16Table() {
    static const DecodeTable decode = makeDecodeTable<Avx512Bf16Set, Paired<Avx512Bf16Set>>();
    static const Table table =
        makeTable<Avx512Bf16Set, Paired<Avx512Bf16Set>>(Isa::Avx512Bf16, "avx512bf16", decode);
    return table;
}

} // namespace engine::kernels::cpu
