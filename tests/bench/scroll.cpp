/// How long a page in view stays blank while a long PDF is scrolled, and how long the window does
/// not answer meanwhile, with the real engine and infolio-reader:
///
///     scroll [PAGES]        (QT_QPA_PLATFORM=offscreen; 2,400 pages unless told)
///
/// A page is blank from the moment when some of it is in view until it has a picture or is out of
/// view. Bars: 300 ms blank, 50 ms without an answer.

#include <QApplication>
#include <QFont>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QRandomGenerator>
#include <QScrollBar>
#include <QTemporaryDir>
#include <QTest>

#include <cstdio>
#include <functional>
#include <map>

#include "tests/bench/window_bench.h"
#include "ui/desk.h"
#include "ui/document_view.h"
#include "ui/page_view.h"

namespace {

/// Pages as a novel has them, a chapter every twelve.
void writeBook(const QString& path, int pages) {
    QPdfWriter writer(path);
    writer.setPageSize(QPageSize(QPageSize::A5));
    writer.setResolution(300);
    QPainter painter(&writer);
    const QStringList words =
        QStringLiteral("the harbour lay quiet and the boats came home before the evening with "
                       "their nets full of herring while nobody counted them")
            .split(u' ');
    QRandomGenerator random(1);
    for (int page = 1; page <= pages; ++page) {
        if (page > 1)
            writer.newPage();
        const bool isOpening = page % 12 == 1;
        QString text;
        for (int i = 0; i < 320; ++i)
            text += words[random.bounded(words.size())] +
                    (i % 17 == 16 ? QStringLiteral(". ") : QStringLiteral(" "));
        const QRect area = painter.viewport();
        painter.setFont(QFont(QStringLiteral("DejaVu Serif"), 14));
        if (isOpening)
            painter.drawText(area, Qt::AlignTop | Qt::AlignHCenter,
                             QStringLiteral("Chapter %1").arg(page / 12 + 1));
        painter.setFont(QFont(QStringLiteral("DejaVu Serif"), 9));
        painter.drawText(area.adjusted(0, isOpening ? 200 : 0, 0, -100),
                         Qt::AlignJustify | Qt::TextWordWrap, text);
        painter.drawText(area, Qt::AlignBottom | Qt::AlignHCenter, QString::number(page));
    }
}

/// Looks at the page view at every beat.
class Watch {
public:
    explicit Watch(ui::PageView& view) : m_view(view) {
        m_timer.setTimerType(Qt::PreciseTimer);
        m_timer.setInterval(2);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { look(); });
    }

    void begin() {
        m_blank.clear();
        m_worst = 0;
        m_worstPage = 0;
        m_clock.start();
        m_timer.start();
        look();
    }

    /// Milliseconds that some page was blank at most.
    double end() {
        look();
        m_timer.stop();
        return static_cast<double>(m_worst) / 1e6;
    }

    [[nodiscard]] int worstPage() const { return m_worstPage; }

    /// Whether every page in view has its picture.
    [[nodiscard]] bool isComplete() const {
        const auto [first, last] = visible();
        for (int page = first; page <= last; ++page) {
            if (!m_view.hasPicture(page))
                return false;
        }
        return true;
    }

private:
    [[nodiscard]] std::pair<int, int> visible() const {
        const int top = m_view.verticalScrollBar()->value();
        return m_view.pageLayout().pagesBetween(top, top + m_view.viewport()->height());
    }

    void look() {
        const qint64 now = m_clock.nsecsElapsed();
        const auto [first, last] = visible();
        std::map<int, qint64> blank;
        for (int page = first; page <= last; ++page) {
            if (m_view.hasPicture(page))
                continue;
            const auto since = m_blank.find(page);
            blank[page] = since == m_blank.end() ? now : since->second;
        }
        // Those that were blank a moment ago were so up to now, whether or not they still are.
        for (const auto& [page, since] : m_blank) {
            if (now - since > m_worst) {
                m_worst = now - since;
                m_worstPage = page;
            }
        }
        m_blank = std::move(blank);
    }

    ui::PageView& m_view;
    QTimer m_timer;
    QElapsedTimer m_clock;
    std::map<int, qint64> m_blank; ///< since when
    qint64 m_worst = 0;
    int m_worstPage = 0;
};

class Bench {
public:
    explicit Bench(ui::PageView& view) : m_view(view), m_watch(view) {}

    /// `step(i)` every `ms` milliseconds, `count` times, from the page `start`; then until all
    /// pages in view are there.
    void run(const char* what, int start, int count, int ms, const std::function<void(int)>& step) {
        m_view.goToPage(start);
        bench::await(
            "A first page", [this] { return m_watch.isComplete(); }, 30);
        m_watch.begin();
        m_pulse.begin();
        for (int i = 0; i < count; ++i) {
            step(i);
            bench::idle(ms);
        }
        bench::await(
            "The last page", [this] { return m_watch.isComplete(); }, 30);
        bench::idle(50);
        const double blank = m_watch.end();
        m_pulse.end();
        std::printf("%-44s blank %5.0f ms (page %4d), no answer %5.1f ms (%5.1f)\n", what, blank,
                    m_watch.worstPage(), m_pulse.wait(), m_pulse.work());
        std::fflush(stdout);
        m_blank = std::max(m_blank, blank);
        m_wait = std::max(m_wait, m_pulse.wait());
        m_work = std::max(m_work, m_pulse.work());
    }

    void by(int pixels) {
        QScrollBar* bar = m_view.verticalScrollBar();
        bar->setValue(bar->value() + pixels);
    }

    void to(double share) {
        QScrollBar* bar = m_view.verticalScrollBar();
        bar->setValue(static_cast<int>(share * bar->maximum()));
    }

    void result() const {
        std::printf(
            "longest blank page %.0f ms (bar 300), longest without an answer %.1f ms, of it "
            "computing %.1f ms (bar 50)\n",
            m_blank, m_wait, m_work);
    }

private:
    ui::PageView& m_view;
    Watch m_watch;
    bench::Pulse m_pulse;
    double m_blank = 0, m_wait = 0, m_work = 0;
};

} // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    const int pages = argc > 1 ? QString::fromLatin1(argv[1]).toInt() : 2400;
    const QTemporaryDir home;
    bench::Window window(TEST_READER, home.path());
    QElapsedTimer clock;
    clock.start();
    const QString book = window.file("harbour.pdf");
    writeBook(book, pages);
    std::printf("a PDF of %d pages was written in %.1f s\n", pages,
                static_cast<double>(clock.restart()) / 1e3);
    ui::MainWindow& main = window.show();
    bench::Pulse pulse;
    pulse.begin();
    window.read({book.toStdString()});
    pulse.end();
    std::printf("its text was stored in %.1f s, no answer %.1f ms (%.1f computing)\n",
                static_cast<double>(clock.restart()) / 1e3, pulse.wait(), pulse.work());

    pulse.begin();
    auto* desk = main.findChild<ui::Desk*>();
    desk->open(window.engine().documents().front());
    ui::PageView& view = *desk->currentView()->pageView();
    bench::await(
        "The first picture", [&view] { return view.hasPicture(1); }, 30);
    pulse.end();
    std::printf("it was open, with its first page, in %.2f s, no answer %.1f ms (%.1f)\n",
                static_cast<double>(clock.elapsed()) / 1e3, pulse.wait(), pulse.work());
    std::printf("the view has %d x %d pixels\n", view.viewport()->width(),
                view.viewport()->height());

    Bench bench(view);
    const int height = view.viewport()->height();
    const auto pageDown = [&](int) { QTest::keyClick(&view, Qt::Key_PageDown); };
    bench.run("Page Down twice a second, 40 times", 100, 40, 500, pageDown);
    bench.run("Page Down held, 25 a second, 100 times", 300, 100, 40, pageDown);
    bench.run("a wheel, 120 pixels 60 times a second, 3 s", 600, 180, 16,
              [&](int) { bench.by(120); });
    bench.run("a flick, three views at first, 2 s", 900, 120, 16,
              [&](int i) { bench.by(static_cast<int>(3 * height * (1 - i / 120.0) / 4)); });
    bench.run("the bar dragged through the book in 3 s", 1, 180, 16,
              [&](int i) { bench.to(i / 180.0); });
    QRandomGenerator random(2);
    bench.run("the bar at 30 random places, one a second", 1, 30, 1000,
              [&](int) { bench.to(random.generateDouble()); });
    bench.run("the bar at 60 random places, five a second", 1, 60, 200,
              [&](int) { bench.to(random.generateDouble()); });
    view.setZoom(4);
    bench.run("the same at four times the size", 1, 30, 500,
              [&](int) { bench.to(random.generateDouble()); });
    bench.result();
    window.client().cancelAll();
    return 0;
}
