#include "ui/pdf.h"

#include <QAbstractTextDocumentLayout>
#include <QBuffer>
#include <QMarginsF>
#include <QPageLayout>
#include <QPageSize>
#include <QPagedPaintDevice>
#include <QPainter>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextLayout>

#include <algorithm>
#include <map>
#include <utility>

namespace ui {
namespace {

constexpr int kDotsPerInch = 1200;
constexpr double kMarginMm = 20;
constexpr double kTextPt = 10.5;
constexpr double kPaperPt = 842; ///< height of A4
constexpr double kPointsPerInch = 72;
constexpr double kMmPerInch = 25.4;

/// Whatever the HTML names, nothing is read or fetched.
class ClosedDocument : public QTextDocument {
protected:
    QVariant loadResource(int /*type*/, const QUrl& /*name*/) override { return {}; }
};

struct Target {
    int page = 0;   ///< from 0
    double top = 0; ///< points from the upper edge of the paper
};

/// Where the anchors stand, once the pages are laid out.
std::map<QString, Target> targets(const QTextDocument& document) {
    std::map<QString, Target> found;
    const double height = document.pageSize().height();
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        for (auto it = block.begin(); !it.atEnd(); ++it) {
            const QStringList names = it.fragment().charFormat().anchorNames();
            if (names.isEmpty())
                continue;
            const QTextLine line =
                block.layout()->lineForTextPosition(it.fragment().position() - block.position());
            const double y =
                document.documentLayout()->blockBoundingRect(block).y() + std::max(line.y(), 0.0);
            const int page = static_cast<int>(y / height);
            const double inside = (y - page * height) * kPointsPerInch / kDotsPerInch;
            for (const QString& name : names)
                found[name] = {page, kMarginMm / kMmPerInch * kPointsPerInch + inside};
        }
    }
    return found;
}

/// The numbers of the pages' objects, in order.
QList<QByteArray> pageObjects(const QByteArray& pdf) {
    static const QRegularExpression kKids(
        QStringLiteral("/Type /Pages\\s*/Kids\\s*\\[([^\\]]*)\\]"));
    const QString text = QString::fromLatin1(pdf);
    QList<QByteArray> numbers;
    const QStringList words = kKids.match(text).captured(1).simplified().split(u' ');
    for (qsizetype i = 0; i + 2 < words.size(); i += 3)
        numbers.append(words[i].toLatin1());
    return numbers;
}

/// Qt writes a link inside the document as a web address "#name", which no reader follows. Each is
/// written over by a link to the place, padded to the same length, so that the table of offsets at
/// the end of the file stays true.
void linkInside(QByteArray& pdf, const QTextDocument& document) {
    const std::map<QString, Target> places = targets(document);
    const QList<QByteArray> pages = pageObjects(pdf);
    const QByteArray opening = "/A <<\n/Type /Action\n/S /URI\n/URI (#";
    const QByteArray closing = ")\n>>";
    for (qsizetype at = pdf.indexOf(opening); at >= 0; at = pdf.indexOf(opening, at)) {
        const qsizetype nameAt = at + opening.size();
        const qsizetype nameEnd = pdf.indexOf(closing, nameAt);
        if (nameEnd < 0)
            return;
        const qsizetype length = nameEnd + closing.size() - at;
        const auto place = places.find(QString::fromLatin1(pdf.mid(nameAt, nameEnd - nameAt)));
        QByteArray link;
        if (place != places.end() && place->second.page < pages.size())
            link = "/Dest [" + pages[place->second.page] + " 0 R /XYZ 0 " +
                   QByteArray::number(qRound(kPaperPt - place->second.top)) + " 0]";
        pdf.replace(at, length, link.leftJustified(length, ' ', true));
        at += length;
    }
}

QFont textFont() {
    QFont font(QStringLiteral("Liberation Serif"));
    font.setStyleHint(QFont::Serif);
    font.setPointSizeF(kTextPt);
    return font;
}

void fill(QTextDocument& document, const QString& html, QPagedPaintDevice& device) {
    // Sizes in points are measured in the device's dots, not in the screen's.
    document.documentLayout()->setPaintDevice(&device);
    document.setDefaultFont(textFont());
    document.setDocumentMargin(0);
    document.setHtml(html);
}

/// Lays the document out and draws the pages that are wanted. False: stopped, or no painter.
bool drawPages(QTextDocument& document, QPagedPaintDevice& device,
               const std::function<bool(int page)>& isWanted, const PageSign& sign) {
    QPainter painter;
    if (!painter.begin(&device))
        return false;
    painter.setFont(textFont());
    const double footer = 2 * painter.fontMetrics().lineSpacing();
    const QSizeF page(device.width(), device.height() - footer);
    document.setPageSize(page);
    const int total = document.pageCount();
    bool isFirst = true;
    for (int i = 0; i < total; ++i) {
        if (sign && !sign(i, total))
            return false;
        if (!isWanted(i + 1))
            continue;
        if (!std::exchange(isFirst, false) && !device.newPage())
            return false;
        painter.save();
        painter.translate(0, -i * page.height());
        QAbstractTextDocumentLayout::PaintContext context;
        // A line that only touches the edge belongs to the other page.
        context.clip = QRectF(QPointF(0, i * page.height()), page).adjusted(0, 1, 0, -1);
        // Paper is white, whatever the theme.
        context.palette.setColor(QPalette::Text, Qt::black);
        context.palette.setColor(QPalette::Dark, Qt::gray);
        document.documentLayout()->draw(&painter, context);
        painter.restore();
        painter.drawText(QRectF(0, page.height(), page.width(), footer),
                         Qt::AlignHCenter | Qt::AlignBottom, QString::number(i + 1));
    }
    return painter.end();
}

} // namespace

QByteArray pdf(const QString& html, const PageSign& sign) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setResolution(kDotsPerInch);
    writer.setPageLayout({QPageSize(QPageSize::A4), QPageLayout::Portrait,
                          QMarginsF(kMarginMm, kMarginMm, kMarginMm, kMarginMm),
                          QPageLayout::Millimeter});
    writer.setCreator(QStringLiteral("Infolio"));

    ClosedDocument document;
    fill(document, html, writer);
    writer.setTitle(document.metaInformation(QTextDocument::DocumentTitle));
    if (!drawPages(
            document, writer, [](int) { return true; }, sign))
        return {};
    linkInside(bytes, document);
    return bytes;
}

bool drawReport(const QString& html, QPagedPaintDevice& device,
                const std::function<bool(int page)>& isWanted, const PageSign& sign) {
    ClosedDocument document;
    fill(document, html, device);
    return drawPages(document, device, isWanted, sign);
}

} // namespace ui
