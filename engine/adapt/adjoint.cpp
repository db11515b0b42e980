#include "engine/adapt/adjoint.h"

#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

namespace engine::adapt {

namespace {

MemoryState leavesOf(const MemoryState& state) {
    MemoryState leaves;
    for (const LayerMemory& layer : state) {
        leaves.push_back({layer.M.detach().requires_grad_(), layer.z.detach().requires_grad_()});
    }
    return leaves;
}

/// ⟨increment, adjoint⟩ over all layers.
at::Tensor product(const MemoryState& increment, const MemoryState& adjoint) {
    at::Tensor total;
    for (std::size_t i = 0; i < increment.size(); ++i) {
        const at::Tensor part =
            (increment[i].M * adjoint[i].M).sum() + (increment[i].z * adjoint[i].z).sum();
        total = total.defined() ? total + part : part;
    }
    return total;
}

void addGradients(MemoryState& adjoint, const MemoryState& leaves) {
    if (adjoint.empty()) {
        for (const LayerMemory& layer : leaves) {
            adjoint.push_back(
                {layer.M.new_zeros(layer.M.sizes()), layer.z.new_zeros(layer.z.sizes())});
        }
    }
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        // A layer whose read nobody used has none.
        if (leaves[i].M.grad().defined()) {
            adjoint[i].M = adjoint[i].M + leaves[i].M.grad();
            adjoint[i].z = adjoint[i].z + leaves[i].z.grad();
        }
    }
}

} // namespace

Gone backThroughSegments(const Student& student, const Parameters& parameters,
                         const Segments& segments) {
    const std::size_t count = segments.rows.size();
    Gone gone;
    std::vector<MemoryState> before{segments.start};
    {
        const c10::NoGradGuard none;
        const auto views = parameters.layers();
        for (std::size_t s = 0; s + 1 < count; ++s) {
            const MemoryState increment =
                student
                    .memoryLayers(views, segments.rows[s], before[s], {}, Student::Want::Increment)
                    .increment;
            before.push_back(sum(before[s], increment));
            if (segments.wantsWritten) {
                gone.written = sum(gone.written, increment);
            }
        }
    }
    MemoryState adjoint; // d losses of later segments / d memory behind this one
    for (std::size_t s = count; s-- > 0;) {
        const bool hasLoss = segments.hasLoss(s), isLast = s + 1 == count;
        const bool hasAdjoint = !adjoint.empty();
        const bool wantsIncrement = hasAdjoint || (isLast && segments.wantsWritten);
        MemoryState leaves = s > 0 ? leavesOf(before[s]) : before[s];
        if (hasLoss || wantsIncrement) {
            const Student::Want want = !hasLoss         ? Student::Want::Increment
                                       : wantsIncrement ? Student::Want::Both
                                                        : Student::Want::Rows;
            const Student::Passed passed =
                student.memoryLayers(parameters.layers(), segments.rows[s], leaves, {}, want);
            at::Tensor objective;
            if (hasLoss) {
                objective = segments.loss(s, passed.x);
                gone.loss += objective.item<double>();
            }
            if (isLast && segments.wantsWritten) {
                gone.written = sum(gone.written, detached(passed.increment));
            }
            if (hasAdjoint) {
                const at::Tensor along = product(passed.increment, adjoint);
                objective = objective.defined() ? objective + along : along;
            }
            if (objective.defined() && objective.requires_grad()) {
                objective.backward();
            }
            if (s > 0) {
                addGradients(adjoint, leaves);
            }
        }
        if (segments.truncation > 0 && (count - s) % segments.truncation == 0) {
            adjoint.clear();
        }
    }
    return gone;
}

} // namespace engine::adapt
