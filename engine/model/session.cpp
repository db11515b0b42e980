#include "engine/model/session.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <sched.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>
#include <utility>

#include "engine/error.h"
#include "engine/model/adapter_file.h"
#include "engine/model/model_file.h"
#include "engine/model/prompt_file.h"

namespace engine::model {

namespace {

constexpr std::int64_t kActivationBytes = 128 << 20;

std::int64_t machineBytes() {
    return sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE);
}

std::string megabytes(std::int64_t bytes) {
    return std::to_string(bytes >> 20) + " MiB";
}

std::int64_t bytesOf(std::int64_t weights, Dtype dtype) {
    switch (dtype) {
    case Dtype::BFloat16:
        return weights * 2;
    case Dtype::Float32:
        return weights * 4;
    case Dtype::Int8:
        break;
    }
    return weights + weights / 8;
}

/// The bytes that are left beside the weights and running them.
std::int64_t requireMemory(const ModelFile& file, Dtype dtype, std::int64_t available) {
    std::int64_t values = 0;
    for (const FileTensor& tensor : file.tensors()) {
        values += std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::int64_t{1},
                                  std::multiplies<>());
    }
    const std::int64_t weights = bytesOf(values, dtype);
    if (weights + kActivationBytes > available) {
        throw Error(Code::NoMemory, file.path() + ": the weights take " + megabytes(weights) +
                                        " and running them " + megabytes(kActivationBytes) +
                                        ", together more than the " + megabytes(available) +
                                        " of memory at hand; use a smaller model");
    }
    return available - weights - kActivationBytes;
}

} // namespace

std::shared_ptr<const Model> Model::load(const std::string& path, const std::string& adapterPath,
                                         Dtype dtype, std::int64_t memoryBytes) {
    std::error_code error;
    if (path.empty() || !std::filesystem::exists(path, error)) {
        throw Error(Code::NoModel, (path.empty() ? "the path of the model is empty"
                                                 : path + ": there is no model file here") +
                                       "; name a GGUF file or a folder with safetensors");
    }
    const c10::InferenceMode inference;
    const auto file = ModelFile::open(path);
    auto model = std::make_shared<Model>();
    model->stateBytes = requireMemory(*file, dtype, memoryBytes > 0 ? memoryBytes : machineBytes());
    model->tokenizer = Tokenizer::load(*file);
    model->weights = Weights::load(*file, dtype);
    model->adapter = Adapter::untrained(model->weights->config);
    if (model->tokenizer->vocabulary() > model->weights->config.vocabulary) {
        throw Error(Code::BadWeights, path + ": the tokenizer has " +
                                          std::to_string(model->tokenizer->vocabulary()) +
                                          " tokens, the embedding " +
                                          std::to_string(model->weights->config.vocabulary) +
                                          " rows; the file is damaged, get it again");
    }
    return adapterPath.empty() ? model : model->withAdapter(adapterPath);
}

std::shared_ptr<const Model> Model::withAdapter(const std::string& path) const {
    const c10::InferenceMode inference;
    auto changed = std::make_shared<Model>(*this);
    changed->adapterPath = path;
    if (PromptFile::isOne(path)) {
        const auto file = PromptFile::load(path, *weights);
        auto untrained = std::make_shared<Adapter>(*Adapter::untrained(weights->config));
        // What is read by its help is known by this file.
        untrained->sha256 = file->prompt.sha256;
        untrained->texts = file->prompt.texts;
        changed->adapter = untrained;
        changed->prompt = std::make_shared<Prompt>(file->prompt);
        return changed;
    }
    changed->adapter = std::make_shared<Adapter>(AdapterFile::load(path, *weights)->adapter);
    changed->prompt = nullptr;
    return changed;
}

bool Model::suits(Mode mode) const {
    return hasVectors(mode) ? prompt && prompt->method == mode : !hasMemory(mode) || !prompt;
}

std::string Model::otherwiseTrained(Mode mode, std::int64_t segmentTokens) const {
    if (!hasMemory(mode) || !adapter->isTrained()) {
        return "";
    }
    const std::string rule = mode == Mode::InfiniDelta ? "delta" : "linear";
    std::string made, used;
    if (!adapter->rule.empty() && adapter->rule != rule) {
        made = "the " + adapter->rule + " rule";
        used = "the " + rule + " rule";
    }
    if (adapter->segmentTokens > 0 && adapter->segmentTokens != segmentTokens) {
        const std::string joint = made.empty() ? "" : " and ";
        made += joint + "segments of " + std::to_string(adapter->segmentTokens) + " tokens";
        used += joint + "segments of " + std::to_string(segmentTokens);
    }
    return made.empty() ? ""
                        : "The adapter was made for " + made + "; this reading uses " + used + ".";
}

void Model::requireTrainedFor(Mode mode) const {
    if (suits(mode)) {
        return;
    }
    const std::string found =
        prompt ? adapterPath + " holds vectors for the mode " + nameOf(prompt->method)
               : "no such vectors are in use";
    if (hasVectors(mode)) {
        throw Error(Code::WrongUse, "the mode " + nameOf(mode) +
                                        " reads with vectors that were trained for it, and " +
                                        found + "; name a file made by adapt --method " +
                                        nameOf(mode) + " with --adapter");
    }
    throw Error(Code::WrongUse,
                "the mode " + nameOf(mode) + " reads with an adapter, and " + found +
                    "; name an adapter or none with --adapter, or read in that mode");
}

std::string torchVersion() {
    return TORCH_VERSION;
}

int setThreads(int threads) {
    if (threads <= 0) {
        // One per physical core among those that this process may use.
        cpu_set_t allowed;
        CPU_ZERO(&allowed);
        std::set<std::pair<int, int>> cores;
        if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
            for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
                if (!CPU_ISSET(cpu, &allowed)) {
                    continue;
                }
                const std::string topology =
                    "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
                int package = 0, core = cpu;
                std::ifstream(topology + "physical_package_id") >> package;
                std::ifstream(topology + "core_id") >> core;
                cores.emplace(package, core);
            }
        }
        threads = std::max<int>(1, static_cast<int>(cores.size()));
    }
    at::set_num_threads(threads);
    return at::get_num_threads();
}

} // namespace engine::model
