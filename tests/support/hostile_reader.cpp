// A reader that misbehaves as its document asks: the document holds the name of the misbehaviour.
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "engine/document/wire.h"

namespace {

using namespace engine::document;
using namespace engine::document::wire;

std::uint32_t s_request = 0;

void put(const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t count = write(4, bytes.data() + done, bytes.size() - done);
        if (count <= 0)
            _exit(0);
        done += static_cast<std::size_t>(count);
    }
}

void send(Type type, const std::string& payload = {}) {
    put(frames(type, s_request, payload));
}

std::string get(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t done = 0; done < size;) {
        const ssize_t count = read(4, bytes.data() + done, size - done);
        if (count <= 0)
            _exit(0);
        done += static_cast<std::size_t>(count);
    }
    return bytes;
}

/// True in the first process that asks about this document.
bool isFirstTime() {
    std::string path(4096, '\0');
    const ssize_t size = readlink("/proc/self/fd/3", path.data(), path.size());
    path.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return open((path + ".seen").c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0;
}

[[noreturn]] void hang() {
    for (;;)
        pause();
}

[[noreturn]] void spin() {
    for (volatile std::uint64_t turns = 0;;)
        turns = turns + 1;
}

RawPage page(int index) {
    RawPage result;
    result.index = index;
    result.widthPt = 100;
    result.heightPt = 200;
    result.fonts = {"Font"};
    // The process names itself, so that a test sees which one read the page.
    result.words.push_back({std::to_string(getpid()), {1, 2, 3, 4}, 10, 0, false});
    return result;
}

void answerPage(const std::string& mode, int index) {
    const bool isThird = index == 3;
    if (isThird && (mode == "crash3" || (mode == "crashonce3" && isFirstTime())))
        std::abort();
    if (mode == "crashall")
        std::abort();
    if (isThird && mode == "bus3") {
        // A sanitizer would turn the signal into an exit.
        std::signal(SIGBUS, SIG_DFL);
        raise(SIGBUS);
    }
    if (isThird && mode == "hang3")
        hang();
    if (isThird && mode == "spin3")
        spin();
    if (isThird && mode == "long3")
        put("\xFF\xFF\xFF\xFF\x08\x00\x01\x00\x00\x00");
    if (isThird && mode == "type3")
        put(std::string("\x06\x00\x00\x00\x63\x00", 6) +
            std::string(reinterpret_cast<const char*>(&s_request), 4));
    if (isThird && mode == "endless3")
        for (const std::string more(kMaxFrame - 6, 'x');;) {
            std::string frame = frames(Type::Page, s_request, more);
            frame[4] = static_cast<char>(Type::More);
            put(frame);
        }
    if (isThird && mode == "garbage3") {
        send(Type::Page, "garbage");
        return;
    }
    if (isThird && mode == "refuse3") {
        send(Type::Refused, encode(Refused{Refusal::TooBig, "it is a bomb"}));
        return;
    }
    if (isThird && mode == "damaged3") {
        send(Type::Refused, encode(Refused{Refusal::BadFile, "it is damaged"}));
        return;
    }
    if (isThird && mode == "request3")
        ++s_request;
    RawPage result = page(isThird && mode == "other3" ? 7 : index);
    if (isThird && mode == "state3")
        result.state = PageState::Pending;
    if (isThird && mode == "failed3") {
        result = RawPage{};
        result.index = index;
        result.state = PageState::Failed;
        result.reason = "the page is damaged";
    }
    send(isThird && mode == "kind3" ? Type::Section : Type::Page, encode(result));
}

void answerRender(const std::string& mode, const Render& render) {
    const bool isThird = render.page == 3;
    if (isThird && (mode == "crash3" || (mode == "crashonce3" && isFirstTime())))
        std::abort();
    if (isThird && mode == "bus3") {
        std::signal(SIGBUS, SIG_DFL);
        raise(SIGBUS);
    }
    if (isThird && mode == "hang3")
        hang();
    if (isThird && mode == "spin3")
        spin();
    if (isThird && mode == "refuse3") {
        send(Type::Refused, encode(Refused{Refusal::TooBig, "it is a bomb"}));
        return;
    }
    if (isThird && mode == "damaged3") {
        send(Type::Refused, encode(Refused{Refusal::BadFile, "it is damaged"}));
        return;
    }
    // The process names itself in the first pixel, so that a test sees which one drew the page.
    const std::int32_t self = getpid();
    Picture picture{10, 20, 40, std::string(800, 'p')};
    picture.pixels.replace(0, sizeof self, reinterpret_cast<const char*>(&self), sizeof self);
    std::string payload = encode(picture);
    if (isThird && mode == "claims3")
        payload.replace(0, 4, "\xFF\xFF\xFF\x7F");
    send(isThird && mode == "kind3" ? Type::Page : Type::Picture, payload);
}

void answerSection(const std::string& mode, int index) {
    if (mode == "sections-crash" || (index == 2 && mode == "sections-crash2"))
        std::abort();
    RawSection section{"part", {}};
    section.blocks.push_back({BlockKind::Paragraph, 0, "Part " + std::to_string(index), "", ""});
    send(Type::Section, encode(index == 2 && mode == "sections-other2" ? 9 : index, section));
}

void answerOpen(const std::string& mode) {
    if (mode == "open-crash")
        std::abort();
    if (mode == "open-hang")
        hang();
    if (mode == "open-nonsense") {
        send(Type::Done);
        return;
    }
    if (mode.starts_with("open-refuse")) {
        send(Type::Refused, encode(Refused{static_cast<Refusal>(mode.back() - '0'), "a reason"}));
        return;
    }
    OpenedFile file;
    const bool isSections = mode.starts_with("sections");
    file.opened.kind = isSections ? Kind::Epub : Kind::Pdf;
    file.parts = isSections ? 3 : mode == "crashall" ? 60 : 5;
    if (mode == "shrinks" && !isFirstTime())
        file.parts = 4;
    file.opened.labels.resize(isSections ? 0 : static_cast<std::size_t>(file.parts));
    std::string payload = encode(file);
    if (mode == "open-claims")
        payload.replace(1, 4, "\xFF\xFF\xFF\x7F");
    send(Type::Opened, payload);
}

void serve(const std::string& mode) {
    for (;;) {
        const Header head = header(get(kHeader));
        const std::string payload = get(head.payload);
        s_request = head.request;
        if (head.type == Type::Open) {
            answerOpen(mode);
            continue;
        }
        if (head.type == Type::Render) {
            answerRender(mode, decodeRender(payload));
            continue;
        }
        if (head.type == Type::Links) {
            const bool isOther = mode == "links-other";
            send(Type::LinkList, encode(std::vector<RawLink>{{{1, 2, 3, 4}, isOther ? 9 : 2, ""}}));
            continue;
        }
        const Read read = decodeRead(payload);
        for (int index = read.first; index <= read.last; ++index) {
            if (!(index == 3 && mode == "nobegin3"))
                send(Type::Begin, encode(index));
            if (mode.starts_with("sections"))
                answerSection(mode, index);
            else
                answerPage(mode, index);
        }
        send(mode == "nodone" ? Type::Hello : Type::Done);
    }
}

} // namespace

int main() {
    std::string mode(64, '\0');
    const ssize_t size = pread(3, mode.data(), mode.size(), 0);
    mode.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    if (mode == "start-dead")
        return 1;
    if (mode == "start-refuses") {
        send(Type::Refused, encode(Refused{Refusal::Failed, "the sandbox cannot be set up"}));
        return 1;
    }
    Hello hello;
    hello.version = mode == "start-other" ? kVersion + 1 : kVersion;
    send(mode == "start-nonsense" ? Type::Done : Type::Hello, encode(hello));
    serve(mode);
}
