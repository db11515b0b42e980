#include <QApplication>
#include <QCheckBox>
#include <QDBusConnection>
#include <QDBusVariant>
#include <QImage>
#include <QProxyStyle>
#include <QRadioButton>
#include <QScrollBar>
#include <QStyle>
#include <QTest>

#include <algorithm>

#include "tests/gui/private_bus.h"
#include "ui/theme.h"

class FakePortal : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")

public:
    uint scheme = 1;

public Q_SLOTS:
    QDBusVariant Read(const QString& space, const QString& key) const {
        const bool isKnown = space == QStringLiteral("org.freedesktop.appearance") &&
                             key == QStringLiteral("color-scheme");
        return QDBusVariant(QVariant::fromValue(QDBusVariant(isKnown ? scheme : 0U)));
    }

Q_SIGNALS:
    void SettingChanged(const QString& space, const QString& key, const QDBusVariant& value);
};

class ThemeTest : public QObject {
    Q_OBJECT

public:
    explicit ThemeTest(QString busAddress) : m_busAddress(std::move(busAddress)) {}

private Q_SLOTS:
    void everyRoleHasAColour_data();
    void everyRoleHasAColour();
    void textCanBeRead_data();
    void textCanBeRead();
    void marksCanBeSeen_data();
    void marksCanBeSeen();
    void contrastIsThatOfTheStandard();
    void unwrapsWhatThePortalSays();
    void isLightWithoutAPortal();
    void showsTheChosenLook();
    void outlinesCanBeSeen();
    void followsTheDesktop();

private:
    static void palettes() {
        QTest::addColumn<QPalette>("palette");
        QTest::newRow("light") << ui::lightPalette();
        QTest::newRow("dark") << ui::darkPalette();
    }
    static constexpr QPalette::ColorGroup kGroups[] = {QPalette::Active, QPalette::Inactive,
                                                       QPalette::Disabled};
    QString m_busAddress;
};

void ThemeTest::everyRoleHasAColour_data() {
    palettes();
}
void ThemeTest::everyRoleHasAColour() {
    QFETCH(QPalette, palette);
    for (const auto group : kGroups) {
        for (int role = 0; role < QPalette::NColorRoles; ++role) {
            QVERIFY2(palette.isBrushSet(group, QPalette::ColorRole(role)),
                     qPrintable(QString::number(role)));
            QCOMPARE(palette.color(group, QPalette::ColorRole(role)).alpha(), 255);
        }
    }
}

void ThemeTest::textCanBeRead_data() {
    palettes();
}
void ThemeTest::textCanBeRead() {
    QFETCH(QPalette, palette);
    const std::pair<QPalette::ColorRole, QList<QPalette::ColorRole>> pairs[] = {
        {QPalette::WindowText, {QPalette::Window, QPalette::Base, QPalette::Midlight}},
        {QPalette::Text, {QPalette::Base, QPalette::AlternateBase, QPalette::Window}},
        {QPalette::PlaceholderText, {QPalette::Base, QPalette::AlternateBase, QPalette::Window}},
        {QPalette::ButtonText, {QPalette::Button, QPalette::Window, QPalette::Base}},
        {QPalette::BrightText, {QPalette::Window, QPalette::Base, QPalette::AlternateBase}},
        {QPalette::Link, {QPalette::Window, QPalette::Base, QPalette::AlternateBase}},
        {QPalette::LinkVisited, {QPalette::Window, QPalette::Base, QPalette::AlternateBase}},
        {QPalette::HighlightedText, {QPalette::Highlight}},
        {QPalette::ToolTipText, {QPalette::ToolTipBase}},
    };
    for (const auto group : kGroups) {
        for (const auto& [text, backgrounds] : pairs) {
            for (const auto background : backgrounds) {
                const double ratio =
                    ui::contrast(palette.color(group, text), palette.color(group, background));
                QVERIFY2(ratio >= 4.5, qPrintable(QStringLiteral("group %1, role %2 on %3: %4")
                                                      .arg(group)
                                                      .arg(text)
                                                      .arg(background)
                                                      .arg(ratio)));
            }
        }
    }
}

void ThemeTest::marksCanBeSeen_data() {
    palettes();
}
void ThemeTest::marksCanBeSeen() {
    QFETCH(QPalette, palette);
    for (const auto group : kGroups) {
        for (const auto mark : {QPalette::Highlight, QPalette::Dark}) {
            for (const auto background :
                 {QPalette::Window, QPalette::Base, QPalette::AlternateBase}) {
                const double ratio =
                    ui::contrast(palette.color(group, mark), palette.color(group, background));
                QVERIFY2(ratio >= 3, qPrintable(QStringLiteral("group %1, role %2 on %3: %4")
                                                    .arg(group)
                                                    .arg(mark)
                                                    .arg(background)
                                                    .arg(ratio)));
            }
        }
    }
}

void ThemeTest::contrastIsThatOfTheStandard() {
    QCOMPARE(ui::contrast(Qt::white, Qt::black), 21.0);
    QCOMPARE(ui::contrast(Qt::black, Qt::white), 21.0);
    QCOMPARE(ui::contrast(Qt::red, Qt::red), 1.0);
    // A pair with a published ratio.
    QVERIFY(qAbs(ui::contrast(QColor(0x76, 0x76, 0x76), Qt::white) - 4.54) < 0.01);
}

void ThemeTest::unwrapsWhatThePortalSays() {
    const auto wrapped = [](uint value) { return QVariant::fromValue(QDBusVariant(value)); };
    QVERIFY(ui::prefersDark(1U));
    QVERIFY(ui::prefersDark(wrapped(1)));
    QVERIFY(ui::prefersDark(QVariant::fromValue(QDBusVariant(wrapped(1)))));
    QVERIFY(!ui::prefersDark(wrapped(0)));
    QVERIFY(!ui::prefersDark(wrapped(2)));
    QVERIFY(!ui::prefersDark(QVariant()));
    QVERIFY(!ui::prefersDark(QStringLiteral("dark")));
}

void ThemeTest::isLightWithoutAPortal() {
    ui::applyTheme(*qApp, ui::Look::System);
    QCOMPARE(QApplication::palette(), ui::lightPalette());
    auto* style = qobject_cast<QProxyStyle*>(QApplication::style());
    QVERIFY(style != nullptr);
    QCOMPARE(style->baseStyle()->name(), QStringLiteral("fusion"));
}

void ThemeTest::showsTheChosenLook() {
    ui::applyTheme(*qApp, ui::Look::Dark);
    QCOMPARE(QApplication::palette(), ui::darkPalette());
    ui::applyTheme(*qApp, ui::Look::Light);
    QCOMPARE(QApplication::palette(), ui::lightPalette());
}

void ThemeTest::outlinesCanBeSeen() {
    // The best contrast with the window along a line from the left edge of the control.
    const auto edge = [](QWidget& control, int y) {
        const QImage image = control.grab().toImage();
        const QColor window = control.palette().color(QPalette::Window);
        double best = 1;
        for (int x = 0; x < 4; ++x)
            best = std::max(best, ui::contrast(image.pixelColor(x, y), window));
        return best;
    };
    for (const ui::Look look : {ui::Look::Light, ui::Look::Dark}) {
        ui::applyTheme(*qApp, look);
        QCheckBox box;
        box.resize(box.sizeHint());
        QVERIFY(edge(box, box.height() / 2) >= 3);
        QRadioButton button;
        button.resize(button.sizeHint());
        QVERIFY(edge(button, button.height() / 2) >= 3);
        QScrollBar bar(Qt::Vertical);
        bar.setRange(0, 100);
        bar.setPageStep(100);
        bar.resize(bar.sizeHint().width(), 200);
        QVERIFY(edge(bar, 60) >= 3);
    }
    ui::applyTheme(*qApp, ui::Look::Light);
}

void ThemeTest::followsTheDesktop() {
    if (m_busAddress.isEmpty())
        QSKIP("There is no dbus-daemon on this machine.");
    // Whoever asked before there was a portal follows its later changes all the same.
    ui::applyTheme(*qApp, ui::Look::System);
    QDBusConnection bus = QDBusConnection::connectToBus(m_busAddress, QStringLiteral("portal"));
    FakePortal portal;
    QVERIFY(
        bus.registerObject(QStringLiteral("/org/freedesktop/portal/desktop"), &portal,
                           QDBusConnection::ExportAllSlots | QDBusConnection::ExportAllSignals));
    QVERIFY(bus.registerService(QStringLiteral("org.freedesktop.portal.Desktop")));
    const QString space = QStringLiteral("org.freedesktop.appearance");
    const QString key = QStringLiteral("color-scheme");
    Q_EMIT portal.SettingChanged(space, key, QDBusVariant(1U));
    QTRY_COMPARE(QApplication::palette(), ui::darkPalette());
    Q_EMIT portal.SettingChanged(space, QStringLiteral("accent-color"), QDBusVariant(0U));
    Q_EMIT portal.SettingChanged(space, key, QDBusVariant(2U));
    QTRY_COMPARE(QApplication::palette(), ui::lightPalette());

    // A new application asks; the answer is a variant in a variant.
    delete qApp->findChild<QObject*>(QStringLiteral("theme"));
    ui::applyTheme(*qApp, ui::Look::System);
    QCOMPARE(QApplication::palette(), ui::lightPalette());
    QTRY_COMPARE(QApplication::palette(), ui::darkPalette());

    ui::applyTheme(*qApp, ui::Look::Light);
    Q_EMIT portal.SettingChanged(space, key, QDBusVariant(0U));
    Q_EMIT portal.SettingChanged(space, key, QDBusVariant(1U));
    ui::applyTheme(*qApp, ui::Look::System);
    QTRY_COMPARE(QApplication::palette(), ui::darkPalette());
}

int main(int argc, char** argv) {
    const fixture::PrivateBus bus;
    QApplication application(argc, argv);
    ThemeTest test(bus.address());
    return QTest::qExec(&test, argc, argv);
}
#include "theme_test.moc"
