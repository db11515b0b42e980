#pragma once
/// From the summary view to the engine and back: makes summaries one after the other and shows
/// those that were kept. GUI thread only.

#include <QObject>

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "ui/engine_client.h"
#include "ui/exchange.h"
#include "ui/summary_view.h"

namespace ui {

/// The bound of the document in front.
struct SummaryBound {
    QString place;           ///< as PageSpec
    std::int64_t offset = 0; ///< what it comes to
};

class Summarizing : public QObject {
    Q_OBJECT

public:
    Summarizing(EngineClient& client, SummaryView& view, QObject* parent = nullptr);

    /// Unset: no document.
    void setDocument(const std::optional<engine::DocumentInfo>& document);
    [[nodiscard]] const std::optional<engine::DocumentInfo>& document() const { return m_document; }
    /// Nothing behind the bound is told from here on, by titles, by summaries that were kept or by
    /// new ones; unset: the whole book.
    void setBound(const std::optional<SummaryBound>& bound);
    /// Ends what is being made and forgets what waits.
    void stop();

Q_SIGNALS:
    /// A summary is complete.
    void made();

private:
    struct Wanted {
        int chapter;
        SummaryView::Length length;
        SummaryView::Style style;
    };

    void make(int chapter, SummaryView::Length length, SummaryView::Style style);
    void startNext();
    void receive(quint64 request, const engine::Event& event);
    void end(quint64 request, bool wasCancelled);
    void showKept();
    void list();
    [[nodiscard]] std::ptrdiff_t knownEdges(const std::optional<SummaryBound>& bound) const;
    [[nodiscard]] bool isBehindBound(std::int64_t offset) const;
    [[nodiscard]] std::optional<std::int64_t> endOf(int chapter) const;
    /// Whether what is being made looks further than the bound allows now.
    [[nodiscard]] bool hasSeenTooMuch() const;
    void showKept(int chapter, const std::vector<engine::SummaryRecord>& parts);

    EngineClient& m_client;
    SummaryView& m_view;
    std::optional<engine::DocumentInfo> m_document;
    std::vector<engine::ContentsEntry> m_chapters;
    std::deque<Wanted> m_waiting;
    std::optional<Wanted> m_current;
    EngineClient::Request m_request = 0;
    Exchange m_summary;
    bool m_hasFailed = false;
    std::optional<SummaryBound> m_bound;
    std::optional<std::int64_t> m_madeUpTo; ///< by what is being made; unset: the whole book
    int m_shown = 0;                        ///< chapter whose summary is in view
};

} // namespace ui
