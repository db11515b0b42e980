#include "ui/document_bar.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QToolButton>

#include <algorithm>

#include "ui/icons.h"

namespace ui {
namespace {

QToolButton* button(const char* name, const char* picture, const QString& text, QWidget* parent) {
    auto* const made = new QToolButton(parent);
    made->setObjectName(QString::fromLatin1(name));
    made->setIcon(icon(picture));
    made->setToolTip(text);
    made->setAccessibleName(text);
    made->setAutoRaise(true);
    made->setFocusPolicy(Qt::TabFocus);
    return made;
}

} // namespace

int pageNamed(const std::vector<PageInfo>& pages, const QString& name) {
    const QString wanted = name.trimmed();
    const auto labelled = std::find_if(pages.begin(), pages.end(), [&](const PageInfo& page) {
        return page.label.compare(wanted, Qt::CaseInsensitive) == 0;
    });
    if (labelled != pages.end() && !wanted.isEmpty())
        return static_cast<int>(labelled - pages.begin()) + 1;
    const QString prefix = QStringLiteral("index:");
    const QString digits = wanted.startsWith(prefix) ? wanted.mid(prefix.size()) : wanted;
    const int index = digits.toInt();
    return index >= 1 && index <= static_cast<int>(pages.size()) ? index : 0;
}

DocumentBar::DocumentBar(Kind kind, QWidget* parent)
    : QWidget(parent), m_kind(kind), m_back(button("back", "back", tr("Back"), this)),
      m_forward(button("forward", "forward", tr("Forward"), this)),
      m_what(new QLabel(tr("Location"), this)), m_field(new QLineEdit(this)),
      m_of(new QLabel(this)), m_size(button("size", "fit", tr("Size"), this)) {
    setObjectName(QStringLiteral("documentBar"));
    m_field->setObjectName(QStringLiteral("pageField"));
    m_field->setAccessibleName(tr("Go to page"));
    m_field->setToolTip(tr("A printed page number, or index: and a count from the first page"));
    m_field->setAlignment(Qt::AlignHCenter);
    m_field->setMaxLength(24);
    m_field->setAcceptDrops(false); // a file that is dropped here is meant for the window
    m_field->setFixedWidth(m_field->fontMetrics().averageCharWidth() * 9 + 12);
    m_of->setObjectName(QStringLiteral("pageCount"));
    m_of->setTextFormat(Qt::PlainText);
    QToolButton* const smaller = button(
        "zoomOut", "zoom-out", kind == Kind::Pages ? tr("Zoom out") : tr("Smaller text"), this);
    QToolButton* const bigger =
        button("zoomIn", "zoom-in", kind == Kind::Pages ? tr("Zoom in") : tr("Larger text"), this);
    QToolButton* const rotate = button("rotate", "rotate", tr("Rotate"), this);
    QToolButton* const find = button("find", "find", tr("Find in this document"), this);
    rotate->setVisible(kind == Kind::Pages);

    auto* const row = new QHBoxLayout(this);
    row->setContentsMargins(8, 4, 8, 4);
    row->setSpacing(4);
    row->addWidget(m_back);
    row->addWidget(m_forward);
    row->addSpacing(8);
    row->addWidget(m_what);
    row->addWidget(m_field);
    row->addWidget(m_of);
    row->addStretch(1);
    row->addWidget(smaller);
    row->addWidget(m_size);
    row->addWidget(bigger);
    row->addWidget(rotate);
    row->addSpacing(8);
    row->addWidget(find);
    m_what->hide();
    addSizeMenu();
    setCanGo(false, false);

    connect(m_back, &QToolButton::clicked, this, &DocumentBar::backWanted);
    connect(m_forward, &QToolButton::clicked, this, &DocumentBar::forwardWanted);
    connect(m_field, &QLineEdit::returnPressed, this, &DocumentBar::go);
    connect(m_field, &QLineEdit::editingFinished, this, [this] {
        if (!m_field->hasFocus())
            showPage();
    });
    connect(smaller, &QToolButton::clicked, this, &DocumentBar::smallerWanted);
    connect(bigger, &QToolButton::clicked, this, &DocumentBar::biggerWanted);
    connect(rotate, &QToolButton::clicked, this, &DocumentBar::rotateWanted);
    connect(find, &QToolButton::clicked, this, &DocumentBar::findWanted);
}

void DocumentBar::addSizeMenu() {
    m_size->setToolButtonStyle(Qt::ToolButtonTextOnly);
    m_size->setPopupMode(QToolButton::InstantPopup);
    m_size->setMinimumWidth(m_size->fontMetrics().horizontalAdvance(tr("%1 %").arg(8888)) + 20);
    auto* const menu = new QMenu(m_size);
    menu->setObjectName(QStringLiteral("sizeMenu"));
    if (m_kind == Kind::Pages) {
        connect(menu->addAction(tr("Fit &width")), &QAction::triggered, this,
                [this] { Q_EMIT fitWanted(Fit::Width); });
        connect(menu->addAction(tr("Fit &page")), &QAction::triggered, this,
                [this] { Q_EMIT fitWanted(Fit::Page); });
        menu->addSeparator();
        for (const int percent : {50, 75, 100, 125, 150, 200, 400, 800}) {
            connect(menu->addAction(tr("%1 %").arg(percent)), &QAction::triggered, this,
                    [this, percent] { Q_EMIT zoomWanted(percent / 100.0); });
        }
    } else {
        for (const int points : {9, 10, 11, 12, 14, 16, 18, 24, 32}) {
            connect(menu->addAction(tr("%1 pt").arg(points)), &QAction::triggered, this,
                    [this, points] { Q_EMIT zoomWanted(points); });
        }
    }
    m_size->setMenu(menu);
}

void DocumentBar::setPages(std::vector<PageInfo> pages, PageUnit unit) {
    m_pages = std::move(pages);
    m_unit = unit;
    const bool areLocations = unit == PageUnit::Location;
    m_page = 0;
    m_field->setEnabled(!m_pages.empty());
    m_what->setVisible(areLocations);
    m_field->setAccessibleName(areLocations ? tr("Go to location") : tr("Go to page"));
    showPage();
}

void DocumentBar::setCurrentPage(int page) {
    m_page = page;
    // What a person is typing is theirs.
    if (!m_field->hasFocus() || !m_field->isModified())
        showPage();
}

void DocumentBar::showPage() {
    const int count = static_cast<int>(m_pages.size());
    if (m_page < 1 || m_page > count) {
        m_field->clear();
        m_of->setText(QString());
        return;
    }
    const QString label = m_pages[static_cast<std::size_t>(m_page - 1)].label;
    const bool isCounted = label.isEmpty() || label == QString::number(m_page);
    m_field->setText(isCounted ? QString::number(m_page) : label);
    if (isCounted)
        m_of->setText(tr("of %1").arg(count));
    else
        m_of->setText(tr("(%1 of %2)").arg(m_page).arg(count));
}

void DocumentBar::setSizeText(const QString& text) {
    m_size->setText(text);
    m_size->setAccessibleName(tr("Size: %1").arg(text));
}

void DocumentBar::setCanGo(bool back, bool forward) {
    m_back->setEnabled(back);
    m_forward->setEnabled(forward);
}

void DocumentBar::editPage() {
    m_field->setFocus(Qt::ShortcutFocusReason);
    m_field->selectAll();
}

void DocumentBar::go() {
    const int page = pageNamed(m_pages, m_field->text());
    if (page == 0) {
        m_of->setText(m_unit == PageUnit::Location
                          ? tr("There is no location %1.").arg(m_field->text())
                          : tr("There is no page %1.").arg(m_field->text()));
        m_field->selectAll();
        return;
    }
    m_field->setModified(false);
    Q_EMIT pageWanted(page);
    Q_EMIT editingEnded();
}

void DocumentBar::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape && m_field->hasFocus()) {
        showPage();
        Q_EMIT editingEnded();
    } else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) &&
               m_field->hasFocus()) {
        event->accept();
    } else {
        QWidget::keyPressEvent(event);
    }
}

} // namespace ui
