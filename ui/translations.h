#pragma once
/// The language of the window: that of the desktop, if there is a translation, else English.

#include <QLocale>

class QCoreApplication;

namespace ui {

/// Installs our words, and those of Qt's own dialogs, in the first of the locale's languages that
/// we have. Qt's alone are not taken: half a window in one language helps nobody. Call it once,
/// before the first widget is made.
void installTranslations(QCoreApplication& application, const QLocale& locale = QLocale());

} // namespace ui
