#include "engine/kernels/cpu_avx512_set.h"
#include "engine/kernels/cpu_kernels.h"

namespace engine::kernels::cpu {

const Table& avx512Table() {
    static const Table table = makeTable<Avx512Set, Single<Avx512Set>>(Isa::Avx512, "avx512");
    return table;
}

} // namespace engine::kernels::cpu
