#pragma once
/// From the summary view to the engine and back: makes summaries one after the other and shows
/// those that were kept. GUI thread only.

#include <QDateTime>
#include <QObject>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
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
    /// A summary of the library, or one that was made here: a library that is only read keeps none.
    struct Made {
        int chapter;
        Exchange summary;
        QDateTime at;
        std::int64_t upTo; ///< offset up to which it tells
    };

    void make(int chapter, SummaryView::Length length, SummaryView::Style style);
    void startNext();
    void receive(quint64 request, const engine::Event& event);
    void end(quint64 request, bool wasCancelled);
    /// All that the library has of the document, in the order in which it was made.
    [[nodiscard]] std::vector<Made> kept() const;
    void list();
    void dropBehindBound();
    [[nodiscard]] std::ptrdiff_t countKnown(const std::optional<SummaryBound>& bound) const;
    [[nodiscard]] bool isBehindBound(std::int64_t offset) const;
    [[nodiscard]] std::int64_t beginOf(int chapter) const;
    [[nodiscard]] std::optional<std::int64_t> endOf(int chapter) const;
    /// Whether what is being made looks further than the bound allows now.
    [[nodiscard]] bool hasSeenTooMuch() const;

    EngineClient& m_client;
    SummaryView& m_view;
    std::optional<engine::DocumentInfo> m_document;
    std::vector<engine::ContentsEntry> m_chapters;
    std::deque<Wanted> m_waiting;
    std::optional<Wanted> m_current;
    EngineClient::Request m_request = 0;
    Exchange m_summary;
    std::pair<qint64, qint64> m_progress; ///< of what is being made: done, of how much
    std::optional<QString> m_failure;     ///< of what is being made
    std::vector<Made> m_made;             ///< the last one of a chapter that may be told is shown
    std::map<int, QString> m_failures;    ///< of chapters that failed last
    std::optional<SummaryBound> m_bound;
    std::optional<std::int64_t> m_madeUpTo; ///< by what is being made; unset: the whole book
    int m_shown = 0;                        ///< chapter whose summary is in view
};

} // namespace ui
