#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QPalette>
#include <QPointer>
#include <QPushButton>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <algorithm>
#include <future>
#include <memory>

#include <poppler-document.h>
#include <poppler-font.h>
#include <poppler-page.h>

#include "tests/support/fake_engine.h"
#include "ui/background.h"
#include "ui/engine_client.h"
#include "ui/export_dialog.h"
#include "ui/exporting.h"
#include "ui/message_bar.h"
#include "ui/pdf.h"

namespace {

/// As the engine writes it: one note mentioned twice, a table, hostile text.
const char* const kHtml =
    "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
    "<meta charset=\"utf-8\"/>\n<title>Emma &amp; Co</title>\n"
    "<style>a { color: #1a4f8a; }</style>\n</head>\n<body>\n<h1>Emma &amp; Co</h1>\n"
    "<p>Anne came.<sup><a id=\"mark1\" href=\"#note1\">1</a></sup> "
    "&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
    "<table>\n<tr><th>crane</th><th>hours</th></tr>\n<tr><td>four</td><td>4711</td></tr>\n</"
    "table>\n"
    "<p><img src=\"/etc/hostname\"/></p>\n<hr/>\n<div class=\"notes\">\n"
    "<p><a id=\"note1\">1.</a> Emma, ch. 7, p. 214 (PDF 226): \xE2\x80\x9COne\xE2\x80\x9D "
    "<a href=\"#mark1\">\xE2\x86\x91</a></p>\n</div>\n</body>\n</html>\n";

QString textOf(const QByteArray& pdf) {
    const std::unique_ptr<poppler::document> document(
        poppler::document::load_from_raw_data(pdf.data(), static_cast<int>(pdf.size())));
    QString text;
    for (int i = 0; document && i < document->pages(); ++i) {
        const std::unique_ptr<poppler::page> page(document->create_page(i));
        const auto utf8 = page->text().to_utf8();
        text += QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size())) + u'\n';
    }
    return text.simplified();
}

} // namespace

class ExportingTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pdfHoldsTheWords();
    void pdfIsA4WithFontsAndLinks();
    void pdfNumbersItsPages();
    void pdfIsInkOnWhite();
    void offersAndWritesEveryFormat();
    void staysOpenWhenNothingIsWritten();
    void pdfIsTheSameFromAnotherThread();
    void pdfStopsBetweenPages();
    void cancelLeavesNoFile();
    void cancelStopsTheLayout();
    void saysWhatTheEngineSays();

private:
    static ui::ExportDialog* dialog(const QWidget& window) {
        return window.findChild<ui::ExportDialog*>(QStringLiteral("exportDialog"));
    }
    static QByteArray contentOf(const QString& path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    QTemporaryDir m_folder;
};

void ExportingTest::pdfHoldsTheWords() {
    const QString text = textOf(ui::pdf(QString::fromUtf8(kHtml)));
    for (const char* words :
         {"Emma & Co", "Anne came.", "<script>alert(1)</script>", "crane", "hours", "four", "4711",
          "1. Emma, ch. 7, p. 214 (PDF 226): \xE2\x80\x9COne\xE2\x80\x9D"})
        QVERIFY2(text.contains(QString::fromUtf8(words)), words);
}

void ExportingTest::pdfIsA4WithFontsAndLinks() {
    const QByteArray bytes = ui::pdf(QString::fromUtf8(kHtml));
    const std::unique_ptr<poppler::document> document(
        poppler::document::load_from_raw_data(bytes.data(), static_cast<int>(bytes.size())));
    QVERIFY(document);
    QCOMPARE(document->pages(), 1);
    QCOMPARE(QString::fromStdString(document->info_key("Title").to_latin1()),
             QStringLiteral("Emma & Co"));
    const std::unique_ptr<poppler::page> page(document->create_page(0));
    QCOMPARE(qRound(page->page_rect().width()), 595);
    QCOMPARE(qRound(page->page_rect().height()), 842);
    QVERIFY(!document->fonts().empty());
    for (const poppler::font_info& font : document->fonts())
        QVERIFY2(font.is_embedded(), font.name().c_str());
    // To the note and back: to a page of this file, and not to an address in the web.
    QCOMPARE(bytes.count("/Subtype /Link"), 2);
    QCOMPARE(bytes.count("/URI"), 0);
    static const QRegularExpression kDest(QStringLiteral("/Dest \\[(\\d+) 0 R /XYZ 0 (\\d+) 0\\]"));
    const QString text = QString::fromLatin1(bytes);
    QList<int> heights;
    for (auto it = kDest.globalMatch(text); it.hasNext();) {
        const auto match = it.next();
        QVERIFY(bytes.contains("\n" + match.captured(1).toLatin1() + " 0 obj\n<<\n/Type /Page\n"));
        heights.append(match.captured(2).toInt());
    }
    QCOMPARE(heights.size(), 2);
    // The note stands lower on the paper than its mark, and both on it.
    QVERIFY2(heights[0] < heights[1] && heights[0] > 60 && heights[1] < 842 - 56,
             qPrintable(QStringLiteral("%1 %2").arg(heights[0]).arg(heights[1])));
}

void ExportingTest::pdfNumbersItsPages() {
    QString html = QStringLiteral("<h1>Long</h1>");
    for (int i = 0; i < 200; ++i)
        html += QStringLiteral("<p>word%1</p>").arg(i);
    const QByteArray bytes = ui::pdf(html);
    const std::unique_ptr<poppler::document> document(
        poppler::document::load_from_raw_data(bytes.data(), static_cast<int>(bytes.size())));
    QVERIFY(document->pages() > 3);
    const QString text = textOf(bytes);
    for (int i = 0; i < 200; ++i)
        QCOMPARE(text.count(QStringLiteral("word%1 ").arg(i)), 1);
    for (int i = 0; i < document->pages(); ++i) {
        const std::unique_ptr<poppler::page> page(document->create_page(i));
        const auto latin = page->text().to_latin1();
        QVERIFY(
            QString::fromStdString(latin).simplified().endsWith(QStringLiteral(" %1").arg(i + 1)));
    }
}

void ExportingTest::pdfIsInkOnWhite() {
    const QByteArray before = textOf(ui::pdf(QString::fromUtf8(kHtml))).toUtf8();
    const QPalette palette = QGuiApplication::palette();
    const QByteArray light = ui::pdf(QString::fromUtf8(kHtml));
    QGuiApplication::setPalette(QPalette(Qt::black));
    const QByteArray dark = ui::pdf(QString::fromUtf8(kHtml));
    QGuiApplication::setPalette(palette);
    // Only the moment of writing differs.
    QCOMPARE(dark.size(), light.size());
    QCOMPARE(textOf(dark).toUtf8(), before);
}

void ExportingTest::offersAndWritesEveryFormat() {
    support::Scenario scenario;
    scenario.exported = kHtml;
    support::FakeEngine engine(scenario);
    ui::EngineClient client(engine);
    QWidget window;
    ui::MessageBar messages(&window);
    ui::Exporting exporting(client, messages, &window);
    for (const char* name : {"md", "txt", "json", "html", "docx", "odt", "pdf"}) {
        const QString format = QString::fromLatin1(name);
        exporting.start(support::fakeDocument('a', "Emma"));
        QPointer<ui::ExportDialog> open = dialog(window);
        QVERIFY(open);
        auto* formats = open->findChild<QComboBox*>(QStringLiteral("exportFormat"));
        QVERIFY2(formats->findData(format) >= 0, name);
        const QString path = m_folder.filePath(QStringLiteral("emma.") + format);
        open->setPath(path);
        QCOMPARE(open->choice().format, format);
        open->findChild<QPushButton*>(QStringLiteral("exportGo"))->click();
        QTRY_VERIFY(!open);
        if (format == QStringLiteral("pdf")) {
            QCOMPARE(scenario.exportRequest.format, std::string("html"));
            QVERIFY(contentOf(path).startsWith("%PDF-"));
            QVERIFY(textOf(contentOf(path)).contains(QStringLiteral("Anne came.")));
        } else {
            QCOMPARE(scenario.exportRequest.format, std::string(name));
            QCOMPARE(contentOf(path), QByteArray(kHtml));
        }
    }
}

void ExportingTest::staysOpenWhenNothingIsWritten() {
    support::Scenario scenario;
    scenario.exported = std::string("PK\0\xFF", 4);
    support::FakeEngine engine(scenario);
    ui::EngineClient client(engine);
    QWidget window;
    ui::MessageBar messages(&window);
    ui::Exporting exporting(client, messages, &window);
    exporting.start(support::fakeDocument('a', "Emma"));
    QPointer<ui::ExportDialog> open = dialog(window);
    const QString path = m_folder.filePath(QStringLiteral("late.docx"));
    open->setPath(path);
    // Bytes stay bytes.
    open->findChild<QPushButton*>(QStringLiteral("exportGo"))->click();
    QTRY_VERIFY(!open);
    QCOMPARE(contentOf(path), QByteArray("PK\0\xFF", 4));

    exporting.start(support::fakeDocument('a', "Emma"));
    open = dialog(window);
    open->setPath(QStringLiteral("/proc/emma.pdf"));
    open->findChild<QPushButton*>(QStringLiteral("exportGo"))->click();
    QTRY_VERIFY(open && open->findChild<QLabel*>(QStringLiteral("exportTrouble"))
                            ->text()
                            .contains(QStringLiteral("cannot be written")));
    QVERIFY(open->isVisible());
    QVERIFY(open->findChild<QPushButton*>(QStringLiteral("exportGo"))->isEnabled());
}

void ExportingTest::pdfIsTheSameFromAnotherThread() {
    // The moment of writing is in it.
    const auto timeless = [](const QByteArray& bytes) {
        QString text = QString::fromLatin1(bytes);
        text.replace(QRegularExpression(QStringLiteral("D:[0-9]{14}[^)]*")), QString());
        return text;
    };
    // Qt's sign for a missing picture is painted in another way there.
    QString html =
        QString::fromUtf8(kHtml).remove(QStringLiteral("<p><img src=\"/etc/hostname\"/></p>"));
    for (int i = 0; i < 60; ++i)
        html += QStringLiteral("<p>A paragraph with the number %1.</p>").arg(i);
    const QByteArray here = ui::pdf(html);
    QByteArray there;
    const std::unique_ptr<QThread> thread(QThread::create([&] { there = ui::pdf(html); }));
    thread->start();
    QVERIFY(thread->wait());
    QVERIFY(here.startsWith("%PDF-"));
    QCOMPARE(timeless(there), timeless(here));
}

void ExportingTest::pdfStopsBetweenPages() {
    QString html;
    for (int i = 0; i < 200; ++i)
        html += QStringLiteral("<p>word%1</p>").arg(i);
    QList<int> signs;
    const QByteArray bytes = ui::pdf(html, [&signs](int done, int total) {
        signs.append(done);
        return total < 4 || done < 2;
    });
    QVERIFY(bytes.isEmpty());
    QCOMPARE(signs, (QList<int>{0, 1, 2}));
}

void ExportingTest::cancelLeavesNoFile() {
    support::Scenario scenario;
    scenario.exported = kHtml;
    std::promise<void> release;
    scenario.beforeAll = [wait = release.get_future().share()] { wait.wait(); };
    support::FakeEngine engine(scenario);
    ui::EngineClient client(engine);
    QWidget window;
    ui::MessageBar messages(&window);
    ui::Exporting exporting(client, messages, &window);
    exporting.start(support::fakeDocument('a', "Emma"));
    QPointer<ui::ExportDialog> open = dialog(window);
    const QString path = m_folder.filePath(QStringLiteral("never.pdf"));
    open->setPath(path);
    auto* go = open->findChild<QPushButton*>(QStringLiteral("exportGo"));
    go->click();
    // The engine is at work, and the window is not.
    QVERIFY(open->findChild<QLabel*>(QStringLiteral("exportWriting"))->isVisibleTo(open));
    QVERIFY(!go->isEnabled());
    go->click();
    QCOMPARE(std::ranges::count(scenario.calls, std::string("export")), 1);
    open->findChild<QPushButton*>(QStringLiteral("exportCancel"))->click();
    QTRY_VERIFY(!open);
    release.set_value();
    QTRY_VERIFY(client.isIdle());
    QVERIFY(!exporting.findChild<ui::Background*>());
    QVERIFY(!QFile::exists(path));
    QVERIFY(messages.isEmpty());
}

void ExportingTest::cancelStopsTheLayout() {
    support::Scenario scenario;
    for (int i = 0; i < 3000; ++i)
        scenario.exported += "<p>A paragraph that takes its time.</p>";
    support::FakeEngine engine(scenario);
    ui::EngineClient client(engine);
    QWidget window;
    ui::MessageBar messages(&window);
    ui::Exporting exporting(client, messages, &window);
    exporting.start(support::fakeDocument('a', "Emma"));
    QPointer<ui::ExportDialog> open = dialog(window);
    const QString path = m_folder.filePath(QStringLiteral("stopped.pdf"));
    open->setPath(path);
    open->findChild<QPushButton*>(QStringLiteral("exportGo"))->click();
    QTRY_VERIFY(exporting.findChild<ui::Background*>());
    open->findChild<QPushButton*>(QStringLiteral("exportCancel"))->click();
    QTRY_VERIFY(!exporting.findChild<ui::Background*>());
    QVERIFY(!QFile::exists(path));
    QVERIFY(messages.isEmpty());
}

void ExportingTest::saysWhatTheEngineSays() {
    support::Scenario scenario;
    scenario.script["export"] = {
        engine::Failed{engine::Code::WrongUse, "There is no summary to export.", ""}};
    support::FakeEngine engine(scenario);
    ui::EngineClient client(engine);
    QWidget window;
    ui::MessageBar messages(&window);
    ui::Exporting exporting(client, messages, &window);
    exporting.start(support::fakeDocument('a', "Emma"));
    QPointer<ui::ExportDialog> open = dialog(window);
    const QString path = m_folder.filePath(QStringLiteral("none.html"));
    open->setPath(path);
    open->findChild<QPushButton*>(QStringLiteral("exportGo"))->click();
    QTRY_COMPARE(open->findChild<QLabel*>(QStringLiteral("exportTrouble"))->text(),
                 QStringLiteral("There is no summary to export."));
    QVERIFY(open->isVisible());
    QVERIFY(!QFile::exists(path));
}

QTEST_MAIN(ExportingTest)
#include "exporting_test.moc"
