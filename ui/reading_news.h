#pragma once
/// Says on the desktop that a long reading ended or failed, while the window is not in front. The
/// document's name is told only where the settings allow it. GUI thread only.

#include <QObject>

#include "ui/notifier.h"

namespace ui {

class ReadingNews : public QObject {
    Q_OBJECT

public:
    /// A reading that took longer is worth a sign.
    static constexpr qint64 kLongMs = 60'000;

    explicit ReadingNews(QWidget* window);

    void setHasTitles(bool hasTitles) { m_hasTitles = hasTitles; }
    /// `name`: title or file name; `path` comes back with showRequested.
    void tellEnded(const QString& path, const QString& name, qint64 ms);
    void tellFailed(const QString& path, const QString& name, qint64 ms);

Q_SIGNALS:
    void showRequested(const QString& path);

private:
    [[nodiscard]] bool isWorthIt(qint64 ms) const;

    QWidget* m_window;
    Notifier m_notifier;
    bool m_hasTitles = false;
};

} // namespace ui
