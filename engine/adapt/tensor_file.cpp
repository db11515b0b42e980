#include "engine/adapt/tensor_file.h"

#include <ATen/ops/empty.h>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/error.h"
#include "engine/model/dequantize.h"

namespace engine::adapt {

std::string safetensorsBytes(const std::map<std::string, std::string>& metadata,
                             const NamedTensors& tensors) {
    nlohmann::json header;
    header["__metadata__"] = metadata;
    std::uint64_t end = 0;
    for (const auto& [name, tensor] : tensors) {
        const std::uint64_t begin = end;
        end += static_cast<std::uint64_t>(tensor.numel()) * sizeof(float);
        header[name] = {{"dtype", "F32"}, {"shape", tensor.sizes().vec()}};
        header[name]["data_offsets"] = {begin, end};
    }
    std::string text = header.dump();
    // The values begin at a multiple of 8, as readers that map the file like it.
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t length = text.size();
    std::string bytes(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    bytes += text;
    for (const auto& [name, tensor] : tensors) {
        const at::Tensor values = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
        bytes.append(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
    }
    return bytes;
}

at::Tensor tensorOf(const model::FileTensor& tensor) {
    at::Tensor values = at::empty(tensor.shape, at::TensorOptions().dtype(at::kFloat));
    model::unpack(tensor.type, tensor.data, values.numel(), values.mutable_data_ptr<float>());
    return values;
}

void replaceFile(const std::string& path, const std::string& bytes) {
    const std::string fresh = path + ".new";
    const auto fail = [&](int descriptor) {
        const int reason = errno;
        if (descriptor >= 0) {
            close(descriptor);
            unlink(fresh.c_str());
        }
        throw Error(reason == ENOSPC ? Code::DiskFull : Code::CannotWrite,
                    path + " cannot be written: " + std::strerror(reason) +
                        "; name a place where there is room and where you may write");
    };
    const int descriptor = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        fail(descriptor);
    }
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t count = write(descriptor, bytes.data() + done, bytes.size() - done);
        if (count < 0 && errno != EINTR) {
            fail(descriptor);
        }
        done += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    if (fsync(descriptor) != 0) {
        fail(descriptor);
    }
    close(descriptor);
    if (std::rename(fresh.c_str(), path.c_str()) != 0) {
        const int reason = errno;
        unlink(fresh.c_str());
        errno = reason;
        fail(-1);
    }
}

} // namespace engine::adapt
