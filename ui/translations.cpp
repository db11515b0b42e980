#include "ui/translations.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QTranslator>

namespace ui {

void installTranslations(QCoreApplication& application, const QLocale& locale) {
    const QString folder = QStringLiteral(":/translations");
    const QString separator = QStringLiteral("_");
    auto* words = new QTranslator(&application);
    // The English file holds plural forms alone; every other sentence is its own translation.
    if (!words->load(locale, QStringLiteral("infolio"), separator, folder))
        (void)words->load(QStringLiteral("infolio_en"), folder);
    auto* qtWords = new QTranslator(&application);
    // Absent where Qt's translations are not installed; then its few buttons are English.
    if (qtWords->load(QLocale(words->language()), QStringLiteral("qtbase"), separator,
                      QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        QCoreApplication::installTranslator(qtWords);
    QCoreApplication::installTranslator(words);
}

} // namespace ui
