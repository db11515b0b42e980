#pragma once
/// Prints pages of one document: asks the engine for their pictures, one part after the other, and
/// passes them to the sheets. GUI thread only.

#include <QObject>
#include <QSizeF>
#include <QThread>

#include <deque>
#include <memory>
#include <vector>

#include "ui/engine_client.h"
#include "ui/print_sheets.h"

class QPrinter;

namespace ui {

class PrintPages : public QObject {
    Q_OBJECT

public:
    static constexpr double kDotsPerInch = 300;

    /// `pages`: indexes in the order of the sheets.
    PrintPages(EngineClient& client, std::shared_ptr<QPrinter> printer,
               const engine::DocumentInfo& document, std::vector<int> pages,
               QObject* parent = nullptr);
    /// Ends the thread; what is not printed yet is not printed.
    ~PrintPages() override;

    void start();
    /// `finished` follows.
    void stop();

Q_SIGNALS:
    void progressed(int done, int total);
    /// The last signal. Pages that could not be drawn are sheets with their reason, and printed.
    void finished(bool isPrinted, bool wasStopped);

private:
    void beginPage();
    void askForPart();
    void receive(quint64 request, const engine::Event& event);
    void goOn(bool isDrawn);
    void end();

    EngineClient& m_client;
    engine::DocumentInfo m_document;
    std::vector<engine::PageInfo> m_known;
    std::vector<int> m_pages;
    std::size_t m_at = 0;      ///< in m_pages
    QSizeF m_size;             ///< points, of the page in work
    std::deque<QRect> m_parts; ///< of that page, in pixels, that are still to be drawn
    EngineClient::Request m_request = 0;
    bool m_isStopped = false;
    PrintSheets* m_sheets; ///< lives on the thread, and goes with it
    QThread m_thread;
};

/// The parts of a page in which it is drawn: the engine draws 8 · 2^20 pixels at a time.
std::deque<QRect> printParts(const QSize& pixels);

} // namespace ui
