// Any bytes that are no PDF open and read, or are refused.
#include <cstddef>
#include <cstdint>

#include "engine/reader/book.h"
#include "engine/reader/xhtml.h"

using namespace engine::reader;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    readXhtml(bytes, {"part", {"a"}, {{"b", "1"}}});
    if (bytes.find("%PDF-") != std::string_view::npos)
        return 0;
    for (const bool isMarkdown : {false, true}) {
        try {
            const std::unique_ptr<Book> book = openBook(bytes, isMarkdown, std::nullopt);
            const int parts = book->opened().parts;
            for (int i = 1; i <= parts; ++i)
                static_cast<void>(book->read(i));
        } catch (const RefusedError&) {
        }
    }
    return 0;
}
