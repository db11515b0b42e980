#include "engine/document/reader_client.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fcntl.h>

#include "engine/document/reader_process.h"
#include "engine/document/wire.h"
#include "engine/error.h"

namespace engine::document {
namespace {

using namespace wire;
using std::chrono::seconds;

/// Reads one file through as many processes as it takes.
class FileReader {
public:
    FileReader(const std::string& path, const ReaderOptions& options,
               const ReaderProgress& progress)
        : m_source(path), m_options(options), m_progress(progress) {}

    RawDocument read() {
        const OpenedFile file = openFirst(m_process, m_source, m_options);
        m_document.opened = file.opened;
        m_parts = file.parts;
        while (m_next <= m_parts && !m_isStopped) {
            try {
                readOn();
            } catch (const Ended& ended) {
                afterEnd(ended);
            }
        }
        m_source.throwIfChanged();
        if (!m_isStopped && m_parts > 0 && m_failed == m_parts &&
            m_document.opened.kind != Kind::Pdf)
            throw Error(Code::BadFile,
                        m_source.name() +
                            " is damaged: no part of it can be read. Your file was not changed.");
        for (const RawPage& page : m_document.pages)
            m_document.opened.sizes.emplace_back(page.widthPt, page.heightPt);
        m_document.opened.sizes.resize(static_cast<std::size_t>(m_document.opened.pages));
        return std::move(m_document);
    }

private:
    OpenedFile open() {
        const OpenedFile file = openInReader(m_process, m_source, m_options);
        m_inProcess = 0;
        return file;
    }

    /// Reads parts until the process has done its share.
    void readOn() {
        if (m_process && m_inProcess >= m_options.recyclePages)
            m_process.reset();
        if (!m_process && open().parts != m_parts)
            throw Ended{Ending::Lied, "another number of pages than before"};
        const int last = m_isAlone
                             ? m_next
                             : std::min(m_parts, m_next + m_options.recyclePages - m_inProcess - 1);
        m_process->restartClocks();
        m_process->send(Type::Read, encode(Read{m_next, last}));
        while (m_next <= last) {
            expectBegin();
            receivePart();
            if (m_isStopped)
                return;
        }
        if (m_process->receive().type != Type::Done)
            throw Ended{Ending::Lied, "an unexpected answer"};
    }

    void expectBegin() {
        const Message message = m_process->receive();
        if (message.type != Type::Begin || decoded(decodeBegin, message.payload) != m_next)
            throw Ended{Ending::Lied, "an unexpected answer"};
        m_process->restartClocks();
    }

    void receivePart() {
        Message message = m_process->receive();
        if (message.type == Type::Refused) {
            const Refused refused = decoded(decodeRefused, message.payload);
            if (refused.refusal != Refusal::BadFile)
                throwRefused(refused, m_source.name());
            failPart(refused.detail);
            return;
        }
        const bool isPdf = m_document.opened.kind == Kind::Pdf;
        if (message.type != (isPdf ? Type::Page : Type::Section))
            throw Ended{Ending::Lied, "an unexpected answer"};
        m_total += message.payload.size();
        if (m_total > m_options.maxBytes)
            throwRefused({Refusal::TooBig, "its text takes more than " +
                                               std::to_string(m_options.maxBytes >> 20) + " MiB"},
                         m_source.name());
        if (isPdf) {
            RawPage page = decoded(decodePage, message.payload);
            if (page.index != m_next ||
                (page.state != PageState::Text && page.state != PageState::Failed))
                throw Ended{Ending::Lied, "an answer about another page"};
            m_failed += page.state == PageState::Failed ? 1 : 0;
            m_document.pages.push_back(std::move(page));
        } else {
            auto [part, section] = decoded(decodeSection, message.payload);
            if (part != m_next)
                throw Ended{Ending::Lied, "an answer about another part"};
            m_document.sections.push_back(std::move(section));
        }
        finishPart();
    }

    void finishPart() {
        ++m_next;
        ++m_inProcess;
        m_isAlone = false;
        if (m_progress && !m_progress(m_next - 1, m_parts))
            m_isStopped = true;
    }

    void afterEnd(const Ended& ended) {
        noteEnd(m_process, m_source);
        ++m_restarts;
        if (m_restarts > m_options.maxRestarts) {
            while (m_next <= m_parts && !m_isStopped)
                failPart("the reader was restarted too often");
        } else if (ended.ending == Ending::TimedOut) {
            failPart("reading it took longer than " + std::to_string(m_options.pageCpuSeconds) +
                     " s");
        } else if (m_isAlone) {
            failPart(ended.ending == Ending::Crashed
                         ? "it crashes the reader"
                         : "the reader answers nonsense: " + ended.detail);
        } else {
            m_isAlone = true;
        }
    }

    void failPart(const std::string& reason) {
        ++m_failed;
        if (m_document.opened.kind == Kind::Pdf) {
            RawPage page;
            page.index = m_next;
            page.state = PageState::Failed;
            page.reason = reason;
            m_document.pages.push_back(std::move(page));
        } else {
            m_document.sections.emplace_back();
            m_document.opened.warnings.push_back("Part " + std::to_string(m_next) + " of " +
                                                 std::to_string(m_parts) +
                                                 " could not be read: " + reason + ".");
        }
        finishPart();
    }

    Source m_source;
    const ReaderOptions& m_options;
    const ReaderProgress& m_progress;
    RawDocument m_document;
    std::unique_ptr<Process> m_process;
    int m_parts = 0;
    int m_next = 1;      ///< the part to read
    int m_inProcess = 0; ///< parts read by the present process
    int m_restarts = 0;  ///< after an end that nobody asked for
    int m_failed = 0;
    std::size_t m_total = 0; ///< bytes received
    bool m_isAlone = false;  ///< the next part ended a process; it gets another one for itself
    bool m_isStopped = false;
};

} // namespace

RawDocument readFile(const std::string& path, const ReaderOptions& options,
                     const ReaderProgress& progress) {
    return FileReader(path, options, progress).read();
}

std::string readerVersion(const std::string& program) {
    const Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
    Hello hello;
    const ReaderOptions usual;
    startReader(program, nothing.get(),
                {seconds(usual.pageCpuSeconds), seconds(usual.pageWallSeconds)}, hello);
    return "infolio-reader " + hello.reader + ", Poppler " + hello.poppler + ", " + hello.sandbox;
}

} // namespace engine::document
