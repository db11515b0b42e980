#include "engine/adapt/prompt_dev.h"

#include <algorithm>

#include "engine/adapt/needles.h"

namespace engine::adapt {

namespace {

using Want = PromptStudent::Want;

class PromptDevReader final : public DevReader {
public:
    explicit PromptDevReader(const PromptStudent& student) : m_student(student) {}

    void draw(const std::vector<Text>& texts, const DevSizes& sizes, Random& random) override {
        m_tokens = sizes.needleTokens;
        std::int64_t deepest = 0;
        for (const auto* depths : {&sizes.depths, &sizes.namedDepths}) {
            for (const std::int64_t depth : *depths) {
                deepest = std::max(deepest, depth);
            }
        }
        for (std::int64_t i = 0; i < deepest; ++i) {
            std::vector<std::vector<std::int32_t>> pieces;
            for (std::int64_t b = 0; b < sizes.samples; ++b) {
                pieces.push_back(Corpus::piece(texts, random, sizes.needleTokens));
            }
            m_fillers.push_back(idRows(pieces));
        }
    }

    [[nodiscard]] at::Tensor prepared(const at::Tensor& ids) const override { return ids; }

    [[nodiscard]] Carried after(const Parameters& parameters, const at::Tensor& segment,
                                const Carried& before) const override {
        const at::Tensor written =
            m_student.segment(parameters, segment, before.vectors, Want::Written).written;
        return {{}, m_student.carried(before.vectors, written)};
    }

    [[nodiscard]] at::Tensor rows(const Parameters& parameters, const at::Tensor& segment,
                                  const Carried& read) const override {
        return m_student.segment(parameters, segment, read.vectors, Want::Rows).x;
    }

    [[nodiscard]] std::string depth() const override {
        return "segments of " + std::to_string(m_tokens) + " tokens read behind the needle";
    }

    [[nodiscard]] at::Tensor logits(const at::Tensor& rows) const override {
        return m_student.logits(rows);
    }

    bool behind(const Parameters& parameters, const at::Tensor& needles,
                const std::vector<std::int64_t>& depths, const std::function<bool()>& goOn,
                const std::function<void(std::int64_t, const Carried&)>& found) const override {
        Carried carried;
        std::int64_t depth = -1;
        for (const std::int64_t wanted : depths) {
            for (; depth < wanted; ++depth) {
                if (!goOn()) {
                    return false;
                }
                carried = after(parameters,
                                depth < 0 ? needles : m_fillers[static_cast<std::size_t>(depth)],
                                carried);
            }
            found(wanted, carried);
        }
        return true;
    }

private:
    const PromptStudent& m_student;
    std::int64_t m_tokens = 0;
    std::vector<at::Tensor> m_fillers; ///< (B, N) each, one for each segment behind a needle
};

} // namespace

std::unique_ptr<DevReader> promptDevReader(const PromptStudent& student) {
    return std::make_unique<PromptDevReader>(student);
}

} // namespace engine::adapt
