#include "ui/summarizing.h"

#include <QDateTime>

#include <algorithm>
#include <map>
#include <utility>

#include "ui/contents_model.h"
#include "ui/library_model.h"

namespace ui {
namespace {

constexpr int kWholeBook = 0;

QString pagesText(const engine::PageRange& pages) {
    const QString first = QString::fromStdString(pages.firstLabel);
    const QString last = QString::fromStdString(pages.lastLabel);
    if (pages.isLocation)
        return pages.first == pages.last ? Summarizing::tr("loc. %1").arg(first)
                                         : Summarizing::tr("loc. %1–%2").arg(first, last);
    return pages.first == pages.last ? Summarizing::tr("p. %1").arg(first)
                                     : Summarizing::tr("pp. %1–%2").arg(first, last);
}

using Records = std::vector<engine::SummaryRecord>;

bool isOfKind(const engine::SummaryRecord& record, const engine::SummaryRecord& other) {
    return record.isOfBook == other.isOfBook && record.length == other.length &&
           record.style == other.style;
}

/// The parts of the book's summary that was made last, in the order of the text. `records` are in
/// the order in which they were made.
Records bookParts(const Records& records) {
    const auto last = std::find_if(records.rbegin(), records.rend(),
                                   [](const auto& record) { return record.isOfBook; });
    Records parts;
    for (const engine::SummaryRecord& record : records)
        if (last != records.rend() && isOfKind(record, *last))
            parts.push_back(record);
    std::ranges::sort(parts, {}, [](const auto& record) { return record.range.begin; });
    return parts;
}

/// Summaries that follow on each other from the beginning of the text to its end: what older
/// libraries keep of a book's summary. Empty where there is a gap.
Records partsThatFill(const Records& records, qint64 characters) {
    const auto last = std::find_if(records.rbegin(), records.rend(), [&](const auto& record) {
        return record.range.end == characters;
    });
    Records parts;
    for (qint64 place = 0; last != records.rend() && place < characters;) {
        const auto next = std::find_if(records.rbegin(), records.rend(), [&](const auto& record) {
            return record.range.begin == place && record.range.end > place &&
                   isOfKind(record, *last);
        });
        if (next == records.rend())
            return {};
        parts.push_back(*next);
        place = next->range.end;
    }
    return parts;
}

/// As one text. The sources are numbered anew: each part may have counted its own.
Exchange joined(const Records& parts) {
    Exchange summary;
    summary.isPoints = parts.front().style != "prose";
    for (const engine::SummaryRecord& part : parts) {
        std::map<int, int> numbers;
        for (const engine::Evidence& source : part.evidence) {
            summary.evidence.push_back(source);
            summary.evidence.back().number = static_cast<int>(summary.evidence.size());
            numbers[source.number] = summary.evidence.back().number;
        }
        for (const engine::GistSentence& sentence : part.gist) {
            summary.sentences.push_back(sentence);
            std::vector<int>& citations = summary.sentences.back().citations;
            // One whose source is no longer in the stored text leads nowhere.
            std::erase_if(citations, [&](int number) { return !numbers.contains(number); });
            for (int& number : citations)
                number = numbers[number];
        }
        const QString coverage = QString::fromStdString(part.coverage);
        if (!coverage.isEmpty() && !summary.notices.contains(coverage))
            summary.notices.append(coverage);
    }
    return summary;
}

} // namespace

Summarizing::Summarizing(EngineClient& client, SummaryView& view, QObject* parent)
    : QObject(parent), m_client(client), m_view(view) {
    connect(&client, &EngineClient::arrived, this, &Summarizing::receive);
    connect(&client, &EngineClient::ended, this, &Summarizing::end);
    connect(&view, &SummaryView::makeRequested, this, &Summarizing::make);
    connect(&view, &SummaryView::makeAllRequested, this,
            [this](SummaryView::Length length, SummaryView::Style style) {
                for (std::size_t i = 0; i < m_chapters.size(); ++i) {
                    if (!isBehindBound(m_chapters[i].range.begin))
                        make(static_cast<int>(i) + 1, length, style);
                }
            });
    connect(&view, &SummaryView::chapterSelected, this, [this](int chapter) { m_shown = chapter; });
    connect(&view, &SummaryView::stopRequested, this, &Summarizing::stop);
}

void Summarizing::setDocument(const std::optional<engine::DocumentInfo>& document) {
    if (document && m_document && document->id == m_document->id) {
        m_document = document;
        return;
    }
    stop();
    m_current.reset(); // what still comes belongs to the document before
    m_document = document;
    m_bound.reset(); // it was a place in the document before
    m_chapters.clear();
    if (!document) {
        m_view.setDocument(QString(), {});
        return;
    }
    m_chapters = m_client.engine().chapters(document->id);
    list();
}

/// The parts, their titles as far as the bound lets them be known, and what was made of them.
void Summarizing::list() {
    std::vector<SummaryPart> parts;
    parts.push_back(
        {kWholeBook, 1, tr("Whole book"), QString(), SummaryPart::State::None, 0, 0, {}});
    for (std::size_t i = 0; i < m_chapters.size(); ++i)
        parts.push_back({static_cast<int>(i) + 1,
                         1,
                         isBehindBound(m_chapters[i].range.begin)
                             ? maskedTitle(static_cast<int>(i) + 1)
                             : shownLine(m_chapters[i].title),
                         pagesText(m_chapters[i].page),
                         SummaryPart::State::None,
                         0,
                         0,
                         {}});
    m_view.setDocument(titleOf(*m_document), std::move(parts));
    showKept();
}

bool Summarizing::isBehindBound(std::int64_t offset) const {
    return m_bound && offset >= m_bound->offset;
}

/// Beginnings and ends of chapters that a bound lets be known.
std::ptrdiff_t Summarizing::knownEdges(const std::optional<SummaryBound>& bound) const {
    std::ptrdiff_t count = 0;
    for (const engine::ContentsEntry& chapter : m_chapters)
        count += (!bound || chapter.range.begin < bound->offset ? 1 : 0) +
                 (!bound || chapter.range.end <= bound->offset ? 1 : 0);
    return count;
}

void Summarizing::setBound(const std::optional<SummaryBound>& bound) {
    const auto before = std::exchange(m_bound, bound);
    // What is being made must not tell more than is to be known now.
    if (m_current && hasSeenTooMuch())
        m_client.cancel(m_request);
    // Where the bound follows the person, a page further changes nothing inside a chapter.
    const bool isTighter = bound && (!before || bound->offset < before->offset);
    if (!m_document || (!isTighter && knownEdges(before) == knownEdges(bound)))
        return;
    const int shown = m_shown;
    list();
    m_view.selectChapter(shown);
    if (m_current)
        m_view.setProgress(m_current->chapter, 0, 0);
    for (const Wanted& wanted : m_waiting)
        m_view.setProgress(wanted.chapter, 0, 0);
}

/// How far a summary that begins now looks.
std::optional<std::int64_t> Summarizing::endOf(int chapter) const {
    const auto index = static_cast<std::size_t>(chapter) - 1;
    std::optional<std::int64_t> end;
    if (chapter != kWholeBook && index < m_chapters.size())
        end = m_chapters[index].range.end;
    if (m_bound)
        end = std::min(end.value_or(m_bound->offset), m_bound->offset);
    return end;
}

bool Summarizing::hasSeenTooMuch() const {
    return m_bound && (!m_madeUpTo || *m_madeUpTo > m_bound->offset);
}

/// The newest summary of each chapter that was made before, and of the book.
void Summarizing::showKept() {
    Records records = m_client.engine().summaries(m_document->id);
    std::ranges::stable_sort(records, {}, &engine::SummaryRecord::id);
    for (const engine::SummaryRecord& record : records) {
        const auto chapter =
            std::ranges::find_if(m_chapters, [&](const engine::ContentsEntry& entry) {
                return !record.isOfBook && entry.range.begin == record.range.begin;
            });
        if (chapter != m_chapters.end() && !isBehindBound(record.range.end - 1))
            showKept(static_cast<int>(chapter - m_chapters.begin()) + 1, {record});
    }
    Records book = bookParts(records);
    if (book.empty() && m_chapters.empty())
        book = partsThatFill(records, m_document->characters);
    const bool tellsTooMuch = std::ranges::any_of(
        book, [&](const engine::SummaryRecord& part) { return isBehindBound(part.range.end - 1); });
    if (!book.empty() && !tellsTooMuch)
        showKept(kWholeBook, book);
}

void Summarizing::showKept(int chapter, const std::vector<engine::SummaryRecord>& parts) {
    m_view.setSummary(
        chapter, joined(parts),
        QDateTime::fromString(QString::fromStdString(parts.back().madeAt), Qt::ISODate));
}

void Summarizing::make(int chapter, SummaryView::Length length, SummaryView::Style style) {
    if (!m_document)
        return;
    m_waiting.push_back({chapter, length, style});
    m_view.setProgress(chapter, 0, 0);
    startNext();
}

void Summarizing::startNext() {
    if (m_current || m_waiting.empty() || !m_document)
        return;
    m_current = m_waiting.front();
    m_waiting.pop_front();
    engine::SummaryRequest request;
    request.document = m_document->id;
    request.of = m_current->chapter == kWholeBook ? engine::SummaryRequest::Of::Book
                                                  : engine::SummaryRequest::Of::Chapter;
    request.chapter = m_current->chapter;
    request.length = static_cast<engine::SummaryRequest::Length>(m_current->length);
    request.style = static_cast<engine::SummaryRequest::Style>(m_current->style);
    if (m_bound)
        request.asOf = engine::PageSpec{m_bound->place.toStdString()};
    m_madeUpTo = endOf(m_current->chapter);
    m_summary = Exchange();
    m_summary.isPoints = m_current->style != SummaryView::Style::Prose;
    m_hasFailed = false;
    m_request = m_client.summarize(request);
}

void Summarizing::stop() {
    for (const Wanted& wanted : std::exchange(m_waiting, {}))
        m_view.setStopped(wanted.chapter);
    if (m_current)
        m_client.cancel(m_request);
}

void Summarizing::receive(quint64 request, const engine::Event& event) {
    if (!m_current || request != m_request)
        return;
    if (const auto* progress = std::get_if<engine::Progress>(&event)) {
        m_view.setProgress(m_current->chapter, progress->done, progress->total);
    } else if (const auto* evidence = std::get_if<engine::Evidence>(&event)) {
        m_summary.evidence.push_back(*evidence);
    } else if (const auto* sentence = std::get_if<engine::GistSentence>(&event)) {
        m_summary.sentences.push_back(*sentence);
    } else if (const auto* coverage = std::get_if<engine::Coverage>(&event)) {
        m_summary.coverage.push_back(*coverage);
    } else if (const auto* notice = std::get_if<engine::Notice>(&event)) {
        m_summary.notices.append(QString::fromStdString(notice->utf8));
    } else if (const auto* failure = std::get_if<engine::Failed>(&event)) {
        m_hasFailed = true;
        m_view.setFailed(m_current->chapter, QString::fromStdString(failure->message));
    }
}

void Summarizing::end(quint64 request, bool wasCancelled) {
    if (!m_current || request != m_request)
        return;
    const Wanted wanted = *m_current;
    m_current.reset();
    if (wasCancelled || hasSeenTooMuch()) {
        m_view.setStopped(wanted.chapter);
    } else if (!m_hasFailed) {
        m_view.setSummary(wanted.chapter, m_summary, QDateTime::currentDateTime());
        Q_EMIT made();
    }
    startNext();
}

} // namespace ui
