#include "ui/trash_view.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

#include "ui/icon_label.h"
#include "ui/icons.h"
#include "ui/library_model.h"
#include "ui/plain_text.h"
#include "ui/row_painting.h"

namespace ui {
namespace {

/// So many titles are named before the rest is only counted.
constexpr std::size_t kNamed = 5;
constexpr qsizetype kTitleLength = 42;

QPushButton* button(const char* name, const char* iconName, const QString& text, QWidget* parent) {
    auto* result = new QPushButton(icon(iconName), text, parent);
    result->setObjectName(QString::fromLatin1(name));
    return result;
}

/// A title that fits a line of a narrow dock.
QString shortTitle(const engine::DocumentInfo& document) {
    const QString title = titleOf(document);
    return title.size() <= kTitleLength
               ? title
               : title.left(kTitleLength - 1).trimmed() + QStringLiteral("…");
}

/// One title to a line.
QString whatGoes(const std::vector<engine::DocumentInfo>& documents) {
    QStringList lines;
    for (std::size_t i = 0; i < std::min(documents.size(), kNamed); ++i)
        lines.append(TrashView::tr("• %1").arg(shortTitle(documents[i])));
    const auto more = static_cast<int>(documents.size()) - static_cast<int>(lines.size());
    if (more > 0)
        lines.append(TrashView::tr("• and %Ln more document(s)", nullptr, more));
    return lines.join(QLatin1Char('\n'));
}

/// Title and author in two lines.
class TrashDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const bool isSelected = option.state & QStyle::State_Selected;
        const QPalette& palette = option.palette;
        paintRow(*painter, option);
        const int height = option.fontMetrics.height();
        const QString author = index.data(LibraryModel::AuthorRole).toString();
        QRect line = option.rect.adjusted(12, 0, -12, 0);
        line.setTop(option.rect.center().y() - (author.isEmpty() ? height / 2 : height));
        line.setHeight(height);
        const auto draw = [&](const QString& text, QPalette::ColorRole role) {
            paintLine(*painter, line, option.font,
                      palette.color(isSelected ? QPalette::HighlightedText : role), text);
            line.translate(0, height + 1);
        };
        draw(index.data().toString(), QPalette::Text);
        draw(author, QPalette::PlaceholderText);
    }

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
        return {160, 2 * option.fontMetrics.height() + 15};
    }
};

} // namespace

void TrashModel::setDocuments(std::vector<engine::DocumentInfo> documents) {
    beginResetModel();
    m_documents = std::move(documents);
    endResetModel();
}

int TrashModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_documents.size());
}

QVariant TrashModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const engine::DocumentInfo& document = m_documents[index.row()];
    const QString author = QString::fromStdString(document.author).simplified();
    if (role == Qt::DisplayRole)
        return titleOf(document);
    if (role == LibraryModel::AuthorRole)
        return author;
    if (role == Qt::AccessibleTextRole)
        return author.isEmpty() ? titleOf(document)
                                : tr("%1, by %2").arg(titleOf(document), author);
    return {};
}

TrashView::TrashView(QWidget* parent)
    : QWidget(parent), m_model(new TrashModel(this)), m_list(new QListView(this)),
      m_pages(new QStackedWidget(this)),
      m_restore(button("trashRestore", "undo", tr("Restore"), this)),
      m_delete(button("trashDelete", "trash", tr("Delete all for good…"), this)), m_bar(makeBar()) {
    setObjectName(QStringLiteral("trash"));
    m_list->setObjectName(QStringLiteral("trashList"));
    m_list->setAccessibleName(tr("Removed documents"));
    m_list->setModel(m_model);
    m_list->setItemDelegate(new TrashDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->installEventFilter(this);
    m_bar->installEventFilter(this);
    auto* empty = plainLabel("trashEmpty", this);
    empty->setText(tr("The Trash is empty. Documents that you remove from the library wait here."));
    empty->setAlignment(Qt::AlignCenter);
    empty->setMargin(20);
    empty->setFrameShape(QFrame::StyledPanel);
    empty->setBackgroundRole(QPalette::Base);
    empty->setAutoFillBackground(true);
    m_pages->addWidget(m_list);
    m_pages->addWidget(empty);

    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_restore);
    buttons->addStretch(1);
    buttons->addWidget(m_delete);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(8);
    layout->addWidget(m_pages, 1);
    layout->addWidget(m_bar);
    layout->addLayout(buttons);

    connect(m_restore, &QPushButton::clicked, this, &TrashView::restore);
    connect(m_delete, &QPushButton::clicked, this, &TrashView::askWhetherToDelete);
    connect(m_list->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &TrashView::updateButtons);
    connect(m_list, &QAbstractItemView::doubleClicked, this, &TrashView::restore);
    setDocuments({});
}

QFrame* TrashView::makeBar() {
    auto* bar = new QFrame(this);
    bar->setObjectName(QStringLiteral("trashBar"));
    bar->setFrameShape(QFrame::StyledPanel);
    bar->setBackgroundRole(QPalette::Base);
    bar->setAutoFillBackground(true);
    m_question = plainLabel("trashQuestion", bar);
    m_confirm = button("trashConfirm", "trash", tr("Delete all for good"), bar);
    m_keep = button("trashKeep", "close", tr("Keep"), bar);
    connect(m_confirm, &QPushButton::clicked, this, [this] {
        Ids ids;
        for (const engine::DocumentInfo& document : m_model->documents())
            ids.push_back(document.id);
        closeBar();
        Q_EMIT deleteForGoodRequested(ids);
    });
    connect(m_keep, &QPushButton::clicked, this, &TrashView::closeBar);
    auto* text = new QHBoxLayout;
    text->setSpacing(10);
    text->addWidget(new IconLabel(icon("warning", QPalette::BrightText), 22, bar), 0, Qt::AlignTop);
    text->addWidget(m_question, 1);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(m_keep);
    buttons->addWidget(m_confirm);
    auto* layout = new QVBoxLayout(bar);
    layout->setSpacing(10);
    layout->addLayout(text);
    layout->addLayout(buttons);
    return bar;
}

void TrashView::setDocuments(std::vector<engine::DocumentInfo> documents) {
    m_model->setDocuments(std::move(documents));
    // A question about other documents than those that are there must not be answered.
    m_bar->hide();
    m_pages->setCurrentIndex(m_model->rowCount() > 0 ? 0 : 1);
    updateButtons();
}

bool TrashView::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (watched == m_bar && key == Qt::Key_Escape) {
            closeBar();
            return true;
        }
        if (watched == m_list && (key == Qt::Key_Return || key == Qt::Key_Enter) &&
            !selected().empty()) {
            restore();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

TrashView::Ids TrashView::selected() const {
    QModelIndexList rows = m_list->selectionModel()->selectedIndexes();
    std::sort(rows.begin(), rows.end());
    Ids ids;
    for (const QModelIndex& row : rows)
        ids.push_back(m_model->documents()[row.row()].id);
    return ids;
}

void TrashView::askWhetherToDelete() {
    m_question->setText(
        tr("This will be gone for good, with its text, memory, questions and summaries:\n%1\n"
           "Your own files stay where they are.")
            .arg(whatGoes(m_model->documents())));
    m_question->setAccessibleName(m_question->text());
    m_bar->show();
    updateButtons();
    // The harmless answer has the focus, so that Return pressed twice deletes nothing.
    m_keep->setFocus(Qt::OtherFocusReason);
}

void TrashView::closeBar() {
    m_bar->hide();
    updateButtons();
    m_list->setFocus(Qt::OtherFocusReason);
}

void TrashView::restore() {
    if (const Ids ids = selected(); !ids.empty())
        Q_EMIT restoreRequested(ids);
}

void TrashView::updateButtons() {
    m_restore->setEnabled(m_list->selectionModel()->hasSelection());
    m_delete->setEnabled(m_model->rowCount() > 0 && m_bar->isHidden());
}

} // namespace ui
