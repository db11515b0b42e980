#include "ui/print_sheets.h"

#include <QPrinter>

#include <algorithm>

namespace ui {
namespace {

constexpr double kPointsPerInch = 72;

} // namespace

PrintSheets::PrintSheets(std::shared_ptr<QPrinter> printer) : m_printer(std::move(printer)) {}

PrintSheets::~PrintSheets() = default;

bool PrintSheets::beginSheet() {
    return m_painter.isActive() ? m_printer->newPage() : m_painter.begin(m_printer.get());
}

void PrintSheets::draw(const QSizeF& size, double scale, const QRect& part, const QImage& image) {
    if (part.top() == 0 && !beginSheet()) {
        Q_EMIT drawn(false);
        return;
    }
    const QSizeF sheet(m_printer->width(), m_printer->height());
    const double dotsPerPoint = m_printer->resolution() / kPointsPerInch;
    const QSizeF full = size * dotsPerPoint;
    const double shrink =
        std::min({1.0, sheet.width() / full.width(), sheet.height() / full.height()});
    const double dots = dotsPerPoint * shrink / scale; // of the printer to a pixel of the picture
    const QPointF corner((sheet.width() - full.width() * shrink) / 2,
                         (sheet.height() - full.height() * shrink) / 2);
    m_painter.drawImage(QRectF(corner + QPointF(part.topLeft()) * dots, QSizeF(part.size()) * dots),
                        image);
    Q_EMIT drawn(true);
}

void PrintSheets::drawSentence(const QString& sentence) {
    const bool isDrawn = beginSheet();
    if (isDrawn)
        m_painter.drawText(QRectF(0, 0, m_printer->width(), m_printer->height()),
                           Qt::AlignCenter | Qt::TextWordWrap, sentence);
    Q_EMIT drawn(isDrawn);
}

void PrintSheets::end() {
    Q_EMIT ended(m_painter.isActive() && m_painter.end());
}

void PrintSheets::abort() {
    m_printer->abort();
    if (m_painter.isActive())
        m_painter.end();
    Q_EMIT ended(false);
}

} // namespace ui
