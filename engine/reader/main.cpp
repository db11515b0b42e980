// infolio-reader: reads one document behind descriptor 3 and answers on descriptor 4. Started by
// the engine only.
#include <cerrno>
#include <cstdio>
#include <new>

#include <poppler-version.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/reader/book.h"
#include "engine/reader/pdf.h"
#include "engine/reader/sandbox.h"

#if defined(__SANITIZE_ADDRESS__)
// The leak checker stops its own threads with ptrace, which the sandbox answers with death; and the
// engine must see SIGBUS.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
    return "detect_leaks=0:handle_sigbus=0";
}
#endif

namespace engine::reader {
namespace {

using namespace document::wire;
using document::RawPage;
using document::RawSection;

constexpr int kDocument = 3;
constexpr int kChannel = 4;

/// The engine went away, or spoke nonsense; there is nobody left to tell.
class ChannelClosed : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

void writeAll(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = write(kChannel, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            throw ChannelClosed("the engine closed the channel");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string readAll(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t done = 0; done < size;) {
        const ssize_t count = ::read(kChannel, bytes.data() + done, size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            throw ChannelClosed("the engine closed the channel");
        done += static_cast<std::size_t>(count);
    }
    return bytes;
}

void send(Type type, std::uint32_t request, const std::string& payload = {}) {
    writeAll(frames(type, request, payload));
}

std::string_view mapDocument() {
    struct stat status {};
    if (fstat(kDocument, &status) != 0)
        throw RefusedError(Refusal::Failed, "the document was not handed over");
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0)
        return {};
    void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, kDocument, 0);
    if (bytes == MAP_FAILED)
        throw RefusedError(Refusal::TooBig, "it does not fit into the reader's memory");
    return {static_cast<const char*>(bytes), size};
}

class Session {
public:
    void open(std::uint32_t request, const Open& open) {
        try {
            m_book = openBook(mapDocument(), open.isMarkdown, open.password);
            const OpenedFile file = m_book->opened();
            m_parts = file.parts;
            send(Type::Opened, request, encode(file));
        } catch (const PasswordNeeded&) {
            send(Type::NeedPassword, request);
        } catch (const RefusedError& error) {
            send(Type::Refused, request, encode(Refused{error.refusal(), error.what()}));
        } catch (const std::bad_alloc&) {
            send(Type::Refused, request,
                 encode(Refused{Refusal::TooBig, "it needs more memory than the reader may use"}));
        }
    }

    void read(std::uint32_t request, const Read& read) {
        checkPart(read.last);
        for (int index = read.first; index <= read.last; ++index) {
            send(Type::Begin, request, encode(index));
            readPart(request, index);
        }
        send(Type::Done, request);
    }

    void render(std::uint32_t request, const Render& render) {
        checkPart(render.page);
        answer(request, Type::Picture, [&] { return encode(m_book->render(render)); });
    }

    void links(std::uint32_t request, int page) {
        checkPart(page);
        answer(request, Type::LinkList, [&] { return encode(m_book->links(page)); });
    }

private:
    void checkPart(int part) const {
        if (!m_book || part > m_parts)
            throw ChannelClosed("a request for a part that does not exist");
    }

    template <typename Make> void answer(std::uint32_t request, Type type, Make make) {
        try {
            send(type, request, make());
        } catch (const RefusedError& error) {
            send(Type::Refused, request, encode(Refused{error.refusal(), error.what()}));
        } catch (const std::bad_alloc&) {
            send(Type::Refused, request,
                 encode(Refused{Refusal::BadFile, "it needs more memory than the reader may use"}));
        }
    }

    void readPart(std::uint32_t request, int index) {
        try {
            const Part part = m_book->read(index);
            if (const auto* page = std::get_if<RawPage>(&part))
                send(Type::Page, request, encode(*page));
            else
                send(Type::Section, request, encode(index, std::get<RawSection>(part)));
        } catch (const RefusedError& error) {
            send(Type::Refused, request, encode(Refused{error.refusal(), error.what()}));
        } catch (const std::bad_alloc&) {
            send(Type::Refused, request,
                 encode(Refused{Refusal::BadFile, "it needs more memory than the reader may use"}));
        }
    }

    std::unique_ptr<Book> m_book;
    int m_parts = 0;
};

void serve() {
    Session session;
    for (;;) {
        const Header head = header(readAll(kHeader));
        const std::string payload = readAll(head.payload);
        if (head.type == Type::Open)
            session.open(head.request, decodeOpen(payload));
        else if (head.type == Type::Read)
            session.read(head.request, decodeRead(payload));
        else if (head.type == Type::Render)
            session.render(head.request, decodeRender(payload));
        else if (head.type == Type::Links)
            session.links(head.request, decodeBegin(payload));
        else
            throw ChannelClosed("an unexpected request");
    }
}

int run() {
    Hello hello;
    hello.reader = READER_VERSION;
    hello.poppler = poppler::version_string();
    preparePdf();
    try {
        hello.sandbox = enterSandbox();
    } catch (const std::exception& error) {
        send(Type::Refused, 0,
             encode(Refused{Refusal::Failed,
                            std::string("the sandbox cannot be set up: ") + error.what()}));
        return 1;
    }
    send(Type::Hello, 0, encode(hello));
    try {
        serve();
    } catch (const ChannelClosed&) {
        return 0;
    }
    return 1;
}

} // namespace
} // namespace engine::reader

int main() {
    struct stat status {};
    if (fstat(4, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        std::fputs("infolio-reader is started by Infolio; it has no use on its own.\n", stderr);
        return 2;
    }
    int result = 1;
    try {
        result = engine::reader::run();
    } catch (const std::exception&) {
        // A page that throws through Poppler counts as a crash: the engine sees the process end.
    }
    _exit(result);
}
