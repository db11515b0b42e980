#include "engine/document/page_renderer.h"

#include <cassert>

#include "engine/document/reader_process.h"
#include "engine/error.h"

namespace engine::document {

using namespace wire;

struct PageRenderer::Impl {
    Impl(const std::string& path, ReaderOptions given) : source(path), options(std::move(given)) {}

    /// A process with the file open, fresh after an end or when the last one has drawn its share.
    void makeReady(const std::function<bool()>& isStopped) {
        if (process && inProcess >= options.recyclePages)
            process.reset();
        if (process)
            return;
        if (openInReader(process, source, options, isStopped).parts != parts)
            throw Ended{Ending::Lied, "another number of pages than before"};
        inProcess = 0;
    }

    /// Sends a request and gives its answer, or why there is none; nothing when it was stopped.
    struct Answer {
        std::string payload, failure;
    };
    std::optional<Answer> ask(Type request, const std::string& payload, Type answer,
                              const std::function<void(const std::string&)>& check,
                              const std::function<bool()>& isStopped) {
        for (int attempt = 1;; ++attempt) {
            source.throwIfChanged();
            try {
                makeReady(isStopped);
                ++inProcess;
                process->restartClocks();
                process->send(request, payload);
                Message message = process->receive(isStopped);
                if (message.type == Type::Refused)
                    return Answer{"", refusalOf(message.payload)};
                if (message.type != answer)
                    throw Ended{Ending::Lied, "an unexpected answer"};
                check(message.payload);
                // The file lies mapped in the reader, so a change shows in what it drew.
                source.throwIfChanged();
                return Answer{std::move(message.payload), ""};
            } catch (const Ended& ended) {
                noteEnd(process, source);
                if (ended.ending == Ending::Stopped)
                    return std::nullopt;
                if (ended.ending == Ending::TimedOut)
                    return Answer{"", "drawing it took longer than " +
                                          std::to_string(options.pageCpuSeconds) + " s"};
                if (attempt == 2)
                    return Answer{"", ended.ending == Ending::Crashed
                                          ? "it crashes the reader"
                                          : "the reader answers nonsense: " + ended.detail};
            }
        }
    }

    std::string refusalOf(const std::string& payload) const {
        const Refused refused = decoded(decodeRefused, payload);
        if (refused.refusal != Refusal::BadFile)
            throwRefused(refused, source.name());
        return refused.detail.empty() ? "it cannot be drawn" : refused.detail;
    }

    Source source;
    ReaderOptions options;
    std::unique_ptr<Process> process;
    int parts = 0;
    int inProcess = 0; ///< requests that the present process has had
};

PageRenderer::PageRenderer(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
PageRenderer::~PageRenderer() = default;

std::unique_ptr<PageRenderer> PageRenderer::open(const std::string& path,
                                                 const ReaderOptions& options,
                                                 const std::function<bool()>& isStopped) {
    auto impl = std::make_unique<Impl>(path, options);
    try {
        impl->parts = openFirst(impl->process, impl->source, impl->options, isStopped).parts;
    } catch (const Ended&) {
        return nullptr;
    }
    return std::unique_ptr<PageRenderer>(new PageRenderer(std::move(impl)));
}

int PageRenderer::pages() const {
    return m_impl->parts;
}

std::optional<DrawnPage> PageRenderer::draw(const Render& what,
                                            const std::function<bool()>& isStopped) {
    assert(what.page >= 1 && what.page <= m_impl->parts);
    DrawnPage drawn;
    const auto check = [&](const std::string& payload) {
        drawn.picture = decoded(decodePicture, payload);
        if (what.part &&
            (drawn.picture.width > what.part->width || drawn.picture.height > what.part->height))
            throw Ended{Ending::Lied, "a picture larger than its part"};
    };
    const auto answer = m_impl->ask(Type::Render, encode(what), Type::Picture, check, isStopped);
    if (!answer)
        return std::nullopt;
    drawn.failure = answer->failure;
    if (!drawn.failure.empty())
        drawn.picture = {};
    return drawn;
}

std::vector<RawLink> PageRenderer::links(int page) {
    assert(page >= 1 && page <= m_impl->parts);
    std::vector<RawLink> links;
    const auto check = [&](const std::string& payload) {
        links = decoded(decodeLinks, payload);
        for (const RawLink& link : links)
            if (link.page > m_impl->parts)
                throw Ended{Ending::Lied, "a link to a page that is not there"};
    };
    const auto answer = m_impl->ask(Type::Links, encode(page), Type::LinkList, check, {});
    return answer && answer->failure.empty() ? links : std::vector<RawLink>();
}

} // namespace engine::document
