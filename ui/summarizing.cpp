#include "ui/summarizing.h"

#include <QDateTime>

#include <algorithm>
#include <limits>
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
            for (int& number : summary.sentences.back().citations)
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
    m_made.clear();
    m_failures.clear();
    if (!document) {
        m_view.setDocument(QString(), {});
        return;
    }
    m_chapters = m_client.engine().chapters(document->id);
    m_made = kept();
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
    for (const Made& one : m_made) {
        if (!m_bound || one.upTo <= m_bound->offset)
            m_view.setSummary(one.chapter, one.summary, one.at);
    }
    for (const auto& [chapter, sentence] : m_failures) {
        if (!isBehindBound(beginOf(chapter)))
            m_view.setFailed(chapter, sentence);
    }
    if (m_current)
        m_view.setProgress(m_current->chapter, m_progress.first, m_progress.second);
    for (const Wanted& wanted : m_waiting)
        m_view.setProgress(wanted.chapter, 0, 0);
}

bool Summarizing::isBehindBound(std::int64_t offset) const {
    return m_bound && offset >= m_bound->offset;
}

/// How many titles and summaries a bound lets be known. A further bound hides none of them, so the
/// same number stands for the same ones.
std::ptrdiff_t Summarizing::countKnown(const std::optional<SummaryBound>& bound) const {
    return std::ranges::count_if(m_chapters,
                                 [&](const engine::ContentsEntry& chapter) {
                                     return !bound || chapter.range.begin < bound->offset;
                                 }) +
           std::ranges::count_if(
               m_made, [&](const Made& one) { return !bound || one.upTo <= bound->offset; });
}

void Summarizing::setBound(const std::optional<SummaryBound>& bound) {
    const auto before = std::exchange(m_bound, bound);
    // What is being made must not tell more than is to be known now.
    if (m_current && hasSeenTooMuch())
        m_client.cancel(m_request);
    dropBehindBound();
    // Where the bound follows the person, a page further or back changes nothing inside a chapter.
    if (!m_document || countKnown(before) == countKnown(bound))
        return;
    const int shown = m_shown;
    list();
    m_view.selectChapter(shown);
}

/// What waits could only fail there.
void Summarizing::dropBehindBound() {
    std::erase_if(m_waiting, [this](const Wanted& wanted) {
        const bool isBehind = isBehindBound(beginOf(wanted.chapter));
        if (isBehind)
            m_view.setStopped(wanted.chapter);
        return isBehind;
    });
}

/// Of the book the beginning of its text.
std::int64_t Summarizing::beginOf(int chapter) const {
    const auto index = static_cast<std::size_t>(chapter) - 1;
    return chapter != kWholeBook && index < m_chapters.size() ? m_chapters[index].range.begin : 0;
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

std::vector<Summarizing::Made> Summarizing::kept() const {
    Records records = m_client.engine().summaries(m_document->id);
    std::ranges::stable_sort(records, {}, &engine::SummaryRecord::id);
    std::vector<Made> result;
    const auto add = [&](int chapter, const Records& parts) {
        std::int64_t upTo = 0;
        for (const engine::SummaryRecord& part : parts)
            upTo = std::max(upTo, part.range.end);
        result.push_back(
            {chapter, joined(parts),
             QDateTime::fromString(QString::fromStdString(parts.back().madeAt), Qt::ISODate),
             upTo});
    };
    for (const engine::SummaryRecord& record : records) {
        const auto chapter =
            std::ranges::find_if(m_chapters, [&](const engine::ContentsEntry& entry) {
                return !record.isOfBook && entry.range.begin == record.range.begin;
            });
        if (chapter != m_chapters.end())
            add(static_cast<int>(chapter - m_chapters.begin()) + 1, {record});
    }
    Records book = bookParts(records);
    if (book.empty() && m_chapters.empty())
        book = partsThatFill(records, m_document->characters);
    if (!book.empty())
        add(kWholeBook, book);
    return result;
}

void Summarizing::make(int chapter, SummaryView::Length length, SummaryView::Style style) {
    if (!m_document)
        return;
    m_waiting.push_back({chapter, length, style});
    m_failures.erase(chapter);
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
    m_progress = {0, 0};
    m_failure.reset();
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
        m_progress = {progress->done, progress->total};
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
        m_failure = QString::fromStdString(failure->message);
        m_view.setFailed(m_current->chapter, *m_failure);
    }
}

void Summarizing::end(quint64 request, bool wasCancelled) {
    if (!m_current || request != m_request)
        return;
    const Wanted wanted = *m_current;
    m_current.reset();
    if (wasCancelled || hasSeenTooMuch()) {
        m_view.setStopped(wanted.chapter);
    } else if (m_failure) {
        m_failures[wanted.chapter] = *m_failure;
        m_view.setFailed(wanted.chapter, *m_failure); // it may have been listed anew since
    } else {
        m_made.push_back({wanted.chapter, m_summary, QDateTime::currentDateTime(),
                          m_madeUpTo.value_or(std::numeric_limits<std::int64_t>::max())});
        m_view.setSummary(wanted.chapter, m_summary, m_made.back().at);
        Q_EMIT made();
    }
    startNext();
}

} // namespace ui
