// Any bytes decode to a message or throw WireError.
#include <cstddef>
#include <cstdint>

#include "engine/document/wire.h"

using namespace engine::document::wire;

namespace {

template <typename Decode> void attempt(Decode decode, std::string_view bytes) {
    try {
        decode(bytes);
    } catch (const WireError&) {
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    attempt(header, bytes);
    attempt(decodeHello, bytes);
    attempt(decodeOpen, bytes);
    attempt(decodeOpened, bytes);
    attempt(decodeRefused, bytes);
    attempt(decodeRead, bytes);
    attempt(decodeBegin, bytes);
    attempt(decodeRender, bytes);
    attempt(decodePicture, bytes);
    attempt(decodeLinks, bytes);
    attempt(decodePage, bytes);
    attempt(decodeSection, bytes);
    repairUtf8(bytes);
    return 0;
}
