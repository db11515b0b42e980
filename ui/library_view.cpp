#include "ui/library_view.h"

#include <QAction>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

#include "ui/accessible.h"
#include "ui/hit_view.h"
#include "ui/icon_label.h"
#include "ui/icons.h"
#include "ui/library_delegate.h"
#include "ui/library_model.h"
#include "ui/plain_text.h"

namespace ui {
namespace {

enum Page { ListPage, EmptyPage, NoHitPage };

QLabel* sentence(const char* name, QWidget* parent) {
    QLabel* label = plainLabel(name, parent);
    label->setAlignment(Qt::AlignCenter);
    return label;
}

QPushButton* button(const char* name, const char* iconName, const QString& text, QWidget* parent) {
    auto* result = new QPushButton(icon(iconName), text, parent);
    result->setObjectName(QString::fromLatin1(name));
    return result;
}

/// Stands in the place of the list, so it has the list's frame and background.
QWidget* page(const char* name) {
    auto* result = new QFrame;
    result->setFrameShape(QFrame::StyledPanel);
    result->setObjectName(QString::fromLatin1(name));
    result->setBackgroundRole(QPalette::Base);
    result->setAutoFillBackground(true);
    return result;
}

} // namespace

LibraryView::LibraryView(QWidget* parent)
    : QWidget(parent), m_model(new LibraryModel(this)), m_filter(new QLineEdit(this)),
      m_collections(new QComboBox(this)), m_sort(new QComboBox(this)), m_list(new QListView(this)),
      m_noHit(nullptr), m_count(new QLabel(this)), m_pages(new QStackedWidget(this)),
      m_menu(new QMenu(this)) {
    setObjectName(QStringLiteral("library"));
    makeControls();
    makeMenu();
    m_pages->insertWidget(ListPage, m_list);
    m_pages->insertWidget(EmptyPage, makeEmptyPage());
    m_pages->insertWidget(NoHitPage, makeNoHitPage());
    m_hits = new HitView(this);

    auto* order = new QHBoxLayout;
    order->setSpacing(6);
    order->addWidget(m_collections, 3);
    order->addWidget(m_sort, 2);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 6);
    layout->setSpacing(6);
    layout->addWidget(m_filter);
    layout->addLayout(order);
    layout->addWidget(m_pages, 2);
    layout->addWidget(m_count);
    layout->addWidget(m_hits, 3);

    connect(m_model, &QAbstractItemModel::modelAboutToBeReset, this, &LibraryView::keepSelection);
    connect(m_model, &QAbstractItemModel::modelReset, this, [this] {
        restoreSelection();
        updatePage();
    });
    connect(m_model, &QAbstractItemModel::dataChanged, this, &LibraryView::updateActions);
    connect(m_list->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        if (m_isExchanging)
            return;
        updateActions();
        Q_EMIT selectionChanged(selectedDocuments());
    });
    connect(m_hits, &HitView::left, this, [this] { focusDocuments(m_model->rowCount() - 1); });
    updateActions();
    updatePage();
}

void LibraryView::makeControls() {
    m_filter->setObjectName(QStringLiteral("libraryFilter"));
    m_filter->setAccessibleName(tr("Find documents by title or author, and places in their text"));
    m_filter->setPlaceholderText(tr("Title, author or text"));
    m_filter->setClearButtonEnabled(true);
    nameClearButton(*m_filter, tr("Clear the filter"));
    m_filter->addAction(icon("find", QPalette::PlaceholderText), QLineEdit::LeadingPosition)
        ->setText(tr("Filter"));
    m_filter->setAcceptDrops(false);
    m_filter->installEventFilter(this);
    connect(m_filter, &QLineEdit::textChanged, m_model, &LibraryModel::setFilter);
    connect(m_filter, &QLineEdit::textChanged, this, &LibraryView::updatePage);

    m_collections->setObjectName(QStringLiteral("libraryCollections"));
    nameChoice(*m_collections, tr("Collection"));
    m_collections->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_collections->setMinimumContentsLength(8);
    m_collections->addItem(tr("All documents"), QString());
    m_collections->hide();
    connect(m_collections, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_model->setCollection(m_collections->itemData(index).toString());
        updatePage();
        updateHits();
    });

    m_sort->setObjectName(QStringLiteral("librarySort"));
    nameChoice(*m_sort, tr("Order of the library"));
    m_sort->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_sort->setMinimumContentsLength(7);
    m_sort->addItem(tr("By title"), int(LibraryModel::Sort::Title));
    m_sort->addItem(tr("By author"), int(LibraryModel::Sort::Author));
    m_sort->addItem(tr("Newest first"), int(LibraryModel::Sort::Added));
    m_sort->addItem(tr("By state"), int(LibraryModel::Sort::State));
    connect(m_sort, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_model->setSort(static_cast<LibraryModel::Sort>(m_sort->itemData(index).toInt()));
    });

    m_list->setObjectName(QStringLiteral("libraryList"));
    m_list->setAccessibleName(tr("Documents"));
    m_list->setModel(m_model);
    m_list->setItemDelegate(new LibraryDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setMouseTracking(true);
    m_list->setAcceptDrops(false);
    m_list->installEventFilter(this);
    connect(m_list, &QAbstractItemView::doubleClicked, this,
            [this] { Q_EMIT openRequested(selectedDocuments()); });

    m_count->setObjectName(QStringLiteral("libraryCount"));
    m_count->setForegroundRole(QPalette::PlaceholderText);
}

QWidget* LibraryView::makeEmptyPage() {
    QWidget* result = page("libraryEmpty");
    auto* picture = new IconLabel(icon("book", QPalette::Dark), 56, result);
    QLabel* text = sentence("libraryEmptyText", result);
    text->setText(tr("Drop a book or a long document here, or choose one."));
    QPushButton* add = button("libraryAddFiles", "add", tr("Add files…"), result);
    QPushButton* sample = button("librarySample", "book", tr("Read the sample book"), result);
    connect(add, &QPushButton::clicked, this, &LibraryView::addFilesRequested);
    connect(sample, &QPushButton::clicked, this, &LibraryView::sampleBookRequested);
    auto* layout = new QVBoxLayout(result);
    layout->setContentsMargins(20, 20, 20, 20);
    layout->setSpacing(10);
    layout->addStretch(2);
    layout->addWidget(picture, 0, Qt::AlignCenter);
    layout->addWidget(text);
    layout->addSpacing(6);
    layout->addWidget(add);
    layout->addWidget(sample);
    layout->addStretch(3);
    return result;
}

QWidget* LibraryView::makeNoHitPage() {
    QWidget* result = page("libraryNoHit");
    m_noHit = sentence("libraryNoHitText", result);
    QPushButton* all = button("libraryShowAll", "library", tr("Show all documents"), result);
    connect(all, &QPushButton::clicked, this, [this] {
        m_collections->setCurrentIndex(0);
        m_filter->clear();
        m_list->setFocus();
    });
    auto* layout = new QVBoxLayout(result);
    layout->setContentsMargins(20, 20, 20, 20);
    layout->setSpacing(12);
    layout->addStretch(2);
    layout->addWidget(m_noHit);
    layout->addWidget(all, 0, Qt::AlignCenter);
    layout->addStretch(3);
    return result;
}

void LibraryView::makeMenu() {
    m_menu->setObjectName(QStringLiteral("libraryMenu"));
    m_open = addAction("libraryOpen", "book", tr("&Open"), &LibraryView::openRequested);
    m_read = addAction("libraryRead", "play", tr("&Read"), &LibraryView::readRequested);
    m_pause =
        addAction("libraryPause", "pause", tr("&Pause reading"), &LibraryView::pauseRequested);
    m_menu->addSeparator();
    m_ask = addAction("libraryAsk", "evidence", tr("&Ask about this"), &LibraryView::askRequested);
    m_summarise = addAction("librarySummarise", "summarise", tr("&Summarise"),
                            &LibraryView::summariseRequested);
    m_export = addAction("libraryExport", "export", tr("&Export…"), &LibraryView::exportRequested);
    m_showFile = addAction("libraryShowFile", "library", tr("Show the &file"),
                           &LibraryView::showFileRequested);
    m_menu->addSeparator();
    m_remove = addAction("libraryRemove", "trash", tr("Re&move from the library"),
                         &LibraryView::removeRequested);
}

QAction* LibraryView::addAction(const char* name, const char* iconName, const QString& text,
                                void (LibraryView::*wanted)(const Ids&)) {
    QAction* action = m_menu->addAction(icon(iconName), text);
    action->setObjectName(QString::fromLatin1(name));
    connect(action, &QAction::triggered, this, [this, wanted] {
        Q_EMIT(this->*wanted)(selectedDocuments());
    });
    return action;
}

QAction* LibraryView::addAction(const char* name, const char* iconName, const QString& text,
                                void (LibraryView::*wanted)(const engine::DocumentId&)) {
    QAction* action = m_menu->addAction(icon(iconName), text);
    action->setObjectName(QString::fromLatin1(name));
    connect(action, &QAction::triggered, this, [this, wanted] {
        if (const Ids ids = selectedDocuments(); ids.size() == 1)
            Q_EMIT(this->*wanted)(ids.front());
    });
    return action;
}

void LibraryView::setDocuments(std::vector<engine::DocumentInfo> documents) {
    m_model->setDocuments(std::move(documents));
    updateCollections();
    updateHits();
}

void LibraryView::updateDocument(const engine::DocumentInfo& document) {
    m_model->updateDocument(document);
    updateCollections();
    updatePage();
    updateHits();
}

void LibraryView::setProgress(const engine::Progress& progress) {
    m_model->setProgress(progress);
}

void LibraryView::selectDocument(const engine::DocumentId& id) {
    if (const int row = m_model->rowOf(id); row >= 0)
        m_list->setCurrentIndex(m_model->index(row));
}

LibraryView::Ids LibraryView::selectedDocuments() const {
    QModelIndexList rows = m_list->selectionModel()->selectedIndexes();
    std::sort(rows.begin(), rows.end());
    Ids ids;
    for (const QModelIndex& row : rows)
        ids.push_back(m_model->documentAt(row.row()).id);
    return ids;
}

void LibraryView::focusFilter() {
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

bool LibraryView::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_list && event->type() == QEvent::ContextMenu) {
        const auto* wanted = static_cast<QContextMenuEvent*>(event);
        const QModelIndex current = m_list->currentIndex();
        popUpMenu(wanted->reason() == QContextMenuEvent::Keyboard && current.isValid()
                      ? m_list->viewport()->mapToGlobal(m_list->visualRect(current).center())
                      : wanted->globalPos());
        return true;
    }
    if (event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    if (watched == m_list && key->modifiers() == Qt::NoModifier && listKeyPressed(key->key()))
        return true;
    if (watched == m_list && key->key() == Qt::Key_Down && key->modifiers() == Qt::NoModifier &&
        m_list->currentIndex().row() == m_model->rowCount() - 1 && m_hits->enter())
        return true;
    if (watched == m_filter && key->key() == Qt::Key_Down) {
        if (m_model->rowCount() > 0)
            focusDocuments(0);
        else
            m_hits->enter();
        return true;
    }
    if (watched == m_filter && key->key() == Qt::Key_Escape && !m_filter->text().isEmpty()) {
        m_filter->clear();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

/// With the keyboard: into the list, at `row` unless there is a current one; into the field when
/// the list is empty.
void LibraryView::focusDocuments(int row) {
    if (m_model->rowCount() == 0)
        return m_filter->setFocus();
    if (!m_list->currentIndex().isValid())
        m_list->setCurrentIndex(m_model->index(row));
    m_list->setFocus();
}

bool LibraryView::listKeyPressed(int key) {
    const Ids ids = selectedDocuments();
    if (ids.empty())
        return false;
    if (key == Qt::Key_Return || key == Qt::Key_Enter)
        Q_EMIT openRequested(ids);
    else if (key == Qt::Key_Delete)
        Q_EMIT removeRequested(ids);
    else
        return false;
    return true;
}

void LibraryView::popUpMenu(const QPoint& position) {
    if (selectedDocuments().empty())
        return;
    updateActions();
    m_menu->popup(position);
}

void LibraryView::updateActions() {
    using engine::State;
    const QModelIndexList rows = m_list->selectionModel()->selectedIndexes();
    const auto isAny = [&](auto holds) {
        return std::any_of(rows.begin(), rows.end(), [&](const QModelIndex& row) {
            return holds(m_model->documentAt(row.row()));
        });
    };
    const bool isOne = rows.size() == 1;
    const bool hasText = isAny([](const engine::DocumentInfo& document) {
        return document.state != State::Locked && document.state != State::NoText;
    });
    m_open->setEnabled(!rows.isEmpty());
    const bool canRead = isAny([](const engine::DocumentInfo& document) {
        return document.state == State::TextReady || document.state == State::Paused;
    });
    const bool canReadAgain = isAny([](const engine::DocumentInfo& document) {
        return document.state == State::MemoryOutdated;
    });
    m_read->setEnabled(canRead || canReadAgain);
    m_read->setText(canReadAgain && !canRead ? tr("&Read again") : tr("&Read"));
    m_pause->setEnabled(isAny([](const engine::DocumentInfo& document) {
        return document.state == State::Reading || document.state == State::Queued;
    }));
    m_ask->setEnabled(hasText);
    m_summarise->setEnabled(isOne && hasText);
    m_export->setEnabled(isOne && hasText);
    m_showFile->setEnabled(isOne && isAny([](const engine::DocumentInfo& document) {
                               return !document.paths.empty();
                           }));
    m_remove->setEnabled(!rows.isEmpty());
}

void LibraryView::updatePage() {
    const int all = m_model->documentCount();
    const int shown = m_model->rowCount();
    const QLocale locale;
    m_filter->setVisible(all > 0);
    m_sort->setVisible(all > 0);
    m_count->setVisible(all > 0);
    m_count->setText(shown < all
                         ? tr("%1 of %Ln document(s)", nullptr, all).arg(locale.toString(shown))
                         : tr("%Ln document(s)", nullptr, all));
    const QString wanted = m_filter->text().trimmed();
    m_noHit->setText(
        wanted.isEmpty() ? tr("This collection is empty.")
        : m_collections->currentIndex() > 0
            ? tr("No document of this collection has “%1” in its title or author.").arg(wanted)
            : tr("No document has “%1” in its title or author.").arg(wanted));
    m_pages->setCurrentIndex(all == 0 ? EmptyPage : shown == 0 ? NoHitPage : ListPage);
    m_hits->setWords(all == 0 ? QString() : wanted);
}

void LibraryView::updateHits() {
    m_hits->setDocuments(m_model->documents(), m_collections->currentData().toString());
}

void LibraryView::updateCollections() {
    QStringList names = m_model->collections();
    names.prepend(QString());
    QStringList present;
    for (int i = 0; i < m_collections->count(); ++i)
        present.append(m_collections->itemData(i).toString());
    if (names != present) {
        const QString chosen = m_collections->currentData().toString();
        const QSignalBlocker blocker(m_collections);
        m_collections->clear();
        for (const QString& name : names)
            m_collections->addItem(name.isEmpty() ? tr("All documents") : name, name);
        m_collections->setCurrentIndex(std::max(0, m_collections->findData(chosen)));
        m_model->setCollection(m_collections->currentData().toString());
    }
    m_collections->setVisible(names.size() > 1);
}

void LibraryView::keepSelection() {
    m_isExchanging = true;
    m_kept = selectedDocuments();
    const QModelIndex current = m_list->currentIndex();
    m_keptCurrent =
        current.isValid() ? m_model->documentAt(current.row()).id : engine::DocumentId();
}

void LibraryView::restoreSelection() {
    QItemSelection selection;
    for (const engine::DocumentId& id : m_kept) {
        if (const int row = m_model->rowOf(id); row >= 0)
            selection.select(m_model->index(row), m_model->index(row));
    }
    QItemSelectionModel* model = m_list->selectionModel();
    if (const int row = m_model->rowOf(m_keptCurrent); row >= 0) {
        model->setCurrentIndex(m_model->index(row), QItemSelectionModel::NoUpdate);
        m_list->scrollTo(m_model->index(row));
    }
    model->select(selection, QItemSelectionModel::ClearAndSelect);
    m_isExchanging = false;
    updateActions();
    if (selectedDocuments() != m_kept)
        Q_EMIT selectionChanged(selectedDocuments());
}

} // namespace ui
