#include "ui/window_state.h"

#include <QSettings>

namespace ui {

WindowState::WindowState(const QString& file, QObject* parent) : QObject(parent), m_file(file) {
    m_timer.setSingleShot(true);
    m_timer.setInterval(500);
    connect(&m_timer, &QTimer::timeout, this, &WindowState::write);
}

WindowState::~WindowState() {
    if (m_timer.isActive())
        write();
}

WindowValues WindowState::load() const {
    QSettings settings(m_file, QSettings::IniFormat);
    WindowValues values;
    if (settings.value(QStringLiteral("version"), kVersion).toInt() > kVersion)
        return values;
    values.geometry = settings.value(QStringLiteral("geometry")).toByteArray();
    values.docks = settings.value(QStringLiteral("docks")).toByteArray();
    values.currentTab = settings.value(QStringLiteral("currentTab")).toInt();
    values.draft = settings.value(QStringLiteral("draft")).toString();
    values.asOf = settings.value(QStringLiteral("asOf")).toString();
    values.recentFiles = settings.value(QStringLiteral("recentFiles")).toStringList();
    const int count = settings.beginReadArray(QStringLiteral("tabs"));
    for (int i = 0; i < count; ++i) {
        settings.setArrayIndex(i);
        const QString document = settings.value(QStringLiteral("document")).toString();
        if (document.isEmpty())
            break; // the file is damaged, and its count may be anything
        values.tabs.append({document, settings.value(QStringLiteral("offset")).toLongLong(),
                            settings.value(QStringLiteral("zoom")).toDouble()});
    }
    settings.endArray();
    return values;
}

void WindowState::save(const WindowValues& values) {
    m_values = values;
    m_timer.start();
}

void WindowState::write() {
    m_timer.stop();
    QSettings settings(m_file, QSettings::IniFormat);
    settings.clear();
    settings.setValue(QStringLiteral("version"), kVersion);
    settings.setValue(QStringLiteral("geometry"), m_values.geometry);
    settings.setValue(QStringLiteral("docks"), m_values.docks);
    settings.setValue(QStringLiteral("currentTab"), m_values.currentTab);
    settings.setValue(QStringLiteral("draft"), m_values.draft);
    settings.setValue(QStringLiteral("asOf"), m_values.asOf);
    settings.setValue(QStringLiteral("recentFiles"), m_values.recentFiles);
    settings.beginWriteArray(QStringLiteral("tabs"), static_cast<int>(m_values.tabs.size()));
    for (int i = 0; i < m_values.tabs.size(); ++i) {
        settings.setArrayIndex(i);
        settings.setValue(QStringLiteral("document"), m_values.tabs[i].document);
        settings.setValue(QStringLiteral("offset"), m_values.tabs[i].offset);
        settings.setValue(QStringLiteral("zoom"), m_values.tabs[i].zoom);
    }
    settings.endArray();
}

} // namespace ui
