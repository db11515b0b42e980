#include "ui/window_state.h"

#include <QSettings>

namespace ui {

WindowState::WindowState(const QString& file, std::function<WindowValues()> collect,
                         QObject* parent)
    : QObject(parent), m_file(file), m_collect(std::move(collect)) {
    m_timer.setSingleShot(true);
    m_timer.setInterval(500);
    connect(&m_timer, &QTimer::timeout, this, &WindowState::write);
    m_writer.setMaxThreadCount(1);
}

WindowState::~WindowState() {
    m_writer.waitForDone();
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

void WindowState::change() {
    if (!m_timer.isActive())
        m_timer.start();
}

void WindowState::flush() {
    if (m_timer.isActive())
        write();
    m_writer.waitForDone();
}

void WindowState::write() {
    m_timer.stop();
    m_writer.start([file = m_file, values = m_collect()] { store(values, file); });
}

void WindowState::store(const WindowValues& values, const QString& file) {
    QSettings settings(file, QSettings::IniFormat);
    settings.clear();
    settings.setValue(QStringLiteral("version"), kVersion);
    settings.setValue(QStringLiteral("geometry"), values.geometry);
    settings.setValue(QStringLiteral("docks"), values.docks);
    settings.setValue(QStringLiteral("currentTab"), values.currentTab);
    settings.setValue(QStringLiteral("draft"), values.draft);
    settings.setValue(QStringLiteral("asOf"), values.asOf);
    settings.beginWriteArray(QStringLiteral("tabs"), static_cast<int>(values.tabs.size()));
    for (int i = 0; i < values.tabs.size(); ++i) {
        settings.setArrayIndex(i);
        settings.setValue(QStringLiteral("document"), values.tabs[i].document);
        settings.setValue(QStringLiteral("offset"), values.tabs[i].offset);
        settings.setValue(QStringLiteral("zoom"), values.tabs[i].zoom);
    }
    settings.endArray();
}

} // namespace ui
