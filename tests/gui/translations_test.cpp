#include <QCoreApplication>
#include <QDirIterator>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QTranslator>
#include <QXmlStreamReader>

#include "ui/actions.h"
#include "ui/library_model.h"
#include "ui/queue_model.h"
#include "ui/translations.h"

namespace {

/// One sentence of a translation file.
struct Message {
    QString context, source, comment, state;
    QStringList forms; ///< the translation; of a plural one each
};

QList<Message> messagesOf(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("%s cannot be read.", qPrintable(path));
    QXmlStreamReader xml(&file);
    QList<Message> messages;
    QString context;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement)
            continue;
        const auto name = xml.name();
        if (name == u"name") {
            context = xml.readElementText();
        } else if (name == u"message") {
            messages.append({context, {}, {}, {}, {}});
        } else if (name == u"source") {
            messages.last().source = xml.readElementText();
        } else if (name == u"comment") {
            messages.last().comment = xml.readElementText();
        } else if (name == u"translation") {
            Message& message = messages.last();
            message.state = xml.attributes().value(QStringLiteral("type")).toString();
            QString text;
            while (
                !(xml.readNext() == QXmlStreamReader::EndElement && xml.name() == u"translation")) {
                if (xml.isStartElement())
                    message.forms.append(xml.readElementText());
                else if (xml.isCharacters())
                    text += xml.text();
            }
            if (!text.trimmed().isEmpty())
                message.forms.append(text);
        }
    }
    return messages;
}

/// The place holders of a sentence, sorted; %n and %Ln show the same number.
QStringList placeholders(const QString& text) {
    static const QRegularExpression kMark(QStringLiteral("%L?[0-9n]"));
    QStringList marks;
    for (auto it = kMark.globalMatch(text); it.hasNext();)
        marks.append(it.next().captured());
    marks.sort();
    return marks;
}

int mnemonics(const QString& text) {
    QString rest = text;
    rest.remove(QStringLiteral("&&"));
    return static_cast<int>(rest.count(u'&'));
}

QString file(const char* name) {
    return QStringLiteral(TRANSLATIONS "/") + QString::fromLatin1(name);
}

} // namespace

class TranslationsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void isComplete_data();
    void isComplete();
    void agreesWithTheSource();
    void keepsMenusUsableByKeys_data();
    void keepsMenusUsableByKeys();
    void knowsEverySentenceOfTheWindow_data();
    void knowsEverySentenceOfTheWindow();
    void speaksTheLanguageOfTheLocale_data();
    void speaksTheLanguageOfTheLocale();
};

void TranslationsTest::isComplete_data() {
    QTest::addColumn<QString>("path");
    QTest::newRow("German") << file("infolio_de.ts");
    QTest::newRow("English plurals") << file("infolio_en.ts");
}
void TranslationsTest::isComplete() {
    QFETCH(QString, path);
    const QList<Message> messages = messagesOf(path);
    QVERIFY(messages.size() > 15);
    for (const Message& message : messages) {
        QVERIFY2(message.state.isEmpty(), qPrintable(message.state + u' ' + message.source));
        QVERIFY2(!message.forms.isEmpty(), qPrintable(message.source));
        for (const QString& form : message.forms)
            QVERIFY2(!form.isEmpty(), qPrintable(message.source));
    }
}

void TranslationsTest::agreesWithTheSource() {
    for (const Message& message : messagesOf(file("infolio_de.ts"))) {
        for (const QString& form : message.forms) {
            const QByteArray both = (message.source + u'/' + form).toUtf8();
            QVERIFY2(placeholders(form) == placeholders(message.source), both.constData());
            QVERIFY2(mnemonics(form) == mnemonics(message.source), both.constData());
            QVERIFY2(form.endsWith(u'…') == message.source.endsWith(u'…'), both.constData());
            QVERIFY2(form.endsWith(u'.') == message.source.endsWith(u'.'), both.constData());
            QVERIFY2(form.count(u'„') == form.count(u'“'), both.constData());
            QVERIFY2(!form.contains(u'"') && !form.contains(QStringLiteral("  ")),
                     both.constData());
        }
    }
}

/// Two entries of a menu with the same underlined letter need two presses each.
void TranslationsTest::keepsMenusUsableByKeys_data() {
    QTest::addColumn<QLocale>("locale");
    QTest::newRow("German") << QLocale(QLocale::German);
    QTest::newRow("English") << QLocale(QLocale::English);
}
void TranslationsTest::keepsMenusUsableByKeys() {
    QFETCH(QLocale, locale);
    ui::installTranslations(*qApp, locale);
    const auto letterOf = [](const char* text) {
        const QString shown = QCoreApplication::translate("Actions", text);
        return shown.mid(shown.indexOf(u'&') + 1, 1).toLower();
    };
    QMap<QString, QStringList> letters; // of each menu, and of the bar
    for (const ui::ActionRow& row : ui::actionRows()) {
        const QString menu = QString::fromUtf8(row.menu);
        if (!letters.contains(menu))
            letters[QString()] += letterOf(row.menu);
        letters[menu] += letterOf(row.text);
    }
    qDeleteAll(qApp->findChildren<QTranslator*>(Qt::FindDirectChildrenOnly));
    QVERIFY(letters.size() > 4);
    for (auto it = letters.begin(); it != letters.end(); ++it) {
        const QStringList all = it.value();
        QVERIFY2(it.value().removeDuplicates() == 0, qPrintable(it.key() + u' ' + all.join(u' ')));
    }
}

void TranslationsTest::knowsEverySentenceOfTheWindow_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("options");
    QTest::newRow("German") << QStringLiteral("infolio_de.ts") << QStringList();
    QTest::newRow("English plurals")
        << QStringLiteral("infolio_en.ts") << QStringList{QStringLiteral("-pluralonly")};
}
void TranslationsTest::knowsEverySentenceOfTheWindow() {
    QFETCH(QString, name);
    QFETCH(QStringList, options);
    const QTemporaryDir folder;
    const QString copy = folder.filePath(name);
    QVERIFY(QFile::copy(file(qPrintable(name)), copy));
    QProcess lupdate;
    lupdate.start(QStringLiteral(LUPDATE),
                  QStringList{QStringLiteral("-locations"), QStringLiteral("none"),
                              QStringLiteral("-I"), QStringLiteral(SOURCE_DIR)} +
                      options +
                      QStringList{QStringLiteral(SOURCE_DIR "/ui"), QStringLiteral("-ts"), copy});
    QVERIFY(lupdate.waitForFinished(60'000));
    QCOMPARE(lupdate.exitCode(), 0);
    const auto keys = [](const QString& path) {
        QStringList result;
        for (const Message& message : messagesOf(path))
            result.append(message.context + u'|' + message.source + u'|' + message.comment + u'|' +
                          message.state);
        result.sort();
        return result;
    };
    // New, vanished and obsolete sentences would all show here.
    QCOMPARE(keys(copy), keys(file(qPrintable(name))));
}

void TranslationsTest::speaksTheLanguageOfTheLocale_data() {
    QTest::addColumn<QLocale>("locale");
    QTest::addColumn<QString>("untitled");
    QTest::addColumn<QString>("two");
    const QString english = QStringLiteral("Untitled document");
    const QString twoHours = QStringLiteral("about 2 hours left");
    QTest::newRow("German") << QLocale(QLocale::German, QLocale::Austria)
                            << QStringLiteral("Dokument ohne Titel")
                            << QStringLiteral("noch etwa 2 Stunden");
    QTest::newRow("English") << QLocale(QLocale::English) << english << twoHours;
    QTest::newRow("one that we lack") << QLocale(QLocale::Finnish) << english << twoHours;
    QTest::newRow("C") << QLocale::c() << english << twoHours;
}
void TranslationsTest::speaksTheLanguageOfTheLocale() {
    QFETCH(QLocale, locale);
    ui::installTranslations(*qApp, locale);
    const auto translators = qApp->findChildren<QTranslator*>(Qt::FindDirectChildrenOnly);
    QTEST(ui::titleOf({}), "untitled");
    QTEST(ui::remainingWords(2 * 3600), "two");
    qDeleteAll(translators);
}

QTEST_GUILESS_MAIN(TranslationsTest)
#include "translations_test.moc"
