#pragma once
/// A device whose memory is used up in the middle of a request.

#include <c10/util/Exception.h>

#include <utility>

#include "engine/error.h"
#include "engine/model/session.h"

namespace engine::model {

/// What `work` returns. Throws NoMemory where it asks for more than the model's device has left;
/// `advice` is what its sentence ends with.
template <typename Work>
auto withinDeviceMemory(const Model& model, Work&& work,
                        const char* advice = "choose a smaller segment, or the device cpu") {
    try {
        return std::forward<Work>(work)();
    } catch (const c10::OutOfMemoryError&) {
        throw Error(Code::NoMemory, "the memory of the device " +
                                        model.adapter->beta.device().str() +
                                        " is used up; close other programs that use it, " + advice);
    }
}

} // namespace engine::model
