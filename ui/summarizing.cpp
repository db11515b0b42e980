#include "ui/summarizing.h"

#include <QDateTime>

#include <algorithm>

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

} // namespace

Summarizing::Summarizing(EngineClient& client, SummaryView& view, QObject* parent)
    : QObject(parent), m_client(client), m_view(view) {
    connect(&client, &EngineClient::arrived, this, &Summarizing::receive);
    connect(&client, &EngineClient::ended, this, &Summarizing::end);
    connect(&view, &SummaryView::makeRequested, this, &Summarizing::make);
    connect(&view, &SummaryView::makeAllRequested, this,
            [this](SummaryView::Length length, SummaryView::Style style) {
                for (std::size_t i = 0; i < m_chapters.size(); ++i)
                    make(static_cast<int>(i) + 1, length, style);
            });
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
    m_chapters.clear();
    if (!document) {
        m_view.setDocument(QString(), {});
        return;
    }
    m_chapters = m_client.engine().chapters(document->id);
    std::vector<SummaryPart> parts;
    parts.push_back(
        {kWholeBook, 1, tr("Whole book"), QString(), SummaryPart::State::None, 0, 0, {}});
    for (std::size_t i = 0; i < m_chapters.size(); ++i)
        parts.push_back({static_cast<int>(i) + 1,
                         1,
                         shownLine(m_chapters[i].title),
                         pagesText(m_chapters[i].page),
                         SummaryPart::State::None,
                         0,
                         0,
                         {}});
    m_view.setDocument(titleOf(*document), std::move(parts));
    showKept();
}

/// The newest summary of each chapter that was made before.
void Summarizing::showKept() {
    std::vector<engine::SummaryRecord> records = m_client.engine().summaries(m_document->id);
    std::ranges::stable_sort(records, {}, &engine::SummaryRecord::id);
    for (const engine::SummaryRecord& record : records) {
        const auto chapter =
            std::ranges::find_if(m_chapters, [&](const engine::ContentsEntry& entry) {
                return entry.range.begin == record.range.begin;
            });
        if (chapter == m_chapters.end())
            continue;
        Exchange summary;
        summary.sentences = record.gist;
        summary.evidence = record.evidence;
        summary.isPoints = record.style != "prose";
        if (!record.coverage.empty())
            summary.notices.append(QString::fromStdString(record.coverage));
        m_view.setSummary(
            static_cast<int>(chapter - m_chapters.begin()) + 1, summary,
            QDateTime::fromString(QString::fromStdString(record.madeAt), Qt::ISODate));
    }
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
    const Wanted made = *m_current;
    m_current.reset();
    if (wasCancelled)
        m_view.setStopped(made.chapter);
    else if (!m_hasFailed)
        m_view.setSummary(made.chapter, m_summary, QDateTime::currentDateTime());
    startNext();
}

} // namespace ui
