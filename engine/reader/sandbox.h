#pragma once
/// Locks the process in: after `enter` it can read files, compute and talk on descriptors it holds,
/// and nothing else.

#include <string>

namespace engine::reader {

/// Dies with its parent, gains no privileges, is bounded in memory, CPU time and descriptors, and
/// lives under a seccomp filter. Returns what stands, for people. Throws std::runtime_error when
/// the kernel refuses any of it: the reader must not start then.
std::string enterSandbox();

} // namespace engine::reader
