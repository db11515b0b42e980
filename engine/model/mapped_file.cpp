#include "engine/model/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/error.h"
#include "engine/model/bad_weights.h"

namespace engine::model {

namespace {

/// Closes a descriptor at the end of its scope.
struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) {
            close(number);
        }
    }
};

} // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
    const auto cannotOpen = [&] {
        throw Error(Code::FileMissing, "the file " + path + " cannot be opened: " +
                                           std::strerror(errno) + "; check the path");
    };
    // Without O_NONBLOCK a FIFO would wait for a writer.
    const Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat status {};
    if (descriptor.number < 0 || fstat(descriptor.number, &status) != 0) {
        cannotOpen();
    }
    if (!S_ISREG(status.st_mode)) {
        throw Error(Code::NotAFile,
                    path + " is not a file; give the path of a model or an adapter");
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0) {
        refuseWeights(path, "the file", "empty", "a file of a model");
    }
    void* mapping = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.number, 0);
    if (mapping == MAP_FAILED) {
        cannotOpen();
    }
    madvise(mapping, size, MADV_WILLNEED);
    return std::shared_ptr<const MappedFile>(
        new MappedFile(std::string_view(static_cast<const char*>(mapping), size)));
}

MappedFile::~MappedFile() {
    munmap(const_cast<char*>(m_bytes.data()), m_bytes.size());
}

} // namespace engine::model
