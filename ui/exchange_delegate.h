#pragma once
/// Paints the rows of an ExchangeModel, each from a QTextDocument of its own, and knows which link
/// lies under a point. The documents are built piece by piece with a cursor: what a book or a model
/// wrote never passes through an HTML parser, nothing is ever loaded, and the links are the
/// program's own.

#include <QCache>
#include <QHash>
#include <QStyledItemDelegate>

#include <memory>

#include "ui/exchange_model.h"

class QAbstractItemView;
class QTextDocument;

namespace ui {

class ExchangeDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    /// Rows are as wide as the viewport of `view`.
    explicit ExchangeDelegate(QAbstractItemView* view);
    ~ExchangeDelegate() override;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const override;
    /// The link under `position` (in the coordinates of the viewport) of a row that occupies
    /// `rect`: "cite:3", "cite:open", "cite:copy", "cite:expand", "cite:retry", "cite:answer",
    /// "cite:earlier"; empty: none.
    [[nodiscard]] QString linkAt(const QModelIndex& index, const QRect& rect,
                                 const QPoint& position) const;

private:
    struct Drawn;

    [[nodiscard]] const Drawn* drawn(const QModelIndex& index) const;
    void paintBackground(QPainter* painter, const QStyleOptionViewItem& option,
                         const ExchangeModel::Row& row, const Drawn& drawn) const;

    struct Height {
        quint64 version;
        int width;
        QString font;
        int height;
    };
    QAbstractItemView* m_view;
    mutable QCache<quint64, Drawn> m_drawn;
    mutable QHash<quint64, Height> m_heights; ///< outlive the documents: heights are cheap to keep
};

} // namespace ui
