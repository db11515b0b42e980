#pragma once
/// What Qt's own parts leave out for those who use the window through another program.

class QAbstractItemView;
class QComboBox;
class QLineEdit;
class QString;

namespace ui {

/// In a view of one selected row: a row that another program selects becomes the current one, as if
/// it had been clicked. Call it when the view has its model.
void makeChosenCurrent(QAbstractItemView& view);

/// The button that empties a field. Call it right after setClearButtonEnabled().
void nameClearButton(QLineEdit& field, const QString& name);

/// What is chosen in a box. On Unix Qt gives a box the name of its current choice, so that what the
/// box is for has to be its description too.
void nameChoice(QComboBox& box, const QString& name);

} // namespace ui
