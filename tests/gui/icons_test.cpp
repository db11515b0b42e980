#include <QApplication>
#include <QDir>
#include <QSet>
#include <QTest>

#include "ui/icons.h"
#include "ui/theme.h"

class IconsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { ui::applyTheme(*qApp, ui::Look::Light); }
    void drawsEachDifferently();
    void takesThePalettesColour();
    void followsAChangeOfPalette();
    void isSharpAtTwoToOne();
    void knowsNoOthers();
    void showsTheProgram();

private:
    static QStringList names() {
        QStringList result = QDir(QStringLiteral(":/icons")).entryList();
        result.replaceInStrings(QStringLiteral(".svg"), QString());
        result.removeOne(QStringLiteral("org.infolio.Infolio"));
        return result;
    }
    static QImage image(const QIcon& icon, QIcon::Mode mode = QIcon::Normal, qreal ratio = 1) {
        return icon.pixmap(QSize(24, 24), ratio, mode)
            .toImage()
            .convertToFormat(QImage::Format_ARGB32);
    }
    /// The colour of the pixels that are fully covered; invalid when they differ.
    static QColor ink(const QImage& image) {
        QColor result;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                const QColor color = image.pixelColor(x, y);
                if (color.alpha() < 255)
                    continue;
                if (result.isValid() && result != color)
                    return {};
                result = color;
            }
        }
        return result;
    }
    static int covered(const QImage& image) {
        int count = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                count += image.pixelColor(x, y).alpha() > 127 ? 1 : 0;
        return count;
    }
};

void IconsTest::drawsEachDifferently() {
    const QStringList all = names();
    for (const char* name :
         {"add",      "pause",    "play",     "stop",     "find",   "as-of", "summarise", "export",
          "library",  "contents", "queue",    "evidence", "memory", "model", "warning",   "lock",
          "trash",    "undo",     "close",    "up",       "down",   "back",  "forward",   "zoom-in",
          "zoom-out", "fit",      "settings", "check",    "book"})
        QVERIFY2(all.contains(QString::fromLatin1(name)), name);
    QList<QImage> seen;
    for (const QString& name : all) {
        const QImage drawn = image(ui::icon(name.toLatin1().constData()));
        QCOMPARE(drawn.size(), QSize(24, 24));
        QVERIFY2(covered(drawn) >= 20, qPrintable(name));
        QVERIFY2(!seen.contains(drawn), qPrintable(name));
        seen.append(drawn);
        // A margin all around, or lines are cut off.
        for (int i = 0; i < 24; ++i)
            for (const QPoint point : {QPoint(i, 0), QPoint(i, 23), QPoint(0, i), QPoint(23, i)})
                QVERIFY2(drawn.pixelColor(point).alpha() == 0, qPrintable(name));
    }
}

void IconsTest::takesThePalettesColour() {
    const QPalette palette = ui::lightPalette();
    const QIcon stop = ui::icon("memory");
    QCOMPARE(ink(image(stop)), palette.color(QPalette::Active, QPalette::ButtonText));
    QCOMPARE(ink(image(stop, QIcon::Selected)),
             palette.color(QPalette::Active, QPalette::HighlightedText));
    QCOMPARE(ink(image(stop, QIcon::Disabled)),
             palette.color(QPalette::Disabled, QPalette::ButtonText));
    QCOMPARE(ink(image(ui::icon("memory", QPalette::BrightText))),
             palette.color(QPalette::Active, QPalette::BrightText));
}

void IconsTest::followsAChangeOfPalette() {
    const QIcon icon = ui::icon("memory");
    image(icon);
    ui::applyTheme(*qApp, ui::Look::Dark);
    QCOMPARE(ink(image(icon)), ui::darkPalette().color(QPalette::Active, QPalette::ButtonText));
}

void IconsTest::isSharpAtTwoToOne() {
    const QPixmap pixmap = ui::icon("find").pixmap(QSize(24, 24), 2);
    QCOMPARE(pixmap.size(), QSize(48, 48));
    QCOMPARE(pixmap.devicePixelRatio(), 2.0);
    QVERIFY(pixmap.toImage() != ui::icon("find").pixmap(QSize(24, 24), 1).toImage().scaled(48, 48));
}

void IconsTest::knowsNoOthers() {
    QVERIFY(ui::icon("no-such-icon").isNull());
}

void IconsTest::showsTheProgram() {
    const QImage drawn = ui::applicationIcon().pixmap(QSize(48, 48), 1).toImage();
    QCOMPARE(drawn.size(), QSize(48, 48));
    QSet<QRgb> colors;
    for (int x = 0; x < 48; ++x)
        colors.insert(drawn.pixel(x, 24));
    QVERIFY(colors.size() > 3);
}

QTEST_MAIN(IconsTest)
#include "icons_test.moc"
