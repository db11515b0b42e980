#include "ui/contents_view.h"

#include <QFrame>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QTreeView>
#include <QVBoxLayout>

#include "ui/contents_model.h"
#include "ui/icons.h"

namespace ui {
namespace {

/// More entries than this are shown folded.
constexpr int kUnfolded = 80;

/// A bar beside the entry where the person is, and a little air around each.
class ContentsDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        QStyledItemDelegate::paint(painter, option, index);
        if (index.column() != ContentsModel::TitleColumn ||
            !index.data(ContentsModel::IsCurrentRole).toBool())
            return;
        const bool isSelected = option.state & QStyle::State_Selected;
        painter->fillRect(
            QRect(option.rect.left(), option.rect.top() + 3, 3, option.rect.height() - 6),
            option.palette.color(isSelected ? QPalette::HighlightedText : QPalette::Highlight));
    }

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        return QStyledItemDelegate::sizeHint(option, index) + QSize(8, 8);
    }

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
        QStyledItemDelegate::initStyleOption(option, index);
        if (index.column() == ContentsModel::PageColumn)
            option->palette.setColor(QPalette::Text,
                                     option->palette.color(QPalette::PlaceholderText));
        else
            option->text.prepend(QLatin1Char(' ')); // room for the bar
    }
};

} // namespace

ContentsView::ContentsView(QWidget* parent)
    : QWidget(parent), m_model(new ContentsModel(this)), m_tree(new QTreeView(this)),
      m_note(new QLabel(this)), m_empty(new QLabel), m_goToPage(new QPushButton),
      m_pages(new QStackedWidget(this)) {
    setObjectName(QStringLiteral("contents"));
    m_tree->setObjectName(QStringLiteral("contentsTree"));
    m_tree->setAccessibleName(tr("Contents"));
    m_tree->setModel(m_model);
    m_tree->setItemDelegate(new ContentsDelegate(m_tree));
    m_tree->setHeaderHidden(true);
    m_tree->setUniformRowHeights(true);
    m_tree->setExpandsOnDoubleClick(false);
    m_tree->setIndentation(16);
    m_tree->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_tree->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setMinimumSectionSize(24);
    m_tree->header()->setSectionResizeMode(ContentsModel::TitleColumn, QHeaderView::Stretch);
    m_tree->header()->setSectionResizeMode(ContentsModel::PageColumn,
                                           QHeaderView::ResizeToContents);
    m_tree->installEventFilter(this);
    connect(m_tree, &QAbstractItemView::clicked, this, &ContentsView::request);

    m_note->setObjectName(QStringLiteral("contentsNote"));
    m_note->setText(tr("The file names no contents; these headings were found in its text."));
    m_note->setWordWrap(true);
    m_note->setForegroundRole(QPalette::PlaceholderText);

    auto* emptyPage = new QFrame;
    emptyPage->setFrameShape(QFrame::StyledPanel);
    emptyPage->setBackgroundRole(QPalette::Base);
    emptyPage->setAutoFillBackground(true);
    m_empty->setObjectName(QStringLiteral("contentsEmpty"));
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignCenter);
    m_goToPage->setObjectName(QStringLiteral("contentsGoToPage"));
    m_goToPage->setText(tr("Go to page…"));
    m_goToPage->setIcon(icon("forward"));
    connect(m_goToPage, &QPushButton::clicked, this, &ContentsView::goToPageRequested);
    auto* emptyLayout = new QVBoxLayout(emptyPage);
    emptyLayout->setContentsMargins(20, 20, 20, 20);
    emptyLayout->setSpacing(12);
    emptyLayout->addStretch(2);
    emptyLayout->addWidget(m_empty);
    emptyLayout->addWidget(m_goToPage, 0, Qt::AlignCenter);
    emptyLayout->addStretch(3);

    m_pages->addWidget(m_tree);
    m_pages->addWidget(emptyPage);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(6);
    layout->addWidget(m_note);
    layout->addWidget(m_pages, 1);
    updatePage();
}

void ContentsView::clear() {
    m_isOpen = false;
    m_model->setCurrentOffset({});
    m_model->setBound({});
    m_model->setContents({});
    updatePage();
}

void ContentsView::setContents(const std::vector<engine::ContentsEntry>& entries) {
    m_isOpen = true;
    m_model->setContents(entries);
    if (m_model->entryCount() <= kUnfolded)
        m_tree->expandAll();
    else if (m_model->rowCount() == 1)
        m_tree->expandToDepth(0);
    updatePage();
    showCurrent();
}

void ContentsView::setBound(std::optional<std::int64_t> offset) {
    m_model->setBound(offset);
}

void ContentsView::setCurrentOffset(std::int64_t offset) {
    const QModelIndex before = m_model->currentEntry();
    m_model->setCurrentOffset(offset);
    if (m_model->currentEntry() != before)
        showCurrent();
}

bool ContentsView::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_tree && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if ((key == Qt::Key_Return || key == Qt::Key_Enter) && m_tree->currentIndex().isValid()) {
            request(m_tree->currentIndex());
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void ContentsView::request(const QModelIndex& index) {
    const engine::ContentsEntry& entry = m_model->entryAt(index);
    Q_EMIT placeRequested(entry.range, entry.page);
}

void ContentsView::updatePage() {
    const bool isEmpty = m_model->entryCount() == 0;
    m_pages->setCurrentIndex(isEmpty ? 1 : 0);
    m_note->setVisible(m_model->isGuessed());
    m_empty->setText(m_isOpen ? tr("This document has no contents. Go to a page by its number.")
                              : tr("Open a document to see its contents."));
    m_goToPage->setVisible(m_isOpen);
}

void ContentsView::showCurrent() {
    // A person who walks through the tree is not pulled away by the page that scrolls.
    if (const QModelIndex current = m_model->currentEntry();
        current.isValid() && !m_tree->hasFocus())
        m_tree->scrollTo(current);
}

} // namespace ui
