#pragma once
/// The text of one row of a conversation as a QTextDocument, with its links and basis marks.

#include <QFont>
#include <QPalette>
#include <QTextDocument>

#include <memory>

#include "ui/exchange_model.h"

class QPainter;

namespace ui {

/// A document that asks nobody for anything: whatever an address in it may say, nothing is loaded.
class ClosedDocument : public QTextDocument {
    Q_OBJECT

public:
    using QTextDocument::QTextDocument;

protected:
    QVariant loadResource(int, const QUrl&) override { return {}; }
};

/// Text that says less than the rest: a colour between text and background that still has a
/// contrast of more than 4.5 : 1 in a palette whose text has one of 12 : 1.
QColor mutedColor(const QPalette& palette);
/// Tells the three bases apart by shape: a disc with a tick, a ring with a dot, a hollow diamond.
void paintBasisMark(QPainter* painter, const QRectF& rect, engine::Basis basis,
                    const QPalette& palette);

/// Laid out for `width`. Quotes are cut after three lines unless the row is expanded.
std::unique_ptr<QTextDocument> exchangeDocument(const ExchangeModel::Row& row, const QFont& font,
                                                const QPalette& palette, int width);

} // namespace ui
