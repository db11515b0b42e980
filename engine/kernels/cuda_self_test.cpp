#include "engine/kernels/cuda_self_test.h"

#include "engine/kernels/cuda_layer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace engine::kernels {

namespace {

constexpr double kTolerance = 2e-2;
// Two full segments and part of a third; two query heads to a KV head.
constexpr int kRows = 45, kSegment = 20, kSegments = 3, kHeads = 2;
constexpr float kEpsilon = 1e-10f, kGate = -0.4f;

float valueOf(std::uint16_t bf16) {
    const std::uint32_t bits = static_cast<std::uint32_t>(bf16) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

void check(const InfolioCudaStatus& status) {
    if (status.code != kInfolioCudaDone) {
        throw std::runtime_error(status.sentence);
    }
}

/// Values between −2 and 2 that bf16 holds exactly, the same in every run.
std::vector<std::uint16_t> pattern(std::size_t count, std::uint32_t seed) {
    std::vector<std::uint16_t> values(count);
    std::uint32_t state = seed;
    for (std::uint16_t& value : values) {
        state = state * 1664525u + 1013904223u;
        const float x = static_cast<float>(static_cast<int>(state >> 24) - 128) / 64.0f;
        std::uint32_t bits;
        std::memcpy(&bits, &x, sizeof bits);
        value = static_cast<std::uint16_t>(bits >> 16);
    }
    return values;
}

struct Case {
    int width, features;
    bool isDelta;
    std::vector<std::uint16_t> query, queryFeature, key, value, keyFeature;
    std::vector<float> cosines, sines;

    Case(int d, int f, bool delta)
        : width(d), features(f), isDelta(delta),
          query(pattern(static_cast<std::size_t>(kRows) * kHeads * d, 1)),
          queryFeature(pattern(static_cast<std::size_t>(kRows) * kHeads * f, 2)),
          key(pattern(static_cast<std::size_t>(kRows) * d, 3)),
          value(pattern(static_cast<std::size_t>(kRows) * d, 4)),
          keyFeature(pattern(static_cast<std::size_t>(kRows) * f, 5)) {
        for (int i = 0; i < kSegment * d / 2; ++i) {
            const double angle = i / (d / 2) * std::pow(1e4, -2.0 * (i % (d / 2)) / d);
            cosines.push_back(static_cast<float>(std::cos(angle)));
            sines.push_back(static_cast<float>(std::sin(angle)));
        }
    }
};

/// Plain loops in double, token by token.
class Plain {
public:
    explicit Plain(const Case& c)
        : m_case(c), m_memory(static_cast<std::size_t>(c.features) * c.width, 0.0),
          m_norm(c.features, 0.0) {
        for (int begin = 0; begin < kRows; begin += kSegment) {
            const int end = std::min(begin + kSegment, kRows);
            for (int row = begin; row < end; ++row) {
                for (int head = 0; head < kHeads; ++head) {
                    attend(row, head, begin);
                }
            }
            write(begin, end);
        }
    }

    [[nodiscard]] const std::vector<double>& output() const { return m_output; }
    [[nodiscard]] const std::vector<double>& memory() const { return m_memory; }

private:
    static double phi(double x) { return x > 0 ? x + 1 : std::exp(x); }

    std::vector<double> rotated(const std::uint16_t* x, int position) const {
        const int half = m_case.width / 2;
        std::vector<double> out(m_case.width);
        for (int i = 0; i < half; ++i) {
            const double c = m_case.cosines[position * half + i];
            const double s = m_case.sines[position * half + i];
            out[i] = valueOf(x[i]) * c - valueOf(x[i + half]) * s;
            out[i + half] = valueOf(x[i + half]) * c + valueOf(x[i]) * s;
        }
        return out;
    }

    void attend(int row, int head, int begin) {
        const int d = m_case.width, f = m_case.features;
        const auto q = rotated(&m_case.query[(row * kHeads + head) * d], row - begin);
        std::vector<double> local(d, 0.0), read(d, 0.0);
        double total = 0, den = 0;
        for (int other = begin; other <= row; ++other) {
            const auto k = rotated(&m_case.key[other * d], other - begin);
            double score = 0;
            for (int i = 0; i < d; ++i) {
                score += q[i] * k[i];
            }
            const double weight = std::exp(score / std::sqrt(d));
            total += weight;
            for (int i = 0; i < d; ++i) {
                local[i] += weight * valueOf(m_case.value[other * d + i]);
            }
        }
        for (int j = 0; j < f; ++j) {
            const double p = phi(valueOf(m_case.queryFeature[(row * kHeads + head) * f + j]));
            den += p * m_norm[j];
            for (int i = 0; i < d; ++i) {
                read[i] += p * m_memory[j * d + i];
            }
        }
        const double gate = begin == 0 ? 0.0 : 1 / (1 + std::exp(-kGate));
        for (int i = 0; i < d; ++i) {
            m_output.push_back(gate * read[i] / std::max<double>(den, kEpsilon) +
                               (1 - gate) * local[i] / total);
        }
    }

    void write(int begin, int end) {
        const int d = m_case.width, f = m_case.features;
        const std::vector<double> memory = m_memory, norm = m_norm;
        std::vector<double> p(f);
        for (int row = begin; row < end; ++row) {
            double den = 0;
            for (int j = 0; j < f; ++j) {
                p[j] = phi(valueOf(m_case.keyFeature[row * f + j]));
                den += p[j] * norm[j];
                m_norm[j] += p[j];
            }
            for (int i = 0; i < d; ++i) {
                double old = 0;
                for (int j = 0; m_case.isDelta && begin > 0 && j < f; ++j) {
                    old += p[j] * memory[j * d + i] / std::max<double>(den, kEpsilon);
                }
                for (int j = 0; j < f; ++j) {
                    m_memory[j * d + i] += p[j] * (valueOf(m_case.value[row * d + i]) - old);
                }
            }
        }
    }

    const Case& m_case;
    std::vector<double> m_output, m_memory, m_norm;
};

/// The device memory of one case, released with it.
class Buffers {
public:
    explicit Buffers(const InfolioCudaTable& table) : m_table(table) {}
    ~Buffers() {
        for (void* const memory : m_memory) {
            m_table.release(memory);
        }
    }
    Buffers(const Buffers&) = delete;
    Buffers& operator=(const Buffers&) = delete;

    template <class T> T* put(const std::vector<T>& host) {
        void* memory = nullptr;
        check(m_table.allocate(&memory, host.size() * sizeof(T)));
        m_memory.push_back(memory);
        check(m_table.copyIn(memory, host.data(), host.size() * sizeof(T), nullptr));
        return static_cast<T*>(memory);
    }
    template <class T> T* zeros(std::size_t count) { return put(std::vector<T>(count)); }
    template <class T> std::vector<T> take(const T* memory, std::size_t count) {
        std::vector<T> host(count);
        check(m_table.copyOut(host.data(), memory, count * sizeof(T), nullptr));
        return host;
    }

private:
    const InfolioCudaTable& m_table;
    std::vector<void*> m_memory;
};

double relativeError(const std::vector<double>& got, const std::vector<double>& exact) {
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        difference += (got[i] - exact[i]) * (got[i] - exact[i]);
        size += exact[i] * exact[i];
    }
    return std::sqrt(difference / size);
}

/// "" or what differs.
std::string compare(const InfolioCudaTable& table, const Case& c) {
    Buffers buffers(table);
    const std::size_t f = c.features, matrix = f * c.width;
    const InfolioRows value{buffers.put(c.value), 0, c.width, 0};
    CudaLayer layer{};
    layer.sizes = {1, kRows, kSegment, 1, kHeads, c.width, c.features, nullptr, nullptr};
    layer.query = {buffers.put(c.query), 0, kHeads * c.width, c.width};
    layer.key = {buffers.put(c.key), 0, c.width, 0};
    layer.value = layer.memoryValue = value;
    layer.queryFeature = {buffers.put(c.queryFeature), 0, kHeads * c.features, c.features};
    layer.keyFeature = {buffers.put(c.keyFeature), 0, c.features, 0};
    layer.cosines = buffers.put(c.cosines);
    layer.sines = buffers.put(c.sines);
    layer.isDelta = c.isDelta;
    layer.memory = buffers.zeros<float>(matrix);
    layer.norm = buffers.zeros<float>(f);
    layer.count = buffers.zeros<std::int64_t>(1);
    layer.gate = buffers.put(std::vector<float>(kHeads, kGate));
    layer.scale = static_cast<float>(1 / std::sqrt(c.width));
    layer.epsilon = kEpsilon;
    layer.output = {buffers.zeros<std::uint16_t>(c.query.size()), 0, kHeads * c.width, c.width};
    layer.normIncrement = buffers.zeros<float>(kSegments * f);
    void* const workspace = buffers.zeros<unsigned char>(cudaLayerWorkspace(layer));
    check(runCudaLayer(table, layer, workspace, nullptr));

    const Plain plain(c);
    const auto memory = buffers.take(layer.memory, plain.memory().size());
    std::vector<double> output;
    for (const std::uint16_t x : buffers.take(layer.output.data, c.query.size())) {
        output.push_back(valueOf(x));
    }
    const double error = std::max(relativeError(output, plain.output()),
                                  relativeError({memory.begin(), memory.end()}, plain.memory()));
    if (!(error <= kTolerance)) {
        std::ostringstream text;
        text << std::setprecision(2) << "results differ from the processor's by " << error
             << " of their size (heads of " << c.width << ", features of " << c.features << ")";
        return text.str();
    }
    return "";
}

/// Norm and feed-forward gate of one row; "" or what differs.
std::string compareRows(const InfolioCudaTable& table) {
    constexpr int kWidth = 576;
    Buffers buffers(table);
    const auto add = pattern(kWidth, 6), gateUp = pattern(2 * kWidth, 7);
    const InfolioNorm norm{1,
                           kWidth,
                           buffers.zeros<float>(kWidth),
                           buffers.put(add),
                           buffers.put(std::vector<float>(kWidth, 1.5f)),
                           buffers.zeros<std::uint16_t>(kWidth),
                           kEpsilon};
    check(table.norm(&norm, nullptr));
    const InfolioGate gate{1, kWidth, buffers.put(gateUp), buffers.zeros<std::uint16_t>(kWidth)};
    check(table.gate(&gate, nullptr));
    double squares = 0;
    for (const std::uint16_t x : add) {
        squares += std::pow(valueOf(x), 2);
    }
    std::vector<double> got, exact;
    for (const std::uint16_t* const result : {norm.output, gate.output}) {
        for (const std::uint16_t x : buffers.take(result, kWidth)) {
            got.push_back(valueOf(x));
        }
    }
    for (const std::uint16_t x : add) {
        exact.push_back(1.5 * valueOf(x) / std::sqrt(squares / kWidth));
    }
    for (int i = 0; i < kWidth; ++i) {
        const double x = valueOf(gateUp[i]);
        exact.push_back(x / (1 + std::exp(-x)) * valueOf(gateUp[kWidth + i]));
    }
    const bool isFine = relativeError(got, exact) <= kTolerance;
    return isFine ? "" : "results of norm or gate differ from the processor's";
}

} // namespace

std::string cudaSelfTest(const InfolioCudaTable& table, int number) {
    try {
        check(table.use(number));
        if (const std::string fault = compareRows(table); !fault.empty()) {
            return fault;
        }
        for (const int width : {64, 128}) {
            for (const int features : {64, 128}) {
                const bool isDelta = width == features;
                const std::string fault = compare(table, Case(width, features, isDelta));
                if (!fault.empty()) {
                    return fault;
                }
            }
        }
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

} // namespace engine::kernels
