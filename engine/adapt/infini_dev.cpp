#include "engine/adapt/infini_dev.h"

#include <ATen/ops/full.h>

#include "engine/adapt/needles.h"

namespace engine::adapt {

namespace {

using Want = Student::Want;

constexpr std::int64_t kDistractors = 32; ///< distinct segments

class InfiniDevReader final : public DevReader {
public:
    explicit InfiniDevReader(const Student& student) : m_student(student) {}

    void draw(const std::vector<Text>& texts, const DevSizes& sizes, Random& random) override {
        std::vector<std::vector<std::int32_t>> pieces;
        for (std::int64_t i = 0; i < kDistractors; ++i) {
            pieces.push_back(Corpus::piece(texts, random, sizes.needleTokens));
        }
        m_distractors = prepared(idRows(pieces));
    }

    [[nodiscard]] at::Tensor prepared(const at::Tensor& ids) const override {
        return m_student.lower(ids);
    }

    [[nodiscard]] Carried after(const Parameters& parameters, const at::Tensor& segment,
                                const Carried& before) const override {
        return {sum(before.memory, increment(parameters.layers(), segment, before.memory)), {}};
    }

    [[nodiscard]] at::Tensor rows(const Parameters& parameters, const at::Tensor& segment,
                                  const Carried& read) const override {
        return m_student.upper(
            m_student.memoryLayers(parameters.layers(), segment, read.memory, {}, Want::Rows).x);
    }

    [[nodiscard]] at::Tensor logits(const at::Tensor& rows) const override {
        return m_student.logits(rows);
    }

    [[nodiscard]] std::string depth() const override {
        return "segments of " + std::to_string(m_distractors.size(1)) +
               " tokens around the needle, as the mean of " +
               std::to_string(m_distractors.size(0)) + " that were read, times their number";
    }

    bool behind(const Parameters& parameters, const at::Tensor& needles,
                const std::vector<std::int64_t>& depths, const std::function<bool()>& goOn,
                const std::function<void(std::int64_t, const Carried&)>& found) const override {
        const auto views = parameters.layers();
        for (const std::int64_t depth : depths) {
            if (!goOn()) {
                return false;
            }
            found(depth, {memoryBehind(views, needles, depth), {}});
        }
        return true;
    }

private:
    [[nodiscard]] MemoryState increment(const std::vector<LayerParameters>& views,
                                        const at::Tensor& segment, const MemoryState& read) const {
        return m_student.memoryLayers(views, segment, read, {}, Want::Increment).increment;
    }

    [[nodiscard]] MemoryState memoryBehind(const std::vector<LayerParameters>& views,
                                           const at::Tensor& needles, std::int64_t depth) const {
        const auto times = [&](std::int64_t factor) {
            return at::full({1}, static_cast<double>(factor),
                            at::TensorOptions().dtype(m_student.wide()));
        };
        const auto mean = [&](const MemoryState& read) {
            return meanOf(increment(views, m_distractors, read));
        };
        MemoryState before, behind;
        if (depth > 0) {
            const std::int64_t half = depth / 2;
            const MemoryState first = mean({});
            const MemoryState deep = half > 0 ? mean(scaled(first, times(half))) : first;
            before = half > 0 ? scaled(deep, times(half)) : MemoryState{};
            behind = scaled(deep, times(depth - half));
        }
        return sum(sum(before, increment(views, needles, before)), behind);
    }

    const Student& m_student;
    at::Tensor m_distractors;
};

} // namespace

std::unique_ptr<DevReader> infiniDevReader(const Student& student) {
    return std::make_unique<InfiniDevReader>(student);
}

} // namespace engine::adapt
