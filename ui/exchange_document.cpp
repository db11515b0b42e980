#include "ui/exchange_document.h"

#include <QAbstractTextDocumentLayout>
#include <QCoreApplication>
#include <QPainter>
#include <QTextCursor>
#include <QTextLayout>
#include <QTextObjectInterface>

namespace ui {
namespace {

class Words {
    Q_DECLARE_TR_FUNCTIONS(ui::ExchangeDocument)
};

constexpr int kMarkObject = QTextFormat::UserObject + 1;
constexpr int kBasisProperty = QTextFormat::UserProperty + 1;
constexpr int kQuoteLines = 3;
constexpr int kLineHeight = 112; ///< per cent

QFont scaled(QFont font, double factor) {
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * factor);
    else
        font.setPixelSize(qRound(font.pixelSize() * factor));
    return font;
}

/// Paints a basis between words: mark and word in one, so that no line ends between them.
class MarkHandler : public QObject, public QTextObjectInterface {
    Q_OBJECT
    Q_INTERFACES(QTextObjectInterface)

public:
    MarkHandler(const QPalette& palette, QObject* parent) : QObject(parent), m_palette(palette) {}

    QSizeF intrinsicSize(QTextDocument*, int, const QTextFormat& format) override {
        const QFontMetricsF metrics(format.toCharFormat().font());
        const double word = metrics.horizontalAdvance(basisWord(basisOf(format)));
        return {side(metrics) + gap(metrics) + word, metrics.ascent()};
    }
    void drawObject(QPainter* painter, const QRectF& rect, QTextDocument*, int,
                    const QTextFormat& format) override {
        const QFont font = format.toCharFormat().font();
        const QFontMetricsF metrics(font);
        const double length = side(metrics);
        paintBasisMark(painter, QRectF(rect.left(), rect.bottom() - length, length, length),
                       basisOf(format), m_palette);
        painter->setFont(font);
        painter->setPen(mutedColor(m_palette));
        painter->drawText(QPointF(rect.left() + length + gap(metrics), rect.bottom()),
                          basisWord(basisOf(format)));
    }

private:
    static double side(const QFontMetricsF& metrics) { return metrics.ascent() * 0.9; }
    static double gap(const QFontMetricsF& metrics) { return metrics.ascent() * 0.3; }
    static engine::Basis basisOf(const QTextFormat& format) {
        return static_cast<engine::Basis>(format.intProperty(kBasisProperty));
    }

    QPalette m_palette;
};

/// Writes into one document in the few manners that rows need.
class Writer {
public:
    Writer(QTextDocument& document, const QFont& font, const QPalette& palette)
        : m_cursor(&document), m_font(font), m_palette(palette) {}

    void block(double spaceAbove = 0) {
        QTextBlockFormat format;
        format.setTopMargin(spaceAbove);
        format.setLineHeight(kLineHeight, QTextBlockFormat::ProportionalHeight);
        if (m_isFresh)
            m_cursor.setBlockFormat(format);
        else
            m_cursor.insertBlock(format);
        m_isFresh = false;
    }
    void text(const QString& text) { m_cursor.insertText(text, plain()); }
    void bold(const QString& text) {
        QTextCharFormat format = plain();
        format.setFontWeight(QFont::DemiBold);
        m_cursor.insertText(text, format);
    }
    void muted(const QString& text) { m_cursor.insertText(text, small()); }
    void link(const QString& text, const QString& target) {
        QTextCharFormat format = plain();
        format.setAnchor(true);
        format.setAnchorHref(target);
        format.setForeground(m_palette.color(QPalette::Link));
        // A link whose words stand on two lines looks like two.
        QString joined = text;
        m_cursor.insertText(joined.replace(u' ', QChar::Nbsp), format);
    }
    void basis(engine::Basis basis) {
        QTextCharFormat format = small();
        format.setObjectType(kMarkObject);
        format.setProperty(kBasisProperty, static_cast<int>(basis));
        m_cursor.insertText(QString(QChar::ObjectReplacementCharacter), format);
    }
    [[nodiscard]] const QFont& font() const { return m_font; }

private:
    [[nodiscard]] QTextCharFormat plain() const {
        QTextCharFormat format;
        format.setFont(m_font);
        format.setForeground(m_palette.color(QPalette::Text));
        return format;
    }
    [[nodiscard]] QTextCharFormat small() const {
        QTextCharFormat format;
        format.setFont(scaled(m_font, 0.88));
        format.setForeground(mutedColor(m_palette));
        return format;
    }

    QTextCursor m_cursor;
    QFont m_font;
    QPalette m_palette;
    bool m_isFresh = true;
};

/// The part of `text` that fits into three lines; an ellipsis says that there is more.
QString firstLines(const QString& text, const QFont& font, int width) {
    QTextLayout layout(text, font);
    layout.beginLayout();
    QString shown = text;
    for (int i = 0;; ++i) {
        QTextLine line = layout.createLine();
        if (!line.isValid())
            break;
        line.setLineWidth(width);
        if (i == kQuoteLines - 1 && line.textStart() + line.textLength() < text.size()) {
            // Cut at a word and with room to spare, so that the mark at the end opens no fourth
            // line.
            const QString rest = text.mid(line.textStart(), line.textLength());
            const int room = width - QFontMetrics(font).horizontalAdvance(QStringLiteral("MM"));
            QString last =
                QFontMetrics(font).elidedText(rest + QStringLiteral("MMMM"), Qt::ElideRight, room);
            const qsizetype space = last.lastIndexOf(u' ');
            if (space > last.size() / 2)
                last = last.left(space) + QStringLiteral(" …");
            shown = text.left(line.textStart()) + last;
            break;
        }
    }
    layout.endLayout();
    return shown;
}

void writeGist(Writer& writer, const Exchange& exchange) {
    writer.block();
    if (exchange.sentences.empty()) {
        if (!exchange.streamed.isEmpty())
            writer.text(shownText(exchange.streamed.toStdString()).trimmed());
        else if (!exchange.isRunning)
            writer.muted(Words::tr("Stopped before anything was written."));
        else if (exchange.evidence.empty())
            writer.muted(Words::tr("Looking for passages…"));
        else
            writer.muted(Words::tr("Passages found. Writing…"));
        return;
    }
    writer.muted(gistCaption(exchange));
    for (const engine::GistSentence& sentence : exchange.sentences) {
        // A line for each: in running text it would not be clear to which sentence a mark belongs
        // that a line break has carried away from it.
        writer.block(QFontMetricsF(writer.font()).height() * 0.25);
        if (exchange.isPoints)
            writer.text(QStringLiteral("•\u00A0"));
        writer.text(shownLine(sentence.utf8));
        for (const int number : sentence.citations) {
            writer.text(QStringLiteral(" "));
            writer.link(QStringLiteral("[%1]").arg(number), QStringLiteral("cite:%1").arg(number));
        }
        writer.text(QStringLiteral(" "));
        writer.basis(sentence.basis);
    }
    if (exchange.wasCancelled) {
        writer.block();
        writer.muted(Words::tr("Stopped here."));
    }
}

/// "Chapter 7" beside "ch. 7" says nothing more; "The Mole" beside it does.
bool addsToPlace(const QString& chapter, const QString& place) {
    if (chapter.isEmpty() || place.contains(chapter, Qt::CaseInsensitive))
        return false;
    return !(chapter.startsWith(QStringLiteral("chapter "), Qt::CaseInsensitive) &&
             chapter.size() <= 14);
}

void writeEvidence(Writer& writer, const ExchangeModel::Row& row, int width) {
    const engine::Evidence& evidence = row.exchange->evidence[static_cast<std::size_t>(row.part)];
    const double gap = QFontMetricsF(writer.font()).height() * 0.3;
    const QString place = shownLine(evidence.place);
    const QString chapter = shownLine(evidence.chapter);
    writer.block();
    writer.bold(QStringLiteral("[%1]\u2002").arg(evidence.number));
    writer.bold(shownLine(evidence.title));
    writer.block();
    writer.muted(place);
    if (addsToPlace(chapter, place))
        writer.muted(QStringLiteral(" · ") + chapter);
    writer.block(gap);
    const QString whole =
        Words::tr("“%1”", "a quote from a book")
            .arg(row.isExpanded ? shownText(evidence.quote).trimmed() : shownLine(evidence.quote));
    const QString shown = row.isExpanded ? whole : firstLines(whole, writer.font(), width);
    writer.text(shown);
    writer.block(gap);
    writer.link(Words::tr("Open", "a passage in its book"), QStringLiteral("cite:open"));
    writer.text(QStringLiteral("\u2003"));
    writer.link(Words::tr("Copy", "a quote"), QStringLiteral("cite:copy"));
    if (row.isExpanded || shown != whole) {
        writer.text(QStringLiteral("\u2003"));
        writer.link(row.isExpanded ? Words::tr("Show less", "of a passage")
                                   : Words::tr("Show all", "of a passage"),
                    QStringLiteral("cite:expand"));
    }
}

void writeDetails(Writer& writer, const ExchangeModel::Row& row) {
    writer.block();
    writer.link(row.isExpanded ? Words::tr("Hide details") : Words::tr("Details"),
                QStringLiteral("cite:expand"));
    if (!row.isExpanded)
        return;
    for (const auto& [name, value] : row.exchange->details) {
        writer.block();
        writer.muted(Words::tr("%1: %2", "name of a fact, its value").arg(name, value));
    }
}

void write(Writer& writer, const ExchangeModel::Row& row, int width) {
    const Exchange& exchange = *row.exchange;
    const auto part = static_cast<std::size_t>(row.part);
    switch (row.kind) {
    case ExchangeModel::Kind::Question:
        writer.block();
        writer.bold(exchange.question);
        if (!exchange.asOf.isEmpty()) {
            writer.block();
            writer.muted(Words::tr("as of %1", "a page").arg(exchange.asOf));
        }
        return;
    case ExchangeModel::Kind::Gist:
        return writeGist(writer, exchange);
    case ExchangeModel::Kind::Refusal:
        writer.block();
        writer.text(exchange.refusal);
        return;
    case ExchangeModel::Kind::Failure:
        writer.block();
        writer.text(shownLine(exchange.failures[part].message));
        writer.block(QFontMetricsF(writer.font()).height() * 0.3);
        writer.link(Words::tr("Ask again"), QStringLiteral("cite:retry"));
        return;
    case ExchangeModel::Kind::Evidence:
        return writeEvidence(writer, row, width);
    case ExchangeModel::Kind::Coverage:
        writer.block();
        writer.muted(coverageText(exchange.coverage[part]));
        if (part + 1 == exchange.coverage.size() && !exchange.sentences.empty()) {
            writer.text(QStringLiteral("\u2003"));
            writer.link(exchange.question.isEmpty() ? Words::tr("Copy summary")
                                                    : Words::tr("Copy answer"),
                        QStringLiteral("cite:answer"));
        }
        return;
    case ExchangeModel::Kind::Notice:
        writer.block();
        writer.muted(exchange.notices[row.part]);
        return;
    case ExchangeModel::Kind::Details:
        return writeDetails(writer, row);
    case ExchangeModel::Kind::Earlier:
        writer.block();
        writer.link(Words::tr("Show earlier questions"), QStringLiteral("cite:earlier"));
        return;
    }
}

} // namespace

QColor mutedColor(const QPalette& palette) {
    const QColor text = palette.color(QPalette::Text), base = palette.color(QPalette::Base);
    const auto mix = [](int a, int b) { return (a * 7 + b * 3) / 10; };
    return {mix(text.red(), base.red()), mix(text.green(), base.green()),
            mix(text.blue(), base.blue())};
}

void paintBasisMark(QPainter* painter, const QRectF& rect, engine::Basis basis,
                    const QPalette& palette) {
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const double line = rect.width() / 8;
    const QRectF area = rect.adjusted(line, line, -line, -line);
    const QColor ink = mutedColor(palette);
    QPen pen(ink, line * 1.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    switch (basis) {
    case engine::Basis::Evidence: {
        painter->setPen(Qt::NoPen);
        painter->setBrush(palette.color(QPalette::Link));
        painter->drawEllipse(area.adjusted(-line / 2, -line / 2, line / 2, line / 2));
        pen.setColor(palette.color(QPalette::Base));
        painter->setPen(pen);
        const auto at = [&area](double x, double y) {
            return QPointF(area.left() + x * area.width(), area.top() + y * area.height());
        };
        painter->drawPolyline(QPolygonF({at(0.24, 0.54), at(0.43, 0.73), at(0.77, 0.3)}));
        break;
    }
    case engine::Basis::Memory:
        painter->setPen(pen);
        painter->drawEllipse(area);
        painter->setBrush(ink);
        painter->drawEllipse(area.center(), line * 0.7, line * 0.7);
        break;
    case engine::Basis::Model:
        painter->setPen(pen);
        painter->drawPolygon(QPolygonF(
            {QPointF(area.center().x(), area.top()), QPointF(area.right(), area.center().y()),
             QPointF(area.center().x(), area.bottom()), QPointF(area.left(), area.center().y())}));
        break;
    }
    painter->restore();
}

std::unique_ptr<QTextDocument> exchangeDocument(const ExchangeModel::Row& row, const QFont& font,
                                                const QPalette& palette, int width) {
    auto document = std::make_unique<ClosedDocument>();
    document->setUndoRedoEnabled(false);
    document->setDocumentMargin(0);
    document->setDefaultFont(font);
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    document->setDefaultTextOption(option);
    document->documentLayout()->registerHandler(kMarkObject,
                                                new MarkHandler(palette, document.get()));
    Writer writer(*document, font, palette);
    if (row.exchange)
        write(writer, row, width);
    document->setTextWidth(width);
    return document;
}

} // namespace ui

#include "exchange_document.moc"
