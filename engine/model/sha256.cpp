#include "engine/model/sha256.h"

#include <openssl/evp.h>

namespace engine::model {

Sha256::Sha256() : m_context(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(m_context, EVP_sha256(), nullptr);
}

Sha256::~Sha256() {
    EVP_MD_CTX_free(m_context);
}

void Sha256::add(const void* bytes, std::size_t count) {
    EVP_DigestUpdate(m_context, bytes, count);
}

std::string Sha256::digest() {
    unsigned char bytes[32];
    EVP_DigestFinal_ex(m_context, bytes, nullptr);
    std::string hex;
    for (const unsigned char byte : bytes) {
        hex += "0123456789abcdef"[byte >> 4];
        hex += "0123456789abcdef"[byte & 15];
    }
    return hex;
}

} // namespace engine::model
