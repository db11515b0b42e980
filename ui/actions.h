#pragma once
/// Everything the window can do, in one table: menus, tool bar, shortcuts list and the test for
/// clashing keys are made from it.

#include <QAction>
#include <QMap>
#include <QObject>

#include <span>

class QMenuBar;

namespace ui {

enum class Do {
    AddFiles,
    AddFolder,
    SampleBook,
    Export,
    Print,
    PrintAnswers,
    PrintSummaries,
    Quit,
    Undo,
    Remove,
    CopyWithCitation,
    Find,
    FindInLibrary,
    GoToPage,
    Settings,
    Back,
    Forward,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    FitWidth,
    FitPage,
    RotateRight,
    CloseTab,
    NextRegion,
    PreviousRegion,
    PauseAll,
    Ask,
    AsOfHere,
    Summarise,
    NextEvidence,
    PreviousEvidence,
    OpenEvidence,
    Shortcuts,
    About,
};

struct ActionRow {
    Do what;
    const char* menu; ///< untranslated title of the menu; nullptr: only by its keys
    const char* name; ///< objectName
    const char* text; ///< untranslated, with "&"
    const char* keys; ///< portable text, several separated by "; "; nullptr: none
    const char* icon; ///< nullptr: none
    bool isCheckable = false;
    bool inToolBar = false;
    /// Keys that are characters work only where nobody types.
    bool isCharacter = false;
};

std::span<const ActionRow> actionRows();

/// The QActions of the table, owned by `parent`.
class Actions : public QObject {
    Q_OBJECT

public:
    explicit Actions(QWidget* parent);

    [[nodiscard]] QAction* operator[](Do what) const { return m_actions.value(what); }
    /// Adds the menus in the order of the table.
    void fill(QMenuBar& bar) const;

private:
    QMap<Do, QAction*> m_actions;
};

} // namespace ui
