#pragma once
/// SHA-256 by libcrypto, for what a memory must agree with.

#include <cstddef>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace engine::model {

class Sha256 {
public:
    Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    ~Sha256();

    void add(const void* bytes, std::size_t count);
    void add(std::string_view text) { add(text.data(), text.size()); }

    /// 64 lower-case hex digits. Ends the hash.
    std::string digest();

private:
    evp_md_ctx_st* m_context;
};

} // namespace engine::model
