#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPrintDialog>
#include <QPrinter>
#include <QProgressDialog>
#include <QPushButton>
#include <QRadioButton>
#include <QTemporaryDir>
#include <QTest>

#include <memory>
#include <thread>

#include <poppler-document.h>
#include <poppler-image.h>
#include <poppler-page-renderer.h>
#include <poppler-page.h>

#include "tests/gui/window_fixture.h"
#include "ui/message_bar.h"
#include "ui/print_pages.h"
#include "ui/printing.h"

namespace {

/// What a printer that writes a PDF was given.
class Printed {
public:
    explicit Printed(const QString& path)
        : m_document(poppler::document::load_from_file(path.toStdString())) {}

    [[nodiscard]] int pages() const { return m_document ? m_document->pages() : 0; }
    [[nodiscard]] QString text(int page) const {
        const std::unique_ptr<poppler::page> one(m_document->create_page(page));
        const auto utf8 = one->text().to_utf8();
        return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size())).simplified();
    }
    /// The colour in the middle of a page.
    [[nodiscard]] QRgb middle(int page) const {
        const std::unique_ptr<poppler::page> one(m_document->create_page(page));
        const poppler::image image = poppler::page_renderer().render_page(one.get());
        const QImage pixels(reinterpret_cast<const uchar*>(image.const_data()), image.width(),
                            image.height(), image.bytes_per_row(), QImage::Format_ARGB32);
        return pixels.pixel(image.width() / 2, image.height() / 2);
    }

private:
    std::unique_ptr<poppler::document> m_document;
};

engine::PagePicture blue() {
    engine::PagePicture picture;
    picture.width = picture.height = 8;
    picture.stride = picture.width * 4;
    for (int i = 0; i < picture.width * picture.height; ++i)
        picture.pixels += std::string("\xF0\x10\x20\xFF", 4);
    return picture;
}

} // namespace

/// Over an engine of prepared answers, to a printer that is a file.
class PrintingTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void cutsPagesAsTheEngineDraws();
    void printsWhatWasChosen();
    void printsEveryPage();
    void printsThePageInFront();
    void saysWhyAPageIsMissing();
    void canBeCancelled();
    void printsTextAndReports();
    void saysWhyNothingIsPrinted();
    void showsTitlesAsTheyAre();
    void opensALockedFile();
    void hasItsKeys();

private:
    struct Office {
        Office() {
            fixture::addPages(scenario);
            scenario.script["render"] = {blue()};
        }
        QPrintDialog* dialog() {
            return window.findChild<QPrintDialog*>(QStringLiteral("printDialog"));
        }
        /// Chooses the file, and agrees.
        void agree() {
            dialog()->findChild<QLineEdit*>(QStringLiteral("filename"))->setText(file());
            dialog()->accept();
        }
        [[nodiscard]] QString file() const { return folder.filePath(QStringLiteral("out.pdf")); }
        [[nodiscard]] bool isDone() const {
            return window.findChild<QProgressDialog*>() == nullptr;
        }

        QTemporaryDir folder;
        support::Scenario scenario;
        support::FakeEngine engine{scenario};
        ui::EngineClient client{engine};
        QWidget window;
        ui::MessageBar messages{&window};
        std::unique_ptr<ui::Printing> printing =
            std::make_unique<ui::Printing>(client, messages, &window);
        engine::DocumentInfo document = fixture::pagedDocument('a', "Emma");
    };
};

void PrintingTest::cutsPagesAsTheEngineDraws() {
    for (const QSize size :
         {QSize(1667, 2500), QSize(2480, 3508), QSize(9000, 9000), QSize(1, 1)}) {
        int bottom = 0;
        for (const QRect& part : ui::printParts(size)) {
            QCOMPARE(part.top(), bottom);
            QCOMPARE(part.width(), size.width());
            QVERIFY(qint64(part.width()) * part.height() <= 8 << 20);
            bottom = part.bottom() + 1;
        }
        QCOMPARE(bottom, size.height());
    }
    QVERIFY(ui::printParts(QSize(2480, 3508)).size() == 2);
    QVERIFY(ui::printParts(QSize(0, 0)).empty());
}

void PrintingTest::printsWhatWasChosen() {
    QPrinter printer;
    printer.setOutputFormat(QPrinter::PdfFormat);
    using Pages = std::vector<int>;
    QCOMPARE(ui::pagesToPrint(printer, 3, 2), (Pages{1, 2, 3}));
    printer.setPrintRange(QPrinter::CurrentPage);
    QCOMPARE(ui::pagesToPrint(printer, 3, 2), Pages{2});
    printer.setPrintRange(QPrinter::PageRange);
    printer.setFromTo(2, 3);
    QCOMPARE(ui::pagesToPrint(printer, 9, 1), (Pages{2, 3}));
    printer.setPageRanges(QPageRanges::fromString(QStringLiteral("1,4-5")));
    QCOMPARE(ui::pagesToPrint(printer, 9, 1), (Pages{1, 4, 5}));
    printer.setPageOrder(QPrinter::LastPageFirst);
    QCOMPARE(ui::pagesToPrint(printer, 9, 1), (Pages{5, 4, 1}));
    if (!printer.supportsMultipleCopies()) {
        printer.setCopyCount(2);
        printer.setCollateCopies(true);
        QCOMPARE(ui::pagesToPrint(printer, 9, 1), (Pages{5, 4, 1, 5, 4, 1}));
        printer.setCollateCopies(false);
        QCOMPARE(ui::pagesToPrint(printer, 9, 1), (Pages{5, 5, 4, 4, 1, 1}));
    }
}

void PrintingTest::printsEveryPage() {
    Office office;
    office.printing->start(office.document, 3);
    QVERIFY(office.dialog() && office.dialog()->isVisible());
    office.agree();
    QVERIFY(!office.isDone());
    QTRY_VERIFY(office.isDone());
    const Printed printed(office.file());
    QCOMPARE(printed.pages(), 12);
    for (int i = 0; i < 12; ++i) {
        const QRgb color = printed.middle(i);
        QVERIFY2(qBlue(color) > 200 && qRed(color) < 80 && qGreen(color) < 80,
                 qPrintable(QString::number(color, 16)));
    }
    QCOMPARE(office.scenario.renderRequests.size(), std::size_t{12});
    QVERIFY(qAbs(office.scenario.renderRequests[0].scale - 300.0F / 72) < 0.001F);
    QVERIFY(office.messages.isEmpty());
}

void PrintingTest::printsThePageInFront() {
    Office office;
    office.printing->start(office.document, 7);
    auto* current = office.dialog()->findChild<QRadioButton*>(QStringLiteral("printCurrentPage"));
    QVERIFY(current && current->isEnabled());
    current->setChecked(true);
    office.agree();
    QTRY_VERIFY(office.isDone());
    QCOMPARE(Printed(office.file()).pages(), 1);
    QCOMPARE(office.scenario.renderRequests.size(), std::size_t{1});
    QCOMPARE(office.scenario.renderRequests[0].page, 7);
}

void PrintingTest::saysWhyAPageIsMissing() {
    Office office;
    engine::PagePicture failed;
    failed.failure = "the page is damaged";
    office.scenario.script["render"] = {failed};
    office.document.coverage.total = 2;
    office.printing->start(office.document, 1);
    office.agree();
    QTRY_VERIFY(office.isDone());
    const Printed printed(office.file());
    QCOMPARE(printed.pages(), 2);
    QVERIFY2(
        printed.text(1).contains(QStringLiteral("Page 2 cannot be printed: the page is damaged")),
        qPrintable(printed.text(1)));
}

void PrintingTest::canBeCancelled() {
    Office office;
    office.scenario.script["render"] = {};
    office.scenario.beforeDone = [](const engine::Task::Impl& task) {
        while (!task.isCancelled())
            std::this_thread::yield();
    };
    office.printing->start(office.document, 1);
    office.agree();
    QTRY_COMPARE(office.scenario.renderRequests.size(), std::size_t{1});
    office.window.findChild<QProgressDialog*>()->findChild<QPushButton*>()->click();
    QTRY_VERIFY(office.isDone());
    QTRY_VERIFY(office.printing->findChildren<ui::PrintPages*>().isEmpty());
    QCOMPARE(Printed(office.file()).pages(), 0);
    QCOMPARE(office.scenario.renderRequests.size(), std::size_t{1});
    QVERIFY(office.messages.isEmpty());
}

void PrintingTest::printsTextAndReports() {
    Office office;
    office.scenario.exported = "<h1>Emma</h1><p>Anne came.</p>";
    office.document.kind = "epub"; // with the printed pages that it names
    office.printing->start(office.document, 1);
    office.agree();
    QTRY_VERIFY(office.isDone());
    QCOMPARE(office.scenario.exportRequest.format, std::string("html"));
    QVERIFY(office.scenario.exportRequest.what == engine::ExportRequest::What::Text);
    QCOMPARE(Printed(office.file()).pages(), 1);
    QVERIFY(Printed(office.file()).text(0).contains(QStringLiteral("Anne came.")));
    QVERIFY(QFile::remove(office.file()));
    office.printing->startReport(office.document, engine::ExportRequest::What::Summaries);
    office.agree();
    QTRY_VERIFY(office.isDone());
    QVERIFY(office.scenario.exportRequest.what == engine::ExportRequest::What::Summaries);
    QCOMPARE(Printed(office.file()).pages(), 1);
}

void PrintingTest::saysWhyNothingIsPrinted() {
    Office office;
    office.scenario.script["export"] = {
        engine::Failed{engine::Code::WrongUse, "There is no summary to export.", ""}};
    office.printing->startReport(office.document, engine::ExportRequest::What::Summaries);
    office.agree();
    QTRY_VERIFY(office.isDone());
    QVERIFY(!office.messages.isEmpty());
    QCOMPARE(office.window.findChild<QLabel*>(QStringLiteral("messageSentence"))->text(),
             QStringLiteral("There is no summary to export."));
}

void PrintingTest::showsTitlesAsTheyAre() {
    Office office;
    office.document.title = "<img src=\"file:///dev/zero\">";
    office.printing->start(office.document, 1);
    office.agree();
    const auto* words = office.window.findChild<QProgressDialog*>()->findChild<QLabel*>();
    QVERIFY(words != nullptr);
    QCOMPARE(words->textFormat(), Qt::PlainText);
    QCOMPARE(words->text(), QStringLiteral("<img src=\"file:///dev/zero\"> is being printed…"));
    QTRY_VERIFY(office.isDone());
}

void PrintingTest::opensALockedFile() {
    Office office;
    office.client.setPassword(office.document.id, QStringLiteral("test123"));
    office.printing->start(office.document, 1);
    office.agree();
    QTRY_VERIFY(office.isDone());
    QCOMPARE(office.scenario.renderRequests.size(), std::size_t{12});
    for (const engine::RenderRequest& request : office.scenario.renderRequests)
        QCOMPARE(request.password, std::optional<std::string>("test123"));
}

void PrintingTest::hasItsKeys() {
    fixture::Window fixture;
    fixture::addPages(fixture.scenario());
    fixture.scenario().library = {fixture::pagedDocument('a', "Emma")};
    ui::MainWindow& window = fixture.start();
    auto* print = fixture::child<QAction>(window, "print");
    QCOMPARE(print->shortcut(), QKeySequence(QStringLiteral("Ctrl+P")));
    QVERIFY(!print->isEnabled());
    window.findChild<ui::Desk*>()->open(fixture.scenario().library[0]);
    QVERIFY(print->isEnabled());
    for (const char* name : {"print", "printAnswers", "printSummaries"}) {
        fixture.act(name);
        auto* dialog = window.findChild<QPrintDialog*>();
        QVERIFY2(dialog && dialog->isVisible(), name);
        dialog->reject();
        QTRY_VERIFY(!window.findChild<QPrintDialog*>());
    }
}

QTEST_MAIN(PrintingTest)
#include "printing_test.moc"
