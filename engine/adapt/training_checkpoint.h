#pragma once
/// The checkpoint of a training: what it belongs to, how far it has come, and what is trained with
/// the optimizer's moments. Each kind of training adds fields and tensors of its own.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/adapt/optimizer.h"
#include "engine/adapt/parameters.h"
#include "engine/adapt/tensor_file.h"
#include "engine/model/safetensors.h"
#include "engine/random.h"

namespace engine::adapt {

using Fields = std::map<std::string, std::string>;

/// A number in a field; read back, it is the same double.
std::string exactNumber(double value);

/// A checkpoint before it is written.
struct Checkpoint {
    /// A training that goes on with it must have the same `identity`; `notes` are the caller's.
    Checkpoint(const Fields& identity, const Fields& notes, std::int64_t step,
               const Parameters& parameters, const Optimizer& optimizer, const Random& random);

    Fields fields;
    NamedTensors tensors;

    [[nodiscard]] std::string bytes() const { return safetensorsBytes(fields, tensors); }
};

/// A checkpoint that was written. What does not find what it asks for throws BadWeights, with a
/// sentence that names the file.
class StoredCheckpoint {
public:
    /// `bytes` must outlive the object. Throws BadWeights: no safetensors.
    static StoredCheckpoint parse(std::string_view bytes, const std::string& path);

    void require(const Fields& identity) const;
    /// "" where there is none.
    [[nodiscard]] std::string field(const std::string& name) const;
    [[nodiscard]] std::int64_t integer(const std::string& name) const;
    [[nodiscard]] double real(const std::string& name) const;
    /// A copy in fp32.
    [[nodiscard]] at::Tensor tensor(const std::string& name, at::IntArrayRef sizes) const;
    /// What Checkpoint was given. Nothing is changed when something is missing.
    void restore(std::int64_t& step, const Parameters& parameters, Optimizer& optimizer,
                 Random& random) const;
    [[nodiscard]] Fields notes() const;

    /// Says `what` is wrong and what to do.
    [[noreturn]] void refuse(const std::string& what) const;

private:
    StoredCheckpoint(model::Safetensors stored, std::string path);
    template <typename T> [[nodiscard]] T number(const std::string& name) const;

    model::Safetensors m_stored;
    std::string m_path;
};

} // namespace engine::adapt
