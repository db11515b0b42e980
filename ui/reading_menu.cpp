#include "ui/reading_menu.h"

#include <QKeySequence>

namespace ui {

ReadingMenu::ReadingMenu(engine::TextRange selection, std::optional<qint64> offset, QWidget* parent)
    : QMenu(parent) {
    setObjectName(QStringLiteral("readingMenu"));
    setAttribute(Qt::WA_DeleteOnClose);
    const bool hasSelection = selection.begin < selection.end;
    const auto add = [this](const char* name, const QString& text, bool isEnabled) {
        QAction* action = addAction(text);
        action->setObjectName(QString::fromLatin1(name));
        action->setEnabled(isEnabled);
        return action;
    };
    QAction* ask = add("askAbout", tr("&Ask about this"), hasSelection);
    QAction* asOf = add("asOfHere", tr("Set as-of &here"), offset.has_value());
    addSeparator();
    QAction* copy = add("copy", tr("&Copy"), hasSelection);
    // Shown beside the text only: the views answer the keys themselves.
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    QAction* cite = add("copyWithCitation", tr("Copy &with citation"), hasSelection);
    connect(ask, &QAction::triggered, this,
            [this, selection] { Q_EMIT askAboutRequested(selection); });
    connect(asOf, &QAction::triggered, this,
            [this, offset] { Q_EMIT asOfRequested(offset.value_or(0)); });
    connect(copy, &QAction::triggered, this,
            [this, selection] { Q_EMIT copyRequested(selection); });
    connect(cite, &QAction::triggered, this,
            [this, selection] { Q_EMIT copyWithCitationRequested(selection); });
}

} // namespace ui
