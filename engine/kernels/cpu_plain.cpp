#include "engine/kernels/cpu_decode_kernels.h"

namespace engine::kernels::cpu {

namespace {

/// Plain C++ that any compiler turns into whatever vectors the machine has.
struct PlainSet {
    struct V {
        float at[4];
    };
    static constexpr int W = 4;
    static constexpr float kLowestExponent = -127.0f; ///< its power is 0
    static constexpr int kRows = 2, kVectors = 2;

    template <class Function> static V each(Function function) {
        V out;
        for (int i = 0; i < W; ++i) {
            out.at[i] = function(i);
        }
        return out;
    }
    static V set(float x) {
        return each([&](int) { return x; });
    }
    template <class E> static V load(const E* from) {
        return each([&](int i) { return toFloat(from[i]); });
    }
    template <class E> static void store(E* to, V x) {
        for (int i = 0; i < W; ++i) {
            fromFloat(to + i, x.at[i]);
        }
    }
    static V loadWords(const std::uint32_t* from) {
        return each([&](int i) { return __builtin_bit_cast(float, from[i]); });
    }
    static void storeWords(std::uint32_t* to, V x) {
        for (int i = 0; i < W; ++i) {
            to[i] = __builtin_bit_cast(std::uint32_t, x.at[i]);
        }
    }
    static V broadcastWord(const std::uint32_t* from) {
        return set(__builtin_bit_cast(float, *from));
    }
    static V add(V a, V b) {
        return each([&](int i) { return a.at[i] + b.at[i]; });
    }
    static V sub(V a, V b) {
        return each([&](int i) { return a.at[i] - b.at[i]; });
    }
    static V mul(V a, V b) {
        return each([&](int i) { return a.at[i] * b.at[i]; });
    }
    static V div(V a, V b) {
        return each([&](int i) { return a.at[i] / b.at[i]; });
    }
    static V fma(V a, V b, V c) {
        return each([&](int i) { return a.at[i] * b.at[i] + c.at[i]; });
    }
    static V max(V a, V b) {
        return each([&](int i) { return a.at[i] > b.at[i] ? a.at[i] : b.at[i]; });
    }
    static V min(V a, V b) {
        return each([&](int i) { return a.at[i] < b.at[i] ? a.at[i] : b.at[i]; });
    }
    static V positive(V x, V a, V b) {
        return each([&](int i) { return x.at[i] > 0.0f ? a.at[i] : b.at[i]; });
    }
    static V round(V x) {
        return each([&](int i) {
            // Adding and taking away 1.5 · 2^23 leaves the nearest whole number.
            return (x.at[i] + 12582912.0f) - 12582912.0f;
        });
    }
    static V scale(V x, V n) {
        return each([&](int i) {
            const std::uint32_t exponent =
                static_cast<std::uint32_t>(static_cast<std::int32_t>(n.at[i]) + 127) << 23;
            return x.at[i] * __builtin_bit_cast(float, exponent);
        });
    }
    static float sum(V x) { return (x.at[0] + x.at[2]) + (x.at[1] + x.at[3]); }
    /// Lane i: the sum of x[i].
    static V sumEach(const V (&x)[W]) {
        return each([&](int i) { return sum(x[i]); });
    }
    static float largest(V x) {
        float most = x.at[0];
        for (int i = 1; i < W; ++i) {
            most = x.at[i] > most ? x.at[i] : most;
        }
        return most;
    }
    static float fromFloat16(std::uint16_t x) {
        const std::uint32_t exponent = (x >> 10) & 31, fraction = x & 1023;
        float value = 0;
        if (exponent == 0) {
            value = static_cast<float>(fraction) * 0x1p-24f;
        } else if (exponent == 31) {
            value = fraction == 0 ? __builtin_inff() : __builtin_nanf("");
        } else {
            value = __builtin_bit_cast(float, ((exponent + 112) << 23) | (fraction << 13));
        }
        return (x & 0x8000) != 0 ? -value : value;
    }
};

} // namespace

const Table& plainTable() {
    static const DecodeTable decode = makeDecodeTable<PlainSet, Single<PlainSet>>();
    static const Table table = makeTable<PlainSet, Single<PlainSet>>(Isa::Plain, "plain", decode);
    return table;
}

} // namespace engine::kernels::cpu
