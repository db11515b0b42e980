#pragma once
/// From the summary view to the engine and back: makes summaries one after the other and shows
/// those that were kept. GUI thread only.

#include <QObject>

#include <deque>
#include <optional>

#include "ui/engine_client.h"
#include "ui/exchange.h"
#include "ui/summary_view.h"

namespace ui {

class Summarizing : public QObject {
    Q_OBJECT

public:
    Summarizing(EngineClient& client, SummaryView& view, QObject* parent = nullptr);

    /// Unset: no document.
    void setDocument(const std::optional<engine::DocumentInfo>& document);
    [[nodiscard]] const std::optional<engine::DocumentInfo>& document() const { return m_document; }
    /// Ends what is being made and forgets what waits.
    void stop();

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

    EngineClient& m_client;
    SummaryView& m_view;
    std::optional<engine::DocumentInfo> m_document;
    std::vector<engine::ContentsEntry> m_chapters;
    std::deque<Wanted> m_waiting;
    std::optional<Wanted> m_current;
    EngineClient::Request m_request = 0;
    Exchange m_summary;
    bool m_hasFailed = false;
};

} // namespace ui
