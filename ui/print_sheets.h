#pragma once
/// Puts pictures of pages on a printer's sheets, on a thread of its own: compressing a sheet of 300
/// dots per inch takes too long for the window. Lives where it is moved; talk to it by queued
/// calls.

#include <QImage>
#include <QObject>
#include <QPainter>
#include <QRectF>

#include <memory>

class QPrinter;

namespace ui {

class PrintSheets : public QObject {
    Q_OBJECT

public:
    explicit PrintSheets(std::shared_ptr<QPrinter> printer);
    ~PrintSheets() override;

    /// A part of a page of `size` points, where `part` says, in pixels of `scale` to the point. The
    /// page is shrunk to the sheet if it is larger, and centred. A new sheet begins with the part
    /// at the top.
    void draw(const QSizeF& size, double scale, const QRect& part, const QImage& image);
    /// A sheet with a sentence in place of its page.
    void drawSentence(const QString& sentence);
    /// Hands everything to the printer.
    void end();
    /// Throws away what was drawn.
    void abort();

Q_SIGNALS:
    /// A part is on its sheet; false: the printer took it not.
    void drawn(bool isDrawn);
    void ended(bool isPrinted);

private:
    bool beginSheet();

    std::shared_ptr<QPrinter> m_printer;
    QPainter m_painter;
};

} // namespace ui
