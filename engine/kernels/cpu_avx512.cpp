#include "engine/kernels/cpu_avx512_set.h"
#include "engine/kernels/cpu_decode_kernels.h"

namespace engine::kernels::cpu {

const Table& avx512Table() {
    static const DecodeTable decode = makeDecodeTable<Avx512Set, Single<Avx512Set>>();
    static const Table table =
        makeTable<Avx512Set, Single<Avx512Set>>(Isa::Avx512, "avx512", decode);
    return table;
}

} // namespace engine::kernels::cpu
