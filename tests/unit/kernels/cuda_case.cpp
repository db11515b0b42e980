#include "tests/unit/kernels/cuda_case.h"

#include "engine/kernels/cuda_layer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <utility>

namespace cuda_test {

void check(const InfolioCudaStatus& status) {
    if (status.code != kInfolioCudaDone) {
        throw std::runtime_error(status.sentence);
    }
}

Buffer::Buffer(const InfolioCudaTable& table, std::size_t bytes) : m_table(table) {
    check(table.allocate(&m_data, std::max<std::size_t>(bytes, 16)));
    const std::vector<unsigned char> nan(bytes, 0xFF);
    put(nan);
}

Buffer::~Buffer() {
    if (m_data != nullptr) {
        m_table.release(m_data);
    }
}

void Buffer::release() {
    void* const data = std::exchange(m_data, nullptr);
    check(m_table.release(data));
}

void Buffer::put(const void* host, std::size_t bytes, std::size_t offset) {
    check(m_table.copyIn(as<unsigned char>() + offset, host, bytes, nullptr));
}

void Buffer::get(void* host, std::size_t bytes) const {
    check(m_table.copyOut(host, m_data, bytes, nullptr));
}

namespace {

template <class T> bool sameBytes(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// (B, T, heads, width) with room after each head, each row and each sequence.
struct Strides {
    std::int64_t batch, row, head;
    std::size_t values;

    Strides(const Inputs& in, int heads, int width) : batch(0), row(0), head(width + 8), values(0) {
        row = heads * head + 16;
        batch = in.T * row + 24;
        values = static_cast<std::size_t>(in.B * batch);
    }
};

template <class Visit> void eachHead(const Inputs& in, int heads, const Strides& s, Visit visit) {
    for (int b = 0; b < in.B; ++b) {
        for (int t = 0; t < in.T; ++t) {
            for (int h = 0; h < heads; ++h) {
                visit((static_cast<std::size_t>(b) * in.T + t) * heads + h,
                      static_cast<std::size_t>(b * s.batch + t * s.row + h * s.head));
            }
        }
    }
}

/// The buffers of one run.
class Device {
public:
    Device(const InfolioCudaTable& table, const Inputs& in) : m_table(table), m_in(in) {
        m_sizes = {in.B, in.T, in.N, in.G, in.R, in.d, in.f, putOrNull(in.lengths), nullptr};
    }

    [[nodiscard]] const InfolioSizes& sizes() const { return m_sizes; }

    InfolioRows rows(const std::vector<std::uint16_t>& host, int heads, int width) {
        const Strides s(m_in, heads, width);
        std::vector<std::uint16_t> laid(s.values, 0x7FFF);
        eachHead(m_in, heads, s, [&](std::size_t from, std::size_t to) {
            std::copy_n(&host[from * width], width, &laid[to]);
        });
        return {put(laid), s.batch, s.row, s.head};
    }

    InfolioOutputRows outputRows(int heads, int width) {
        const Strides s(m_in, heads, width);
        return {make<std::uint16_t>(s.values), s.batch, s.row, s.head};
    }

    /// The rows back; what lies between them must still be NaN.
    std::vector<std::uint16_t> take(const InfolioOutputRows& rows, int heads, int width) {
        const Strides s(m_in, heads, width);
        auto laid = find(rows.data).take<std::uint16_t>(s.values);
        std::vector<std::uint16_t> host(static_cast<std::size_t>(m_in.B) * m_in.T * heads * width);
        eachHead(m_in, heads, s, [&](std::size_t to, std::size_t from) {
            std::copy_n(&laid[from], width, &host[to * width]);
            std::fill_n(&laid[from], width, std::uint16_t{0xFFFF});
        });
        if (std::any_of(laid.begin(), laid.end(), [](auto x) { return x != 0xFFFF; })) {
            throw std::runtime_error("a write between the rows of the output");
        }
        return host;
    }

    template <class T> T* put(const std::vector<T>& host) {
        T* const data = make<T>(host.size());
        m_buffers.back()->put(host);
        return data;
    }
    template <class T> T* putOrNull(const std::vector<T>& host) {
        return host.empty() ? nullptr : put(host);
    }
    template <class T> T* make(std::size_t count) {
        m_buffers.push_back(std::make_unique<Buffer>(m_table, count * sizeof(T)));
        return m_buffers.back()->template as<T>();
    }
    template <class T> std::vector<T> take(const T* data, std::size_t count) {
        return find(data).template take<T>(count);
    }
    Buffer& find(const void* data) {
        return **std::find_if(m_buffers.begin(), m_buffers.end(),
                              [&](const auto& buffer) { return buffer->data() == data; });
    }
    void release() {
        for (auto& buffer : m_buffers) {
            buffer->release();
        }
    }

private:
    const InfolioCudaTable& m_table;
    const Inputs& m_in;
    std::vector<std::unique_ptr<Buffer>> m_buffers;
    InfolioSizes m_sizes{};
};

InfolioRows readable(const InfolioOutputRows& rows) {
    return {rows.data, rows.batch, rows.row, rows.head};
}

InfolioWrite writeOf(Device& device, const Inputs& in) {
    return {device.rows(in.keyFeature, in.G, in.f), device.putOrNull(in.writeScale),
            device.putOrNull(in.writeMask)};
}

InfolioScan runScan(const InfolioCudaTable& table, Device& device, const Inputs& in,
                    const InfolioRows& value) {
    const std::size_t blocks = static_cast<std::size_t>(in.B) * in.S() * in.G;
    const std::size_t matrix = static_cast<std::size_t>(in.f) * in.d;
    const InfolioWrite write = writeOf(device, in);
    const InfolioSums sums{device.sizes(),
                           write,
                           value,
                           device.make<float>(blocks * matrix),
                           device.make<float>(blocks * in.f),
                           device.make<std::int32_t>(blocks / in.G)};
    check(table.sums(&sums, nullptr));
    std::vector<std::int32_t> due(in.S());
    std::iota(due.begin(), due.end(), 0);
    InfolioScan scan{};
    scan.sizes = device.sizes();
    scan.memory = device.put(in.memory);
    scan.norm = device.put(in.norm);
    scan.count = device.put(in.count);
    scan.memoryIncrement = sums.memoryIncrement;
    scan.normIncrement = sums.normIncrement;
    scan.written = sums.written;
    scan.normBefore = device.make<float>(blocks * in.f);
    scan.writtenBefore = device.make<std::int64_t>(blocks / in.G);
    scan.before = device.make<std::uint16_t>(blocks * in.f * (in.d + 8));
    scan.due = device.put(due);
    scan.memorySnapshots = device.make<float>(blocks * matrix);
    scan.normSnapshots = device.make<float>(blocks * in.f);
    check(table.scanNorm(&scan, nullptr));
    if (in.rule == Rule::Delta) {
        const InfolioDecay decay{device.sizes(),
                                 write,
                                 scan.normBefore,
                                 scan.writtenBefore,
                                 device.make<float>(blocks * in.f * in.f),
                                 in.epsilon};
        check(table.decay(&decay, nullptr));
        scan.decay = decay.decay;
    }
    check(table.scanMemory(&scan, nullptr));
    return scan;
}

/// The queries after rotary embedding, bf16.
std::vector<std::uint16_t> rotatedQueries(const Inputs& in) {
    std::vector<std::uint16_t> out(in.query.size());
    const int half = in.d / 2;
    for (std::size_t row = 0; row < in.query.size() / in.d; ++row) {
        const std::size_t position = row / in.H() % in.T % in.N;
        for (int i = 0; i < half; ++i) {
            const float c = in.cosines[position * half + i], s = in.sines[position * half + i];
            const float x = valueOf(in.query[row * in.d + i]);
            const float y = valueOf(in.query[row * in.d + i + half]);
            out[row * in.d + i] = bf16Of(x * c - y * s);
            out[row * in.d + i + half] = bf16Of(y * c + x * s);
        }
    }
    return out;
}

/// Rotates the keys of `in` into `keys` and says how its queries attend.
InfolioAttend attendOf(const InfolioCudaTable& table, Device& device, const Inputs& in,
                       const InfolioSizes& sizes, const InfolioOutputRows& keys,
                       const InfolioRows& value) {
    const auto* cosines = device.put(in.cosines);
    const auto* sines = device.put(in.sines);
    const InfolioPrepare prepare{sizes, device.rows(in.key, in.G, in.d), keys, cosines, sines};
    check(table.prepare(&prepare, nullptr));
    InfolioAttend attend{};
    attend.sizes = sizes;
    attend.query = device.rows(in.query, in.H(), in.d);
    attend.key = readable(prepare.output);
    attend.value = value;
    attend.cosines = cosines;
    attend.sines = sines;
    attend.output = device.outputRows(in.H(), in.d);
    attend.scale = static_cast<float>(1 / std::sqrt(in.d));
    attend.epsilon = in.epsilon;
    return attend;
}

void addMemory(InfolioAttend& attend, Device& device, const Inputs& in, const InfolioScan& scan,
               const std::vector<std::uint16_t>& queryFeature) {
    attend.queryFeature = device.rows(queryFeature, in.H(), in.f);
    attend.before = scan.before;
    attend.writtenBefore = scan.writtenBefore;
    attend.gate = device.put(in.gate);
    attend.gatePosition = device.putOrNull(in.gatePosition);
}

/// Rows (B, T, ·) without the first `skipped` of each sequence, in the same room.
void skipRows(std::vector<std::uint16_t>& rows, const Inputs& in,
              const std::vector<std::int32_t>& skipped) {
    const auto width = static_cast<std::ptrdiff_t>(rows.size()) / in.B / in.T;
    for (int b = 0; b < in.B; ++b) {
        const auto begin = rows.begin() + b * in.T * width, end = begin + in.T * width;
        std::fill(std::move(begin + skipped[b] * width, end, begin), end, std::uint16_t{0x7FFF});
    }
}

/// Moves every state and count one segment towards the front.
void readAfterWrite(Device& device, const Inputs& in, const InfolioScan& scan) {
    const std::size_t block = static_cast<std::size_t>(in.G) * in.f * (in.d + 8);
    const std::size_t segments = static_cast<std::size_t>(in.B) * in.S();
    auto before = device.take(scan.before, segments * block);
    std::copy(before.begin() + static_cast<std::ptrdiff_t>(block), before.end(), before.begin());
    device.find(scan.before).put(before);
    auto written = device.take(scan.writtenBefore, segments);
    std::copy(written.begin() + 1, written.end(), written.begin());
    device.find(scan.writtenBefore).put(written);
}

} // namespace

bool Outputs::operator==(const Outputs& other) const {
    return sameBytes(output, other.output) && sameBytes(memoryPart, other.memoryPart) &&
           sameBytes(memory, other.memory) && sameBytes(norm, other.norm) && count == other.count &&
           sameBytes(memoryAfter, other.memoryAfter) && sameBytes(normAfter, other.normAfter);
}

Outputs runKernels(const InfolioCudaTable& table, const Inputs& in, Misuse misuse) {
    Device device(table, in);
    const InfolioRows value = device.rows(in.value, in.G, in.d);
    const InfolioScan scan = runScan(table, device, in, value);
    InfolioAttend attend =
        attendOf(table, device, in, device.sizes(), device.outputRows(in.G, in.d), value);
    const bool isRotated = misuse == Misuse::RotatedMemoryQueries;
    attend.memoryPart = device.outputRows(in.H(), in.d);
    addMemory(attend, device, in, scan, isRotated ? rotatedQueries(in) : in.queryFeature);
    if (misuse == Misuse::ReadAfterWrite) {
        readAfterWrite(device, in, scan);
    }
    if (misuse == Misuse::ScaledWithoutMemory) {
        device.find(scan.writtenBefore)
            .put(std::vector<std::int64_t>(static_cast<std::size_t>(in.B) * in.S(), 1));
    }
    check(table.attend(&attend, nullptr));
    const std::size_t segments = static_cast<std::size_t>(in.S());
    Outputs out{device.take(attend.output, in.H(), in.d),
                device.take(attend.memoryPart, in.H(), in.d),
                device.take(scan.memory, in.memory.size()),
                device.take(scan.norm, in.norm.size()),
                device.take(scan.count, in.count.size()),
                device.take(scan.memorySnapshots, segments * in.memory.size()),
                device.take(scan.normSnapshots, segments * in.norm.size())};
    device.release();
    return out;
}

Outputs runLayer(const InfolioCudaTable& table, const Inputs& in) {
    Device device(table, in);
    const std::size_t segments = static_cast<std::size_t>(in.S());
    std::vector<std::int32_t> due(segments);
    std::iota(due.begin(), due.end(), 0);
    engine::kernels::CudaLayer layer{};
    layer.sizes = device.sizes();
    layer.query = device.rows(in.query, in.H(), in.d);
    layer.key = device.rows(in.key, in.G, in.d);
    layer.value = layer.memoryValue = device.rows(in.value, in.G, in.d);
    layer.queryFeature = device.rows(in.queryFeature, in.H(), in.f);
    layer.keyFeature = device.rows(in.keyFeature, in.G, in.f);
    layer.cosines = device.put(in.cosines);
    layer.sines = device.put(in.sines);
    layer.writeScale = device.putOrNull(in.writeScale);
    layer.writeMask = device.putOrNull(in.writeMask);
    layer.isDelta = in.rule == Rule::Delta;
    layer.memory = device.put(in.memory);
    layer.norm = device.put(in.norm);
    layer.count = device.put(in.count);
    layer.gate = device.put(in.gate);
    layer.gatePosition = device.putOrNull(in.gatePosition);
    layer.scale = static_cast<float>(1 / std::sqrt(in.d));
    layer.epsilon = in.epsilon;
    layer.output = device.outputRows(in.H(), in.d);
    layer.memoryPart = device.outputRows(in.H(), in.d);
    layer.normIncrement = device.make<float>(segments * in.norm.size());
    layer.due = device.put(due);
    layer.memorySnapshots = device.make<float>(segments * in.memory.size());
    layer.normSnapshots = device.make<float>(segments * in.norm.size());
    auto* const workspace = device.make<unsigned char>(engine::kernels::cudaLayerWorkspace(layer));
    check(engine::kernels::runCudaLayer(table, layer, workspace, nullptr));
    Outputs out{device.take(layer.output, in.H(), in.d),
                device.take(layer.memoryPart, in.H(), in.d),
                device.take(layer.memory, in.memory.size()),
                device.take(layer.norm, in.norm.size()),
                device.take(layer.count, in.count.size()),
                device.take(layer.memorySnapshots, segments * in.memory.size()),
                device.take(layer.normSnapshots, segments * in.norm.size())};
    device.release();
    return out;
}

std::vector<std::uint16_t> runLocal(const InfolioCudaTable& table, const Inputs& in) {
    Device device(table, in);
    const InfolioRows value = device.rows(in.value, in.G, in.d);
    const InfolioAttend attend =
        attendOf(table, device, in, device.sizes(), device.outputRows(in.G, in.d), value);
    check(table.attend(&attend, nullptr));
    auto out = device.take(attend.output, in.H(), in.d);
    device.release();
    return out;
}

std::vector<std::uint16_t> runWindow(const InfolioCudaTable& table, const Inputs& in,
                                     const std::vector<std::int32_t>& first) {
    Device device(table, in);
    const InfolioRows value = device.rows(in.value, in.G, in.d);
    const InfolioScan scan = runScan(table, device, in, value);
    const InfolioOutputRows keys = device.outputRows(in.G, in.d);
    InfolioSizes sizes = device.sizes();
    sizes.lengths = device.put(first);
    InfolioAttend attend = attendOf(table, device, in, sizes, keys, value);
    addMemory(attend, device, in, scan, in.queryFeature);
    check(table.attend(&attend, nullptr));
    auto out = device.take(attend.output, in.H(), in.d);

    Inputs rest = in;
    for (auto* rows : {&rest.query, &rest.queryFeature, &rest.key}) {
        skipRows(*rows, in, first);
    }
    std::vector<std::int32_t> left(first);
    std::transform(first.begin(), first.end(), left.begin(), [&](auto x) { return in.T - x; });
    sizes.lengths = device.put(left);
    sizes.past = device.put(first);
    attend = attendOf(table, device, rest, sizes, keys, value);
    addMemory(attend, device, rest, scan, rest.queryFeature);
    check(table.attend(&attend, nullptr));
    const auto later = device.take(attend.output, in.H(), in.d);
    const std::size_t width = static_cast<std::size_t>(in.H()) * in.d;
    for (int b = 0; b < in.B; ++b) {
        const std::size_t begin = static_cast<std::size_t>(b) * in.T * width;
        std::copy_n(&later[begin], left[b] * width, &out[begin + first[b] * width]);
    }
    device.release();
    return out;
}

Inputs randomInputs(Inputs in, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    const auto fill = [&](std::vector<std::uint16_t>& rows, int heads, int width) {
        rows.resize(static_cast<std::size_t>(in.B) * in.T * heads * width);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto t = static_cast<int>(i / width / heads % in.T);
            const std::size_t b = i / width / heads / in.T;
            const bool isThere = in.lengths.empty() || t < in.lengths[b];
            rows[i] = bf16Of(isThere ? normal(random) : std::numeric_limits<float>::quiet_NaN());
        }
    };
    fill(in.query, in.H(), in.d);
    fill(in.queryFeature, in.H(), in.f);
    fill(in.key, in.G, in.d);
    fill(in.value, in.G, in.d);
    fill(in.keyFeature, in.G, in.f);
    const int half = in.d / 2;
    in.cosines.resize(static_cast<std::size_t>(in.N) * half);
    in.sines.resize(in.cosines.size());
    for (std::size_t i = 0; i < in.cosines.size(); ++i) {
        const auto position = static_cast<double>(i / half);
        const double angle = position * std::pow(10000.0, -static_cast<double>(i % half) / half);
        in.cosines[i] = static_cast<float>(std::cos(angle));
        in.sines[i] = static_cast<float>(std::sin(angle));
    }
    in.gate.resize(in.H());
    for (float& beta : in.gate) {
        beta = normal(random);
    }
    if (in.count.empty()) {
        in.count.assign(in.B, 0);
    }
    in.memory.assign(static_cast<std::size_t>(in.B) * in.G * in.f * in.d, 0.0f);
    in.norm.assign(static_cast<std::size_t>(in.B) * in.G * in.f, 0.0f);
    for (std::size_t i = 0; i < in.memory.size(); ++i) {
        const std::size_t b = i / (in.memory.size() / in.B);
        in.memory[i] = static_cast<float>(in.count[b]) * 0.2f * normal(random);
    }
    for (std::size_t i = 0; i < in.norm.size(); ++i) {
        const std::size_t b = i / (in.norm.size() / in.B);
        in.norm[i] = static_cast<float>(in.count[b]) * (1.0f + 0.1f * std::abs(normal(random)));
    }
    return in;
}

} // namespace cuda_test
