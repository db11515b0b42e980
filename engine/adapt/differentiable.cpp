#include "engine/adapt/differentiable.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>
#include <torch/csrc/autograd/custom_function.h>

#include "engine/kernels/ops.h"

namespace engine::adapt {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

struct RmsNorm : Function<RmsNorm> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                              const at::Tensor& weight, double epsilon, std::int64_t dtype) {
        context->save_for_backward({x, weight});
        context->saved_data["epsilon"] = epsilon;
        return kernels::rmsNorm(x.detach(), weight, epsilon, static_cast<at::ScalarType>(dtype));
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor x = saved[0].detach();
        const double width = static_cast<double>(x.size(-1));
        const at::Tensor scale = x.square()
                                     .mean(at::IntArrayRef{-1}, true)
                                     .add_(context->saved_data["epsilon"].toDouble())
                                     .rsqrt_();
        at::Tensor out = gradients[0].to(x.scalar_type()) * saved[1];
        const at::Tensor along =
            (out * x).sum(at::IntArrayRef{-1}, true).mul_(scale.pow(3)).div_(-width);
        out.mul_(scale).addcmul_(x, along);
        return {out, {}, {}, {}};
    }
};

struct SiluMultiply : Function<SiluMultiply> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& gateUp) {
        context->save_for_backward({gateUp});
        return kernels::siluMultiply(gateUp.detach());
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const at::Tensor gateUp = context->get_saved_variables()[0].detach();
        const std::int64_t width = gateUp.size(-1) / 2;
        const at::Tensor gate = gateUp.narrow(-1, 0, width), up = gateUp.narrow(-1, width, width);
        at::Tensor out = at::empty(gateUp.sizes(), gateUp.options());
        at::Tensor toGate = out.narrow(-1, 0, width), toUp = out.narrow(-1, width, width);
        at::silu_backward_out(toGate, gradients[0] * up, gate);
        at::silu_out(toUp, gate);
        toUp.mul_(gradients[0]);
        return {out};
    }
};

struct FeatureMap : Function<FeatureMap> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x) {
        at::Tensor out = kernels::featureMap(x.detach());
        context->save_for_backward({out});
        return out;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        return {at::clamp_max(context->get_saved_variables()[0].detach(), 1).mul_(gradients[0])};
    }
};

at::Tensor turned(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines,
                  double direction) {
    const std::int64_t half = x.size(-1) / 2;
    const at::Tensor in = x.to(cosines.scalar_type());
    const at::Tensor c = cosines.unsqueeze(1), s = sines.unsqueeze(1);
    const at::Tensor first = in.narrow(-1, 0, half), second = in.narrow(-1, half, half);
    at::Tensor out = at::empty(in.sizes(), in.options());
    at::Tensor outFirst = out.narrow(-1, 0, half), outSecond = out.narrow(-1, half, half);
    at::mul_out(outFirst, first, c);
    outFirst.addcmul_(second, s, -direction);
    at::mul_out(outSecond, second, c);
    outSecond.addcmul_(first, s, direction);
    return out.to(x.scalar_type());
}

struct Rotate : Function<Rotate> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                              const at::Tensor& cosines, const at::Tensor& sines) {
        context->save_for_backward({cosines, sines});
        return turned(x.detach(), cosines, sines, 1);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        return {turned(gradients[0], saved[0], saved[1], -1), {}, {}};
    }
};

} // namespace

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon,
                   at::ScalarType dtype) {
    return RmsNorm::apply(x, weight, epsilon, static_cast<std::int64_t>(dtype));
}

at::Tensor siluMultiply(const at::Tensor& gateUp) {
    return SiluMultiply::apply(gateUp);
}

at::Tensor featureMap(const at::Tensor& x) {
    return FeatureMap::apply(x);
}

at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines) {
    return Rotate::apply(x, cosines, sines);
}

} // namespace engine::adapt
