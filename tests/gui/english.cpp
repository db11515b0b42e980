/// Gives every test of the window the English plural forms, as the program does at its start.

#include <QCoreApplication>

#include "ui/translations.h"

namespace {

void speakEnglish() {
    ui::installTranslations(*QCoreApplication::instance(), QLocale(QLocale::English));
}

} // namespace

Q_COREAPP_STARTUP_FUNCTION(speakEnglish)
