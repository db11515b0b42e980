#include "ui/actions.h"

#include <QCoreApplication>
#include <QMenu>
#include <QMenuBar>
#include <QWidget>

#include <array>

#include "ui/icons.h"

namespace ui {
namespace {

constexpr const char* kFile = QT_TRANSLATE_NOOP("Actions", "&File");
constexpr const char* kEdit = QT_TRANSLATE_NOOP("Actions", "&Edit");
constexpr const char* kView = QT_TRANSLATE_NOOP("Actions", "&View");
constexpr const char* kRead = QT_TRANSLATE_NOOP("Actions", "&Reading");
constexpr const char* kHelp = QT_TRANSLATE_NOOP("Actions", "&Help");

constexpr std::array kRows = {
    ActionRow{Do::AddFiles, kFile, "addFiles", QT_TRANSLATE_NOOP("Actions", "&Add Files…"),
              "Ctrl+O", "add", false, true},
    ActionRow{Do::AddFolder, kFile, "addFolder", QT_TRANSLATE_NOOP("Actions", "Add F&older…"),
              "Ctrl+Shift+O", "add"},
    ActionRow{Do::SampleBook, kFile, "sampleBook",
              QT_TRANSLATE_NOOP("Actions", "Read the &Sample Book"), nullptr, "book"},
    ActionRow{Do::Export, kFile, "export", QT_TRANSLATE_NOOP("Actions", "&Export…"), "Ctrl+E",
              "export", false, true},
    ActionRow{Do::Print, kFile, "print", QT_TRANSLATE_NOOP("Actions", "&Print…"), "Ctrl+P",
              nullptr},
    ActionRow{Do::PrintAnswers, kFile, "printAnswers",
              QT_TRANSLATE_NOOP("Actions", "Print A&nswers…"), nullptr, nullptr},
    ActionRow{Do::PrintSummaries, kFile, "printSummaries",
              QT_TRANSLATE_NOOP("Actions", "Print Su&mmaries…"), nullptr, nullptr},
    ActionRow{Do::CloseTab, kFile, "closeTab", QT_TRANSLATE_NOOP("Actions", "&Close Document"),
              "Ctrl+W", "close"},
    ActionRow{Do::Quit, kFile, "quit", QT_TRANSLATE_NOOP("Actions", "&Quit"), "Ctrl+Q", nullptr},

    ActionRow{Do::Undo, kEdit, "undo", QT_TRANSLATE_NOOP("Actions", "&Undo Removal"), "Ctrl+Z",
              "undo"},
    ActionRow{Do::Remove, kEdit, "remove", QT_TRANSLATE_NOOP("Actions", "Move to &Trash"), "Del",
              "trash", false, false, true},
    ActionRow{Do::CopyWithCitation, kEdit, "copyWithCitation",
              QT_TRANSLATE_NOOP("Actions", "Copy with C&itation"), "Ctrl+Shift+C", nullptr},
    ActionRow{Do::Find, kEdit, "find", QT_TRANSLATE_NOOP("Actions", "&Find in Document"), "Ctrl+F",
              "find", false, true},
    ActionRow{Do::FindInLibrary, kEdit, "findInLibrary",
              QT_TRANSLATE_NOOP("Actions", "Find in &Library"), "Ctrl+Shift+F", "find"},
    ActionRow{Do::GoToPage, kEdit, "goToPage", QT_TRANSLATE_NOOP("Actions", "&Go to Page…"),
              "Ctrl+G", nullptr},
    ActionRow{Do::Settings, kEdit, "settings", QT_TRANSLATE_NOOP("Actions", "&Settings…"), "Ctrl+,",
              "settings"},

    ActionRow{Do::Back, kView, "back", QT_TRANSLATE_NOOP("Actions", "&Back"), "Alt+Left", "back"},
    ActionRow{Do::Forward, kView, "forward", QT_TRANSLATE_NOOP("Actions", "&Forward"), "Alt+Right",
              "forward"},
    ActionRow{Do::ZoomIn, kView, "zoomIn", QT_TRANSLATE_NOOP("Actions", "Zoom &In"),
              "Ctrl++; Ctrl+=", "zoom-in"},
    ActionRow{Do::ZoomOut, kView, "zoomOut", QT_TRANSLATE_NOOP("Actions", "Zoom &Out"), "Ctrl+-",
              "zoom-out"},
    ActionRow{Do::ZoomReset, kView, "zoomReset", QT_TRANSLATE_NOOP("Actions", "&Actual Size"),
              "Ctrl+0", nullptr},
    ActionRow{Do::FitWidth, kView, "fitWidth", QT_TRANSLATE_NOOP("Actions", "Fit &Width"), "Ctrl+1",
              "fit"},
    ActionRow{Do::FitPage, kView, "fitPage", QT_TRANSLATE_NOOP("Actions", "Fit &Page"), "Ctrl+2",
              "fit"},
    ActionRow{Do::RotateRight, kView, "rotateRight", QT_TRANSLATE_NOOP("Actions", "&Rotate Right"),
              "Ctrl+R", nullptr},
    ActionRow{Do::NextRegion, kView, "nextRegion", QT_TRANSLATE_NOOP("Actions", "&Next Region"),
              "F6", nullptr},
    ActionRow{Do::PreviousRegion, kView, "previousRegion",
              QT_TRANSLATE_NOOP("Actions", "Pre&vious Region"), "Shift+F6", nullptr},

    ActionRow{Do::PauseAll, kRead, "pauseAll", QT_TRANSLATE_NOOP("Actions", "&Pause All"),
              "Ctrl+Shift+P", "pause", true, true},
    ActionRow{Do::Ask, kRead, "ask", QT_TRANSLATE_NOOP("Actions", "&Ask…"), "Ctrl+J", "evidence"},
    ActionRow{Do::AsOfHere, kRead, "asOfHere", QT_TRANSLATE_NOOP("Actions", "As of &This Page"),
              "Ctrl+Shift+A", "as-of", false, true},
    ActionRow{Do::Summarise, kRead, "summarise", QT_TRANSLATE_NOOP("Actions", "&Summaries"),
              "Ctrl+Shift+S", "summarise", false, true},
    ActionRow{Do::NextEvidence, kRead, "nextEvidence",
              QT_TRANSLATE_NOOP("Actions", "&Next Evidence"), "]", nullptr, false, false, true},
    ActionRow{Do::PreviousEvidence, kRead, "previousEvidence",
              QT_TRANSLATE_NOOP("Actions", "Pre&vious Evidence"), "[", nullptr, false, false, true},
    // In the list Return does it, which a menu cannot have for its own.
    ActionRow{Do::OpenEvidence, kRead, "openEvidence",
              QT_TRANSLATE_NOOP("Actions", "&Open Evidence"), nullptr, nullptr},

    ActionRow{Do::Shortcuts, kHelp, "shortcuts", QT_TRANSLATE_NOOP("Actions", "&Shortcuts"), "F1",
              nullptr},
    ActionRow{Do::About, kHelp, "about", QT_TRANSLATE_NOOP("Actions", "&About Infolio"), nullptr,
              nullptr},
};

QString translated(const char* text) {
    return QCoreApplication::translate("Actions", text);
}

} // namespace

std::span<const ActionRow> actionRows() {
    return kRows;
}

Actions::Actions(QWidget* parent) : QObject(parent) {
    for (const ActionRow& row : kRows) {
        auto* action = new QAction(translated(row.text), parent);
        action->setObjectName(QString::fromLatin1(row.name));
        if (row.icon != nullptr)
            action->setIcon(icon(row.icon));
        if (row.keys != nullptr)
            action->setShortcuts(QKeySequence::listFromString(QString::fromLatin1(row.keys)));
        action->setCheckable(row.isCheckable);
        // A character works in the lists, where nobody types it; their views take the action over.
        action->setShortcutContext(row.isCharacter ? Qt::WidgetShortcut : Qt::WindowShortcut);
        if (!row.isCharacter)
            parent->addAction(action);
        m_actions.insert(row.what, action);
    }
}

void Actions::fill(QMenuBar& bar) const {
    QMap<QString, QMenu*> menus;
    for (const ActionRow& row : kRows) {
        if (row.menu == nullptr)
            continue;
        const QString title = translated(row.menu);
        if (!menus.contains(title)) {
            menus.insert(title, bar.addMenu(title));
            menus.value(title)->setObjectName(QString::fromLatin1(row.menu).remove(u'&'));
        }
        menus.value(title)->addAction(m_actions.value(row.what));
    }
}

} // namespace ui
