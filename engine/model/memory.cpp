#include "engine/model/memory.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "engine/error.h"

namespace engine::model {

namespace {

struct ModeName {
    Mode mode;
    const char* name;
};

constexpr ModeName kModeNames[] = {
    {Mode::InfiniLinear, "infini-linear"},
    {Mode::InfiniDelta, "infini-delta"},
    {Mode::Local, "local"},
    {Mode::Xl, "xl"},
    {Mode::Compressive, "compressive"},
    {Mode::Knn, "knn"},
    {Mode::Full, "full"},
    {Mode::Rmt, "rmt"},
    {Mode::Autocompressor, "autocompressor"},
};

} // namespace

Mode modeFromName(const std::string& name) {
    std::string names;
    for (const ModeName& entry : kModeNames) {
        if (name == entry.name) {
            return entry.mode;
        }
        names += (names.empty() ? "" : ", ") + std::string(entry.name);
    }
    throw Error(Code::WrongUse, "\"" + name + "\" is not a mode of reading; use one of " + names);
}

std::string nameOf(Mode mode) {
    return std::find_if(std::begin(kModeNames), std::end(kModeNames),
                        [&](const ModeName& entry) { return entry.mode == mode; })
        ->name;
}

bool hasMemory(Mode mode) {
    return mode == Mode::InfiniLinear || mode == Mode::InfiniDelta;
}

bool hasVectors(Mode mode) {
    return mode == Mode::Rmt || mode == Mode::Autocompressor;
}

bool isStorable(Mode mode) {
    return mode != Mode::Knn && mode != Mode::Full && mode != Mode::Autocompressor;
}

std::shared_ptr<const Adapter> Adapter::untrained(const Config& config, double gate) {
    auto adapter = std::make_shared<Adapter>();
    // Between 50 % and 83 % of the depth: 15-24 of 30.
    adapter->firstLayer = config.layers / 2;
    adapter->lastLayer = (5 * config.layers + 5) / 6 - 1;
    adapter->features = config.headWidth;
    adapter->beta = at::full({adapter->layers(), config.heads}, std::log(gate / (1.0 - gate)),
                             at::TensorOptions().dtype(at::kFloat));
    return adapter;
}

Memory Memory::empty(const Config& config, const Adapter& adapter, std::int64_t batch) {
    Memory memory;
    for (std::int64_t i = 0; i < adapter.layers(); ++i) {
        const auto options = adapter.beta.options().dtype(at::kFloat);
        memory.M.push_back(
            at::zeros({batch, config.kvHeads, adapter.features, config.headWidth}, options));
        memory.z.push_back(at::zeros({batch, config.kvHeads, adapter.features}, options));
    }
    return memory;
}

Memory Memory::clone() const {
    Memory copy;
    copy.tokens = tokens;
    for (std::size_t i = 0; i < M.size(); ++i) {
        copy.M.push_back(M[i].clone());
        copy.z.push_back(z[i].clone());
    }
    return copy;
}

std::int64_t Memory::bytes() const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < M.size(); ++i) {
        sum += static_cast<std::int64_t>(M[i].nbytes() + z[i].nbytes());
    }
    return sum;
}

} // namespace engine::model
