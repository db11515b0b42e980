#include "ui/bound_chip.h"

#include <QActionGroup>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>

#include <utility>

#include "ui/exchange.h"

namespace ui {
namespace {

/// "212" → "p. 212", "chapter:7" → "the end of chapter 7".
QString specInWords(const QString& spec) {
    const qsizetype colon = spec.indexOf(u':');
    if (colon < 0)
        return BoundChip::tr("p. %1").arg(spec);
    const QString kind = spec.left(colon), value = spec.mid(colon + 1);
    if (kind == QStringLiteral("loc"))
        return BoundChip::tr("loc. %1").arg(value);
    if (kind == QStringLiteral("chapter"))
        return BoundChip::tr("end of ch. %1").arg(value);
    if (kind == QStringLiteral("index"))
        return BoundChip::tr("page %1 of the file").arg(value);
    return spec;
}

} // namespace

BoundChip::BoundChip(QWidget* parent)
    : QWidget(parent), m_button(new QPushButton(this)), m_page(new QLineEdit(this)) {
    auto* menu = new QMenu(m_button);
    auto* group = new QActionGroup(menu);
    m_whole = menu->addAction(tr("The whole book"), this, [this] { set(Mode::Whole, {}); });
    m_here = menu->addAction(tr("Where I am"), this, [this] { set(Mode::Follow, {}); });
    m_other = menu->addAction(tr("Up to a page…"), this, &BoundChip::editPage);
    for (QAction* action : {m_whole, m_here, m_other}) {
        action->setCheckable(true);
        group->addAction(action);
    }
    m_whole->setObjectName(QStringLiteral("boundWhole"));
    m_here->setObjectName(QStringLiteral("boundHere"));
    m_other->setObjectName(QStringLiteral("boundOther"));
    m_button->setObjectName(QStringLiteral("boundButton"));
    m_button->setMenu(menu);
    m_button->setAutoDefault(false);
    m_page->setObjectName(QStringLiteral("boundPage"));
    m_page->setAccessibleName(tr("Page up to which the answer may look"));
    m_page->setAccessibleDescription(
        tr("A printed page number such as 212 or xii, or chapter:7. Return sets it."));
    m_page->setPlaceholderText(tr("Page, e.g. 212"));
    m_page->setMaxLength(40);
    m_page->setAcceptDrops(false);
    m_page->hide();
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_button);
    layout->addWidget(m_page);
    connect(m_page, &QLineEdit::returnPressed, this, [this] {
        const QString page = m_page->text().simplified();
        leaveEdit();
        set(page.isEmpty() ? Mode::Whole : Mode::Page, page);
    });
    // Who goes elsewhere without Return has not set a page.
    connect(m_page, &QLineEdit::editingFinished, this, [this] {
        if (m_page->isVisible() && !m_page->hasFocus())
            leaveEdit();
    });
    refresh();
}

void BoundChip::setPosition(int index, const QString& label, int count, PageUnit unit) {
    m_index = index;
    m_label = shownLine(label.toStdString());
    m_count = count;
    m_unit = unit;
    set(m_mode, m_spec);
}

void BoundChip::setBound(const QString& pageSpec) {
    set(pageSpec.isEmpty() ? Mode::Whole : Mode::Page, pageSpec);
}

void BoundChip::takeBack() {
    const Mode mode = std::exchange(m_modeBefore, Mode::Whole);
    const QString spec = std::exchange(m_specBefore, QString());
    m_mode = Mode::Whole; // what is refused is no bound to come back to
    m_spec.clear();
    set(mode, spec);
}

void BoundChip::followPosition() {
    set(Mode::Follow, {});
}

void BoundChip::setAvailable(bool isAvailable) {
    m_isAvailable = isAvailable;
    set(m_mode, m_spec);
}

bool BoundChip::isAtEnd(const QString& page) const {
    if (m_count <= 0)
        return false;
    const QString last = QString::number(m_count);
    const QString kind =
        m_unit == PageUnit::Location ? QStringLiteral("loc:") : QStringLiteral("index:");
    return page == kind + last;
}

QString BoundChip::bound() const {
    if (!m_isAvailable)
        return {};
    switch (m_mode) {
    case Mode::Whole:
        return {};
    case Mode::Page:
        return m_spec;
    case Mode::Follow:
        if (m_index <= 0)
            return {};
        return (m_unit == PageUnit::Location ? QStringLiteral("loc:%1")
                                             : QStringLiteral("index:%1"))
            .arg(m_index);
    }
    return {};
}

QString BoundChip::boundText() const {
    if (bound().isEmpty())
        return {};
    if (m_mode == Mode::Page)
        return specInWords(m_spec);
    const QString index = QString::number(m_index);
    if (m_unit == PageUnit::Location)
        return tr("loc. %1").arg(index);
    if (m_label.isEmpty() || m_label == index)
        return tr("p. %1").arg(index);
    if (m_unit == PageUnit::PrintedPage)
        return tr("p. %1").arg(m_label);
    return tr("p. %1 (PDF %2)", "printed page, page of the file").arg(m_label, index);
}

void BoundChip::set(Mode mode, const QString& page) {
    if (mode != m_mode || page != m_spec) {
        m_modeBefore = m_mode;
        m_specBefore = m_spec;
    }
    m_mode = mode;
    m_spec = mode == Mode::Page ? page : QString();
    // At the last page nothing is hidden any more.
    if (m_mode != Mode::Whole && isAtEnd(bound())) {
        m_mode = Mode::Whole;
        m_spec.clear();
    }
    refresh();
    if (const QString now = bound(); now != m_last) {
        m_last = now;
        Q_EMIT boundChanged(now);
    }
}

void BoundChip::refresh() {
    QString text, spoken;
    if (!m_isAvailable) {
        text = tr("Whole documents");
        spoken = tr("The answer looks at whole documents; a page bound needs a single one");
    } else if (m_mode == Mode::Whole || bound().isEmpty()) {
        text = tr("Whole book");
        spoken = tr("The answer may look at the whole book");
    } else {
        text = m_mode == Mode::Follow ? tr("Where I am: %1").arg(boundText())
                                      : tr("As of %1").arg(boundText());
        spoken = tr("The answer looks no further than %1").arg(boundText());
    }
    // A page may be called "A&B", which must not become a mnemonic.
    m_button->setText(text.replace(u'&', QStringLiteral("&&")));
    m_button->setAccessibleName(spoken);
    m_button->setToolTip(tr("How far into the book an answer may look"));
    m_button->setEnabled(m_isAvailable);
    m_here->setEnabled(m_index > 0 && m_index < m_count);
    (m_mode == Mode::Whole ? m_whole : m_mode == Mode::Follow ? m_here : m_other)->setChecked(true);
}

void BoundChip::editPage() {
    m_page->setText(m_mode == Mode::Page ? m_spec : m_label);
    m_button->hide();
    m_page->show();
    m_page->selectAll();
    m_page->setFocus(Qt::OtherFocusReason);
}

void BoundChip::leaveEdit() {
    const bool hadFocus = m_page->hasFocus();
    m_page->hide();
    m_button->show();
    if (hadFocus)
        m_button->setFocus(Qt::OtherFocusReason);
    refresh();
}

void BoundChip::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape && m_page->isVisible())
        return leaveEdit();
    QWidget::keyPressEvent(event);
}

} // namespace ui
