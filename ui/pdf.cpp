#include "ui/pdf.h"

#include <QAbstractTextDocumentLayout>
#include <QBuffer>
#include <QMarginsF>
#include <QPageLayout>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextLayout>

#include <algorithm>
#include <map>

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

} // namespace

QByteArray pdf(const QString& html) {
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
    // Sizes in points are measured in the writer's dots, not in the screen's.
    document.documentLayout()->setPaintDevice(&writer);
    QFont font(QStringLiteral("Liberation Serif"));
    font.setStyleHint(QFont::Serif);
    font.setPointSizeF(kTextPt);
    document.setDefaultFont(font);
    document.setDocumentMargin(0);
    document.setHtml(html);
    writer.setTitle(document.metaInformation(QTextDocument::DocumentTitle));

    QPainter painter(&writer);
    painter.setFont(font);
    const double footer = 2 * painter.fontMetrics().lineSpacing();
    const QSizeF page(writer.width(), writer.height() - footer);
    document.setPageSize(page);
    for (int i = 0; i < document.pageCount(); ++i) {
        if (i > 0)
            writer.newPage();
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
    painter.end();
    linkInside(bytes, document);
    return bytes;
}

} // namespace ui
