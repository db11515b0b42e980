#include "engine/model/trained_file.h"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "engine/model/bad_weights.h"
#include "engine/model/dequantize.h"
#include "engine/model/sha256.h"

namespace engine::model {

namespace {

constexpr std::size_t kLongestText = 4096;

} // namespace

TrainedFile::TrainedFile(std::string_view bytes, const std::string& path, const Weights& weights)
    : m_path(path), m_weights(weights), m_stored(readSafetensors(bytes, path)) {
    for (const FileTensor& tensor : m_stored.tensors) {
        m_left.emplace(tensor.name, &tensor);
    }
}

void TrainedFile::refuse(const std::string& what, const std::string& found,
                         const std::string& expected) const {
    refuseWeights(m_path, what, found, expected);
}

const std::string& TrainedFile::field(const std::string& name) const {
    const auto found = m_stored.metadata.find(name);
    if (found == m_stored.metadata.end()) {
        refuse("field " + name, "missing", "a text of __metadata__");
    }
    return found->second;
}

void TrainedFile::demand(const std::string& name, const std::string& expected) const {
    if (field(name) != expected) {
        refuse("field " + name, "\"" + shown(field(name)) + "\"", "\"" + expected + "\"");
    }
}

std::string TrainedFile::text(const std::string& name) const {
    const std::string& found = field(name);
    if (found.empty() || found.size() > kLongestText) {
        refuse("field " + name, std::to_string(found.size()) + " bytes long",
               "1 to " + std::to_string(kLongestText));
    }
    return found;
}

std::string TrainedFile::hash(const std::string& name) const {
    const std::string& found = field(name);
    if (found.size() != 64 || found.find_first_not_of("0123456789abcdef") != found.npos) {
        refuse("field " + name, "\"" + shown(found) + "\"", "64 hexadecimal digits");
    }
    return found;
}

std::vector<std::string> TrainedFile::texts() const {
    std::vector<std::string> hashes;
    const auto found = m_stored.metadata.find("texts");
    if (found == m_stored.metadata.end()) {
        return hashes;
    }
    constexpr std::size_t kDigits = 64;
    const std::string& all = found->second;
    Sha256 covered;
    for (std::size_t i = 0; i < all.size(); i += kDigits + 1) {
        hashes.push_back(all.substr(i, kDigits));
        covered.add(hashes.back() + "\n");
    }
    if (covered.digest() != hash("data_sha256")) {
        refuse("field texts", std::to_string(hashes.size()) + " hashes",
               "those that data_sha256 covers");
    }
    return hashes;
}

std::string TrainedFile::readKind(const std::string& format, const std::string& version) const {
    demand("format", format);
    demand("version", version);
    std::string baseName = text("base_name");
    if (hash("base_sha256") != m_weights.sha256) {
        refuse("field base_sha256", field("base_sha256") + " (" + shown(baseName) + ")",
               m_weights.sha256 + " (" + m_weights.config.name + "), the model that is in use");
    }
    return baseName;
}

void TrainedFile::demandSizes() const {
    const Config& config = m_weights.config;
    demand("L", std::to_string(config.layers));
    demand("E", std::to_string(config.width));
    demand("H", std::to_string(config.heads));
    demand("G", std::to_string(config.kvHeads));
    demand("d", std::to_string(config.headWidth));
}

std::int64_t TrainedFile::segment() const {
    const auto tokens = number<std::int64_t>(
        "segment", 64, std::max<std::int64_t>(64, m_weights.config.contextTokens));
    if (tokens % 64 != 0) {
        refuse("field segment", field("segment"), "a multiple of 64");
    }
    return tokens;
}

bool TrainedFile::has(const std::string& tensor) const {
    return m_left.contains(tensor);
}

at::Tensor TrainedFile::take(const std::string& name, const std::vector<std::int64_t>& shape,
                             bool mayBeBfloat16) {
    const auto found = m_left.find(name);
    if (found == m_left.end()) {
        refuse("tensor " + name, "missing", shapeText(shape));
    }
    const FileTensor& tensor = *found->second;
    if (tensor.shape != shape) {
        refuse("tensor " + name, shapeText(tensor.shape), shapeText(shape));
    }
    if (tensor.type != TensorType::F32 && !(mayBeBfloat16 && tensor.type == TensorType::BF16)) {
        refuse("the type of tensor " + name, tensor.type == TensorType::F16 ? "F16" : "BF16",
               mayBeBfloat16 ? "F32 or BF16" : "F32");
    }
    at::Tensor values = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
    unpack(tensor.type, tensor.data, values.numel(), values.mutable_data_ptr<float>());
    if (!isFinite(values.const_data_ptr<float>(), values.numel())) {
        refuse("a value of tensor " + name, "not finite", "a number");
    }
    m_left.erase(found);
    return values;
}

void TrainedFile::requireNoMore(const std::string& kind) const {
    if (!m_left.empty()) {
        refuse("tensor " + shown(m_left.begin()->first), "present", "only tensors of " + kind);
    }
}

} // namespace engine::model
