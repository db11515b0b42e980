#include "engine/adapt/training_checkpoint.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "engine/adapt/shown.h"
#include "engine/error.h"

namespace engine::adapt {

namespace {

constexpr std::string_view kNote = "note.";

/// The tensors of a training by the names they have in a checkpoint, in the order of the file.
NamedTensors tensorsOf(const Parameters& parameters, const Optimizer& optimizer) {
    NamedTensors tensors;
    for (std::size_t i = 0; i < parameters.all.size(); ++i) {
        const std::string& name = parameters.all[i].name;
        tensors.emplace_back("value." + name, parameters.all[i].values);
        tensors.emplace_back("first." + name, optimizer.first[i]);
        tensors.emplace_back("second." + name, optimizer.second[i]);
    }
    return tensors;
}

} // namespace

std::string exactNumber(double value) {
    return shown(value, "%.17g");
}

Checkpoint::Checkpoint(const Fields& identity, const Fields& notes, std::int64_t step,
                       const Parameters& parameters, const Optimizer& optimizer,
                       const Random& random)
    : fields(identity), tensors(tensorsOf(parameters, optimizer)) {
    fields["step"] = std::to_string(step);
    fields["optimizer_steps"] = std::to_string(optimizer.steps);
    fields["random"] = std::to_string(random.state());
    for (const auto& [name, value] : notes) {
        fields[std::string(kNote) + name] = value;
    }
}

StoredCheckpoint::StoredCheckpoint(model::Safetensors stored, std::string path)
    : m_stored(std::move(stored)), m_path(std::move(path)) {}

StoredCheckpoint StoredCheckpoint::parse(std::string_view bytes, const std::string& path) {
    return {model::readSafetensors(bytes, path), path};
}

void StoredCheckpoint::refuse(const std::string& what) const {
    throw Error(Code::BadWeights, m_path + ": " + what +
                                      "; go on with the model, texts and options that began it, "
                                      "or begin anew");
}

std::string StoredCheckpoint::field(const std::string& name) const {
    const auto found = m_stored.metadata.find(name);
    return found == m_stored.metadata.end() ? "" : found->second;
}

void StoredCheckpoint::require(const Fields& identity) const {
    const auto wrong = std::ranges::find_if(
        identity, [&](const auto& entry) { return field(entry.first) != entry.second; });
    if (wrong != identity.end()) {
        refuse("the field " + wrong->first + " of this checkpoint is \"" + field(wrong->first) +
               "\" and should be \"" + wrong->second + "\"");
    }
}

template <typename T> T StoredCheckpoint::number(const std::string& name) const {
    const std::string text = field(name);
    const char* const end = text.data() + text.size();
    T value{};
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stopped != end) {
        refuse("the field " + name + " of this checkpoint is missing or no number");
    }
    return value;
}

std::int64_t StoredCheckpoint::integer(const std::string& name) const {
    return number<std::int64_t>(name);
}

double StoredCheckpoint::real(const std::string& name) const {
    return number<double>(name);
}

at::Tensor StoredCheckpoint::tensor(const std::string& name, at::IntArrayRef sizes) const {
    const auto found = std::ranges::find(m_stored.tensors, name, &model::FileTensor::name);
    if (found == m_stored.tensors.end() || sizes != at::IntArrayRef(found->shape)) {
        refuse("the tensor " + name + " of this checkpoint is missing or of another shape");
    }
    return tensorOf(*found);
}

void StoredCheckpoint::restore(std::int64_t& step, const Parameters& parameters,
                               Optimizer& optimizer, Random& random) const {
    const c10::NoGradGuard none;
    const auto steps = integer("step"), optimizerSteps = integer("optimizer_steps");
    const auto state = number<std::uint64_t>("random");
    const NamedTensors targets = tensorsOf(parameters, optimizer);
    std::vector<at::Tensor> values;
    for (const auto& [name, into] : targets) {
        values.push_back(tensor(name, into.sizes()));
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
        targets[i].second.copy_(values[i]);
    }
    step = steps;
    optimizer.steps = optimizerSteps;
    random.setState(state);
}

Fields StoredCheckpoint::notes() const {
    Fields notes;
    for (const auto& [name, value] : m_stored.metadata) {
        if (name.starts_with(kNote)) {
            notes[name.substr(kNote.size())] = value;
        }
    }
    return notes;
}

} // namespace engine::adapt
