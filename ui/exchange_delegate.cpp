#include "ui/exchange_delegate.h"

#include <QAbstractItemView>
#include <QAbstractTextDocumentLayout>
#include <QPainter>
#include <QTextDocument>

#include <algorithm>

#include "ui/exchange_document.h"

namespace ui {
namespace {

using Kind = ExchangeModel::Kind;

constexpr int kDocuments = 200;
constexpr int kLeastWidth = 60;

bool isCard(Kind kind) {
    return kind == Kind::Evidence || kind == Kind::Refusal || kind == Kind::Failure;
}

/// The kinds whose card has a bar at its left, so that it differs from evidence by shape.
bool hasBar(Kind kind) {
    return kind == Kind::Refusal || kind == Kind::Failure;
}

int spaceAbove(const ExchangeModel::Row& row, int em) {
    switch (row.kind) {
    case Kind::Question:
        return row.isFirst ? em / 2 : em * 3 / 2;
    case Kind::Evidence:
        return row.part == 0 ? em / 2 : em / 4;
    case Kind::Gist:
    case Kind::Earlier:
    case Kind::Refusal:
    case Kind::Failure:
    case Kind::Coverage:
        return em / 2;
    case Kind::Notice:
    case Kind::Details:
        return em / 4;
    }
    return 0;
}

QColor blend(const QColor& over, const QColor& under, double part) {
    const auto mix = [part](int a, int b) { return qRound(a * part + b * (1 - part)); };
    return {mix(over.red(), under.red()), mix(over.green(), under.green()),
            mix(over.blue(), under.blue())};
}

} // namespace

/// A row as it was painted last.
struct ExchangeDelegate::Drawn {
    quint64 version = 0;
    int width = 0;
    QString font;
    qint64 palette = 0;
    std::unique_ptr<QTextDocument> document;
    QRect card; ///< within the row; the whole text where there is no card
    QPoint text;
    int height = 0;
};

ExchangeDelegate::ExchangeDelegate(QAbstractItemView* view)
    : QStyledItemDelegate(view), m_view(view), m_drawn(kDocuments) {}

ExchangeDelegate::~ExchangeDelegate() = default;

const ExchangeDelegate::Drawn* ExchangeDelegate::drawn(const QModelIndex& index) const {
    const auto* model = qobject_cast<const ExchangeModel*>(index.model());
    if (!model)
        return nullptr;
    const ExchangeModel::Row row = model->row(index);
    if (!row.exchange)
        return nullptr;
    const int width = std::max(m_view->viewport()->width(), kLeastWidth);
    const QString font = m_view->font().key();
    const QPalette palette = m_view->palette();
    if (const Drawn* known = m_drawn.object(row.id); known && known->version == row.version &&
                                                     known->width == width && known->font == font &&
                                                     known->palette == palette.cacheKey())
        return known;

    auto fresh = std::make_unique<Drawn>();
    const int em = QFontMetrics(m_view->font()).height();
    const int side = em * 2 / 3, padding = isCard(row.kind) ? em / 2 : 0;
    const int bar = hasBar(row.kind) ? em / 3 : 0;
    const int above = spaceAbove(row, em), below = em / 6;
    const int textWidth = std::max(width - 2 * (side + padding) - bar, kLeastWidth / 2);
    fresh->document = exchangeDocument(row, m_view->font(), palette, textWidth);
    const int textHeight = qCeil(fresh->document->size().height());
    fresh->version = row.version;
    fresh->width = width;
    fresh->font = font;
    fresh->palette = palette.cacheKey();
    fresh->card = QRect(side, above, width - 2 * side, textHeight + 2 * padding);
    fresh->text = QPoint(side + padding + bar, above + padding);
    fresh->height = above + textHeight + 2 * padding + below;
    m_heights.insert(row.id, {row.version, width, font, fresh->height});
    const Drawn* result = fresh.get();
    m_drawn.insert(row.id, fresh.release());
    return result;
}

QSize ExchangeDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex& index) const {
    const auto* model = qobject_cast<const ExchangeModel*>(index.model());
    if (!model)
        return {};
    const ExchangeModel::Row row = model->row(index);
    const int width = std::max(m_view->viewport()->width(), kLeastWidth);
    const auto known = m_heights.constFind(row.id);
    if (known != m_heights.constEnd() && known->version == row.version && known->width == width &&
        known->font == m_view->font().key())
        return {width, known->height};
    const Drawn* fresh = drawn(index);
    return {width, fresh ? fresh->height : 0};
}

void ExchangeDelegate::paintBackground(QPainter* painter, const QStyleOptionViewItem& option,
                                       const ExchangeModel::Row& row, const Drawn& drawn) const {
    const QPalette& palette = option.palette;
    const QColor base = palette.color(QPalette::Base), text = palette.color(QPalette::Text);
    const int em = option.fontMetrics.height();
    const QRectF card = QRectF(drawn.card.translated(option.rect.topLeft()));
    if (row.kind == Kind::Question && !row.isFirst) {
        painter->setPen(blend(text, base, 0.25));
        const int y = option.rect.top() + drawn.card.top() - em * 2 / 3;
        painter->drawLine(qRound(card.left()), y, qRound(card.right()), y);
    }
    if (isCard(row.kind)) {
        painter->setPen(QPen(blend(text, base, 0.25), 1));
        painter->setBrush(blend(text, base, 0.04));
        painter->drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
    }
    if (hasBar(row.kind)) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(row.kind == Kind::Failure ? text : mutedColor(palette));
        painter->drawRoundedRect(
            QRectF(card.left(), card.top(), std::max(em / 5.0, 3.0), card.height()), 1.5, 1.5);
    }
    if (option.state & QStyle::State_HasFocus) {
        painter->setPen(QPen(palette.color(QPalette::Highlight), 2));
        painter->setBrush(Qt::NoBrush);
        const double grow = isCard(row.kind) ? -1 : 3;
        painter->drawRoundedRect(card.adjusted(-grow, -grow, grow, grow), 5, 5);
    }
}

void ExchangeDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                             const QModelIndex& index) const {
    const Drawn* found = drawn(index);
    if (!found)
        return;
    const auto* model = static_cast<const ExchangeModel*>(index.model());
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    paintBackground(painter, option, model->row(index), *found);
    painter->translate(option.rect.topLeft() + found->text);
    QAbstractTextDocumentLayout::PaintContext context;
    context.palette = option.palette;
    found->document->documentLayout()->draw(painter, context);
    painter->restore();
}

QString ExchangeDelegate::linkAt(const QModelIndex& index, const QRect& rect,
                                 const QPoint& position) const {
    const Drawn* found = drawn(index);
    if (!found)
        return {};
    const QPointF inText = position - rect.topLeft() - found->text;
    const QString link = found->document->documentLayout()->anchorAt(inText);
    return link.startsWith(QStringLiteral("cite:")) ? link : QString();
}

} // namespace ui
