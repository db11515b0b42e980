#pragma once
/// Text from books, file names and the engine, shown as it is and never read as markup.

#include <QString>

class QLabel;
class QWidget;

namespace ui {

/// For widgets that guess whether they are given markup, as tool tips do: a paragraph, so that it
/// wraps. Empty stays empty.
QString asPlainText(const QString& text);

/// A label of that object name, owned by `parent`, that wraps its text.
QLabel* plainLabel(const char* name, QWidget* parent);

} // namespace ui
