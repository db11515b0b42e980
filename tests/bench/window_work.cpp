/// How long the window does not answer while the engine works, with the real engine, model and
/// infolio-reader: a book is read and scrolled, asked about meanwhile, another one goes to the
/// Trash and comes back; then a citation is followed.
///
///     window_work [BOOK.pdf]        (QT_QPA_PLATFORM=offscreen; the sample book unless told)
///
/// Bars: 50 ms without an answer, 300 ms from a click on a citation to its page.

#include <QAction>
#include <QApplication>
#include <QByteArray>
#include <QFile>
#include <QFileInfo>
#include <QListView>
#include <QScrollBar>
#include <QTemporaryDir>
#include <QTest>

#include <cstdio>

#include "tests/bench/window_bench.h"
#include "ui/ask_view.h"
#include "ui/desk.h"
#include "ui/document_view.h"
#include "ui/exchange_model.h"
#include "ui/library_view.h"
#include "ui/page_view.h"

namespace {

class Bench {
public:
    explicit Bench(ui::MainWindow& window) : m_window(window) {}

    template <typename Work> void run(const char* what, Work work) {
        m_pulse.begin();
        work();
        m_pulse.end();
        std::printf("%-52s no answer %5.1f ms (%5.1f computing)\n", what, m_pulse.wait(),
                    m_pulse.work());
        std::fflush(stdout);
        m_wait = std::max(m_wait, m_pulse.wait());
        m_work = std::max(m_work, m_pulse.work());
    }

    void act(const char* name) const {
        m_window.findChild<QAction*>(QString::fromLatin1(name))->trigger();
    }

    [[nodiscard]] double wait() const { return m_wait; }
    [[nodiscard]] double work() const { return m_work; }

private:
    ui::MainWindow& m_window;
    bench::Pulse m_pulse;
    double m_wait = 0, m_work = 0;
};

} // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    const QString book = QString::fromLocal8Bit(argc > 1 ? argv[1] : SAMPLE_BOOK);
    const QTemporaryDir home;
    bench::Window window(TEST_READER, home.path(), TEST_MODEL);
    const QString other = window.file("other.txt");
    {
        QFile file(other);
        if (!file.open(QIODevice::WriteOnly) ||
            file.write(QByteArray("A boat came home.\n\n").repeated(200)) < 0)
            qFatal("%s cannot be written.", qPrintable(other));
    }
    window.read({other.toStdString()});
    ui::MainWindow& main = window.show();
    auto* desk = main.findChild<ui::Desk*>();
    auto* ask = main.findChild<ui::AskView*>();
    Bench bench(main);

    int reading = 0;
    QObject::connect(&window.client(), &ui::EngineClient::arrived, &main,
                     [&](quint64, const engine::Event& event) {
                         if (const auto* progress = std::get_if<engine::Progress>(&event))
                             reading += progress->stage == engine::Stage::Read ? 1 : 0;
                     });
    bench.run("the text of a book is taken in", [&] {
        main.read({book});
        bench::await("The first segment", [&] { return reading > 0; });
    });
    bench.run("it is read, and scrolled 30 times a second", [&] {
        const auto* view = desk->currentView();
        for (int i = 0; i < 120 && !window.client().isIdle(); ++i) {
            if (view != nullptr && view->pageView() != nullptr) {
                auto* bar = view->pageView()->verticalScrollBar();
                bar->setValue(bar->value() + 60);
            }
            bench::idle(33);
        }
    });
    bench.run("another one goes to the Trash and comes back", [&] {
        for (const engine::DocumentInfo& document : window.engine().documents()) {
            if (document.title != "other")
                continue;
            main.findChild<ui::LibraryView*>()->selectDocument(document.id);
            QTest::keyClick(main.findChild<QListView*>(QStringLiteral("libraryList")),
                            Qt::Key_Delete);
            bench::idle(300);
            bench.act("undo");
            bench::idle(300);
        }
    });
    std::printf("the book is %s\n", window.client().isIdle() ? "read already" : "still being read");
    bench.run("a question is answered meanwhile", [&] {
        Q_EMIT ask->asked(QStringLiteral("What happens when the power fails?"), QString());
        bench::await("The answer", [&] { return ask->exchanges().running() < 0; });
    });
    bench.run("the rest of the book is read",
              [&] { bench::await("The end", [&] { return window.client().isIdle(); }); });
    bench.run("a question is answered", [&] {
        Q_EMIT ask->asked(QStringLiteral("Where is the library kept?"), QString());
        bench::await("The answer", [&] { return window.client().isIdle(); });
    });

    auto* pages = desk->currentView()->pageView();
    if (pages == nullptr)
        qFatal("%s has no pages.", qPrintable(book));
    double worst = 0;
    for (int i = 0; i < 5; ++i) {
        pages->goToPage(1);
        bench::idle(500);
        QElapsedTimer clock;
        clock.start();
        bench.act("nextEvidence");
        bench.act("openEvidence");
        const auto marked = pages->highlight();
        if (marked.empty())
            qFatal("The citation marks nothing.");
        const QByteArray what = QByteArrayLiteral("The picture of page ") +
                                QByteArray::number(marked.front().page) + " of citation " +
                                QByteArray::number(i + 1);
        bench::await(
            what.constData(), [&] { return pages->hasPicture(marked.front().page); }, 30);
        worst = std::max(worst, static_cast<double>(clock.nsecsElapsed()) / 1e6);
    }
    std::printf("a citation's page was there after %.0f ms at most (bar 300)\n", worst);
    std::printf("longest without an answer %.1f ms, of it computing %.1f ms (bar 50)\n",
                bench.wait(), bench.work());
    return 0;
}
