#include "ui/theme.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>

#include <algorithm>
#include <cmath>

#include "ui/style.h"

namespace ui {
namespace {

struct RoleColors {
    QPalette::ColorRole role;
    QRgb normal; ///< Active and Inactive: what is selected stays readable without the focus
    QRgb disabled;
};

constexpr RoleColors kLight[] = {
    {QPalette::Window, 0xfff3f2ef, 0xfff3f2ef},
    {QPalette::WindowText, 0xff1d1f23, 0xff64666b},
    {QPalette::Base, 0xffffffff, 0xfff8f7f5},
    {QPalette::AlternateBase, 0xfff7f6f3, 0xfff3f2ef},
    {QPalette::Text, 0xff1d1f23, 0xff64666b},
    {QPalette::PlaceholderText, 0xff5f6268, 0xff64666b},
    {QPalette::Button, 0xfffaf9f7, 0xfff3f2ef},
    {QPalette::ButtonText, 0xff1d1f23, 0xff64666b},
    {QPalette::BrightText, 0xffa6261b, 0xff8a5a55},
    {QPalette::Light, 0xffffffff, 0xffffffff},
    {QPalette::Midlight, 0xffe9e7e3, 0xffe9e7e3},
    {QPalette::Mid, 0xffcfccc6, 0xffd9d6d1},
    {QPalette::Dark, 0xff84817b, 0xff84817b},
    {QPalette::Shadow, 0xff55534f, 0xff84817b},
    {QPalette::Highlight, 0xff2461a8, 0xff72767c},
    {QPalette::HighlightedText, 0xffffffff, 0xffffffff},
    {QPalette::Link, 0xff1f5a9e, 0xff64666b},
    {QPalette::LinkVisited, 0xff6b4596, 0xff64666b},
    {QPalette::ToolTipBase, 0xff2b2d31, 0xff2b2d31},
    {QPalette::ToolTipText, 0xfff5f4f2, 0xffc9c8c6},
    {QPalette::NoRole, 0xff1d1f23, 0xff64666b},
};

constexpr RoleColors kDark[] = {
    {QPalette::Window, 0xff27282c, 0xff27282c},
    {QPalette::WindowText, 0xffe9e8e6, 0xffa0a1a5},
    {QPalette::Base, 0xff1d1e21, 0xff232428},
    {QPalette::AlternateBase, 0xff232428, 0xff27282c},
    {QPalette::Text, 0xffe9e8e6, 0xffa0a1a5},
    {QPalette::PlaceholderText, 0xffa9aaae, 0xffa0a1a5},
    {QPalette::Button, 0xff34353a, 0xff2b2c30},
    {QPalette::ButtonText, 0xffe9e8e6, 0xffa0a1a5},
    {QPalette::BrightText, 0xffff9d8c, 0xffb8918a},
    {QPalette::Light, 0xff4a4b51, 0xff3d3e43},
    {QPalette::Midlight, 0xff3d3e43, 0xff34353a},
    {QPalette::Mid, 0xff47484e, 0xff3d3e43},
    {QPalette::Dark, 0xff83858c, 0xff83858c},
    {QPalette::Shadow, 0xff0f1012, 0xff0f1012},
    {QPalette::Highlight, 0xff3c78c0, 0xff73767c},
    {QPalette::HighlightedText, 0xffffffff, 0xffffffff},
    {QPalette::Link, 0xff8dbcf2, 0xffa0a1a5},
    {QPalette::LinkVisited, 0xffc3a8ec, 0xffa0a1a5},
    {QPalette::ToolTipBase, 0xff3a3b40, 0xff3a3b40},
    {QPalette::ToolTipText, 0xfff0efed, 0xffb5b6b9},
    {QPalette::NoRole, 0xffe9e8e6, 0xffa0a1a5},
};

template <std::size_t Size> QPalette paletteOf(const RoleColors (&rows)[Size]) {
    static_assert(Size == QPalette::NColorRoles, "every role has a colour");
    QPalette palette;
    for (const RoleColors& row : rows) {
        palette.setColor(QPalette::Active, row.role, QColor(row.normal));
        palette.setColor(QPalette::Inactive, row.role, QColor(row.normal));
        palette.setColor(QPalette::Disabled, row.role, QColor(row.disabled));
    }
    return palette;
}

double luminance(const QColor& color) {
    const auto linear = [](double channel) {
        return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
           0.0722 * linear(color.blueF());
}

QString appearance() {
    return QStringLiteral("org.freedesktop.appearance");
}
QString colorScheme() {
    return QStringLiteral("color-scheme");
}

/// Keeps the program's palette in step with what was chosen, and with the desktop if that was
/// chosen. One per application, owned by it.
class Theme : public QObject {
    Q_OBJECT

public:
    explicit Theme(QApplication& application) : QObject(&application) {
        setObjectName(QStringLiteral("theme"));
        QApplication::setStyle(new Style);
    }

    void setLook(Look look) {
        m_look = look;
        show();
        if (look == Look::System && !m_isFollowing)
            follow();
    }

private Q_SLOTS:
    void settingChanged(const QString& space, const QString& key, const QDBusVariant& value) {
        if (space == appearance() && key == colorScheme())
            take(QVariant::fromValue(value));
    }

private:
    void follow() {
        QDBusConnection bus = QDBusConnection::sessionBus();
        if (!bus.isConnected())
            return;
        m_isFollowing = true;
        const QString service = QStringLiteral("org.freedesktop.portal.Desktop");
        const QString path = QStringLiteral("/org/freedesktop/portal/desktop");
        const QString interface = QStringLiteral("org.freedesktop.portal.Settings");
        // Without the service's name: with it QtDBus asks the bus who owns it, and waits.
        bus.connect(QString(), path, interface, QStringLiteral("SettingChanged"), this,
                    SLOT(settingChanged(QString, QString, QDBusVariant)));
        QDBusMessage message =
            QDBusMessage::createMethodCall(service, path, interface, QStringLiteral("Read"));
        message << appearance() << colorScheme();
        auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(message), this);
        connect(watcher, &QDBusPendingCallWatcher::finished, this,
                [this](QDBusPendingCallWatcher* finished) {
                    finished->deleteLater();
                    const QDBusPendingReply<QDBusVariant> reply = *finished;
                    if (!reply.isError())
                        take(QVariant::fromValue(reply.value()));
                });
    }

    void take(const QVariant& value) {
        m_isDesktopDark = prefersDark(value);
        show();
    }

    void show() {
        const bool isDark = m_look == Look::Dark || (m_look == Look::System && m_isDesktopDark);
        QApplication::setPalette(isDark ? darkPalette() : lightPalette());
    }

    Look m_look = Look::System;
    bool m_isFollowing = false;
    bool m_isDesktopDark = false;
};

} // namespace

void applyTheme(QApplication& application, Look look) {
    auto* theme = application.findChild<Theme*>(QString(), Qt::FindDirectChildrenOnly);
    if (!theme)
        theme = new Theme(application);
    theme->setLook(look);
}

QPalette lightPalette() {
    return paletteOf(kLight);
}

QPalette darkPalette() {
    return paletteOf(kDark);
}

bool prefersDark(QVariant colorScheme) {
    while (colorScheme.metaType() == QMetaType::fromType<QDBusVariant>())
        colorScheme = colorScheme.value<QDBusVariant>().variant();
    return colorScheme.toUInt() == 1;
}

double contrast(const QColor& one, const QColor& other) {
    const double a = luminance(one);
    const double b = luminance(other);
    return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

} // namespace ui

#include "theme.moc"
