#include "engine/kernels/cuda_layer.h"

namespace engine::kernels {

namespace {

/// Cuts device memory into pieces; with null it only counts.
class Cutter {
public:
    explicit Cutter(void* memory) : m_memory(static_cast<unsigned char*>(memory)) {}

    template <class T> T* take(std::size_t count) {
        constexpr std::size_t kAlignment = 256;
        auto* const piece = m_memory == nullptr ? nullptr : m_memory + m_used;
        m_used += (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
        return reinterpret_cast<T*>(piece);
    }
    [[nodiscard]] std::size_t used() const { return m_used; }

private:
    unsigned char* m_memory;
    std::size_t m_used = 0;
};

struct Workspace {
    std::size_t bytes;
    float* memoryIncrement;
    std::int32_t* written;
    float* normBefore;
    std::int64_t* writtenBefore;
    std::uint16_t* before;
    float* decay;
    InfolioOutputRows keys; ///< rotated

    Workspace(const CudaLayer& layer, void* memory) {
        const InfolioSizes& sizes = layer.sizes;
        const std::size_t B = sizes.batch, T = sizes.rows, N = sizes.segment, G = sizes.groups,
                          d = sizes.width, f = sizes.features;
        const std::size_t segments = N == 0 ? 0 : B * ((T + N - 1) / N), blocks = segments * G;
        Cutter cutter(memory);
        memoryIncrement = cutter.take<float>(blocks * f * d);
        written = cutter.take<std::int32_t>(segments);
        normBefore = cutter.take<float>(blocks * f);
        writtenBefore = cutter.take<std::int64_t>(segments);
        before = cutter.take<std::uint16_t>(blocks * f * (d + 8));
        decay = layer.isDelta ? cutter.take<float>(blocks * f * f) : nullptr;
        const auto head = static_cast<std::int64_t>(d), row = head * sizes.groups;
        keys = {cutter.take<std::uint16_t>(B * T * G * d), row * sizes.rows, row, head};
        bytes = cutter.used();
    }
};

InfolioScan scanOf(const CudaLayer& layer, const Workspace& workspace) {
    InfolioScan scan{};
    scan.sizes = layer.sizes;
    scan.memory = layer.memory;
    scan.norm = layer.norm;
    scan.count = layer.count;
    scan.memoryIncrement = workspace.memoryIncrement;
    scan.normIncrement = layer.normIncrement;
    scan.written = workspace.written;
    scan.decay = workspace.decay;
    scan.normBefore = workspace.normBefore;
    scan.writtenBefore = workspace.writtenBefore;
    scan.before = workspace.before;
    scan.due = layer.due;
    scan.memorySnapshots = layer.memorySnapshots;
    scan.normSnapshots = layer.normSnapshots;
    return scan;
}

InfolioAttend attendOf(const CudaLayer& layer, const Workspace& workspace) {
    InfolioAttend attend{};
    attend.sizes = layer.sizes;
    attend.query = layer.query;
    attend.queryFeature = layer.queryFeature;
    attend.key = {workspace.keys.data, workspace.keys.batch, workspace.keys.row,
                  workspace.keys.head};
    attend.value = layer.value;
    attend.cosines = layer.cosines;
    attend.sines = layer.sines;
    attend.before = workspace.before;
    attend.writtenBefore = workspace.writtenBefore;
    attend.gate = layer.gate;
    attend.gatePosition = layer.gatePosition;
    attend.output = layer.output;
    attend.memoryPart = layer.memoryPart;
    attend.scale = layer.scale;
    attend.epsilon = layer.epsilon;
    return attend;
}

} // namespace

std::size_t cudaLayerWorkspace(const CudaLayer& layer) {
    return Workspace(layer, nullptr).bytes;
}

InfolioCudaStatus runCudaLayer(const InfolioCudaTable& table, const CudaLayer& layer,
                               void* workspace, void* stream) {
    if (layer.sizes.past != nullptr) {
        return {kInfolioCudaRefused, "rows that continue a window are not written"};
    }
    const Workspace between(layer, workspace);
    const InfolioWrite write{layer.keyFeature, layer.writeScale, layer.writeMask};
    const InfolioPrepare prepare{layer.sizes, layer.key, between.keys, layer.cosines, layer.sines};
    const InfolioSums sums{layer.sizes,         write,
                           layer.memoryValue,   between.memoryIncrement,
                           layer.normIncrement, between.written};
    const InfolioDecay decay{layer.sizes,           write,         between.normBefore,
                             between.writtenBefore, between.decay, layer.epsilon};
    const InfolioScan scan = scanOf(layer, between);
    const InfolioAttend attend = attendOf(layer, between);

    InfolioCudaStatus status = table.prepare(&prepare, stream);
    const auto then = [&](auto launch, const auto& arguments) {
        status = status.code == kInfolioCudaDone ? launch(&arguments, stream) : status;
    };
    then(table.sums, sums);
    then(table.scanNorm, scan);
    if (layer.isDelta) {
        then(table.decay, decay);
    }
    then(table.scanMemory, scan);
    then(table.attend, attend);
    return status;
}

} // namespace engine::kernels
