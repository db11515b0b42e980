#include "tests/unit/kernels/cuda_oracle.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace cuda_test {

float valueOf(std::uint16_t bf16) {
    const std::uint32_t bits = static_cast<std::uint32_t>(bf16) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

std::uint16_t bf16Of(float value) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    if (std::isnan(value)) {
        return 0x7FFF;
    }
    return static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

namespace {

/// Real is the type of sums, kRounds whether matrix operands and results are rounded to bf16.
template <class Real, bool kRounds> class Loops {
public:
    explicit Loops(const Inputs& in) : m_in(in) {}

    Results run() {
        const Inputs& in = m_in;
        m_results.output.assign(static_cast<std::size_t>(in.B) * in.T * in.H() * in.d, 0.0);
        m_results.memoryPart = m_results.output;
        m_results.memory.resize(in.memory.size());
        m_results.norm.resize(in.norm.size());
        m_results.memoryAfter.resize(in.S() * in.memory.size());
        m_results.normAfter.resize(in.S() * in.norm.size());
        m_results.count = in.count;
        for (int b = 0; b < in.B; ++b) {
            std::int64_t n = in.count[b];
            for (int g = 0; g < in.G; ++g) {
                n = runHead(b, g);
            }
            m_results.count[b] = n;
        }
        return std::move(m_results);
    }

private:
    static Real round(Real x) {
        return kRounds ? static_cast<Real>(valueOf(bf16Of(static_cast<float>(x)))) : x;
    }
    static Real phi(Real x) { return x > 0 ? x + 1 : std::exp(x); }
    [[nodiscard]] std::size_t at(int b, int t, int heads, int head, int width) const {
        return ((static_cast<std::size_t>(b) * m_in.T + t) * heads + head) * width;
    }

    std::int64_t runHead(int b, int g) {
        const Inputs& in = m_in;
        const std::size_t state = static_cast<std::size_t>(b) * in.G + g;
        m_memory.assign(in.memory.begin() + state * in.f * in.d,
                        in.memory.begin() + (state + 1) * in.f * in.d);
        m_norm.assign(in.norm.begin() + state * in.f, in.norm.begin() + (state + 1) * in.f);
        std::int64_t n = in.count[b];
        const int length = in.lengths.empty() ? in.T : in.lengths[b];
        for (int s = 0; s < in.S(); ++s) {
            const int begin = s * in.N, end = std::min({begin + in.N, length, in.T});
            for (int t = begin; t < end; ++t) {
                for (int r = 0; r < in.R; ++r) {
                    attend(b, g, r, begin, t, n > 0);
                }
            }
            n = write(b, g, begin, end, n);
            const std::size_t after = static_cast<std::size_t>(s) * in.B * in.G + state;
            std::copy(m_memory.begin(), m_memory.end(),
                      m_results.memoryAfter.begin() + after * in.f * in.d);
            std::copy(m_norm.begin(), m_norm.end(), m_results.normAfter.begin() + after * in.f);
        }
        std::copy(m_memory.begin(), m_memory.end(), m_results.memory.begin() + state * in.f * in.d);
        std::copy(m_norm.begin(), m_norm.end(), m_results.norm.begin() + state * in.f);
        return n;
    }

    std::vector<Real> rotated(const std::uint16_t* x, int position) const {
        const int half = m_in.d / 2;
        std::vector<Real> out(m_in.d);
        for (int i = 0; i < half; ++i) {
            const Real c = m_in.cosines[position * half + i], s = m_in.sines[position * half + i];
            const Real x0 = valueOf(x[i]), x1 = valueOf(x[i + half]);
            out[i] = round(x0 * c - x1 * s);
            out[i + half] = round(x1 * c + x0 * s);
        }
        return out;
    }

    void attend(int b, int g, int r, int begin, int t, bool hasMemory) {
        const Inputs& in = m_in;
        const int h = g * in.R + r;
        const auto q = rotated(&in.query[at(b, t, in.H(), h, in.d)], t - begin);
        std::vector<Real> weights;
        for (int u = begin; u <= t; ++u) {
            const auto k = rotated(&in.key[at(b, u, in.G, g, in.d)], u - begin);
            Real sum = 0;
            for (int i = 0; i < in.d; ++i) {
                sum += q[i] * k[i];
            }
            weights.push_back(round(sum / std::sqrt(static_cast<Real>(in.d))));
        }
        const Real most = *std::max_element(weights.begin(), weights.end());
        Real total = 0;
        for (Real& w : weights) {
            w = std::exp(w - most);
            total += w;
        }
        for (Real& w : weights) {
            w = round(w / total);
        }
        const std::vector<Real> read = hasMemory ? readMemory(b, t, h) : std::vector<Real>();
        const Real position = std::log2(static_cast<Real>(1 + t - begin));
        const Real beta =
            in.gate[h] + (in.gatePosition.empty() ? 0 : in.gatePosition[h]) * position;
        const Real gate = 1 / (1 + std::exp(-beta));
        for (int i = 0; i < in.d; ++i) {
            Real sum = 0;
            for (int u = begin; u <= t; ++u) {
                sum += weights[u - begin] * valueOf(in.value[at(b, u, in.G, g, in.d) + i]);
            }
            sum = round(sum);
            if (hasMemory) {
                m_results.memoryPart[at(b, t, in.H(), h, in.d) + i] = round(gate * read[i]);
            }
            m_results.output[at(b, t, in.H(), h, in.d) + i] =
                round(hasMemory ? gate * read[i] + (1 - gate) * sum : sum);
        }
    }

    std::vector<Real> readMemory(int b, int t, int h) const {
        const Inputs& in = m_in;
        std::vector<Real> num(in.d, 0);
        Real den = 0;
        for (int j = 0; j < in.f; ++j) {
            const Real p = round(phi(valueOf(in.queryFeature[at(b, t, in.H(), h, in.f) + j])));
            den += p * round(m_norm[j]);
            for (int i = 0; i < in.d; ++i) {
                num[i] += p * round(m_memory[j * in.d + i]);
            }
        }
        for (Real& x : num) {
            x = round(x / std::max<Real>(den, in.epsilon));
        }
        return num;
    }

    std::int64_t write(int b, int g, int begin, int end, std::int64_t n) {
        const Inputs& in = m_in;
        std::vector<Real> memory = m_memory, norm = m_norm;
        const bool takesAway = in.rule == Rule::Delta && n > 0;
        for (int t = begin; t < end; ++t) {
            const std::size_t token = static_cast<std::size_t>(b) * in.T + t;
            const bool isMasked = !in.writeMask.empty() && in.writeMask[token] == 0;
            const Real scale = in.writeScale.empty() ? 1 : in.writeScale[token * in.G + g];
            n += isMasked ? 0 : 1;
            if (isMasked || scale == 0) {
                continue;
            }
            std::vector<Real> p(in.f), old(in.d, 0);
            Real den = 0;
            for (int j = 0; j < in.f; ++j) {
                p[j] = round(phi(valueOf(in.keyFeature[at(b, t, in.G, g, in.f) + j])) * scale);
                den += p[j] * m_norm[j];
            }
            for (int i = 0; takesAway && i < in.d; ++i) {
                for (int j = 0; j < in.f; ++j) {
                    old[i] += p[j] * m_memory[j * in.d + i];
                }
                old[i] /= std::max<Real>(den, in.epsilon);
            }
            for (int j = 0; j < in.f; ++j) {
                norm[j] += p[j];
                for (int i = 0; i < in.d; ++i) {
                    const Real v = valueOf(in.value[at(b, t, in.G, g, in.d) + i]);
                    memory[j * in.d + i] += p[j] * (v - old[i]);
                }
            }
        }
        m_memory = memory;
        m_norm = norm;
        return n;
    }

    const Inputs& m_in;
    std::vector<Real> m_memory, m_norm; ///< of one sequence and KV head
    Results m_results;
};

} // namespace

Results infiniAttention(const Inputs& in, Arithmetic arithmetic) {
    switch (arithmetic) {
    case Arithmetic::Exact:
        return Loops<double, false>(in).run();
    case Arithmetic::Plain:
        return Loops<float, true>(in).run();
    case Arithmetic::Rounded:
        break;
    }
    return Loops<double, true>(in).run();
}

} // namespace cuda_test
