#pragma once
/// What a person finds again after a restart: documents on the table and the place in each, docks,
/// the question being written. Written shortly after a change and not only at the end, because a
/// killed program writes nothing.

#include <QByteArray>
#include <QList>
#include <QObject>
#include <QRect>
#include <QString>
#include <QTimer>

namespace ui {

struct TabState {
    QString document; ///< SHA-256, hex
    qint64 offset = 0;
    double zoom = 0; ///< 0: as wide as the view
};

struct WindowValues {
    QByteArray geometry, docks;
    QList<TabState> tabs;
    int currentTab = 0;
    QString draft; ///< of a question
    QString asOf;  ///< PageSpec; empty: the whole book
    QStringList recentFiles;
};

class WindowState : public QObject {
    Q_OBJECT

public:
    /// `file` is an ini file; its folder exists.
    explicit WindowState(const QString& file, QObject* parent = nullptr);
    /// Writes what waits.
    ~WindowState() override;

    /// Defaults when there is no file or it was written by a later version.
    [[nodiscard]] WindowValues load() const;
    /// Writes 500 ms after the last call.
    void save(const WindowValues& values);

    static constexpr int kVersion = 1;

private:
    void write();

    QString m_file;
    QTimer m_timer;
    WindowValues m_values;
};

} // namespace ui
