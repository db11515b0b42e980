#include "ui/reading_news.h"

#include <QApplication>
#include <QWidget>

namespace ui {

ReadingNews::ReadingNews(QWidget* window) : QObject(window), m_window(window) {
    connect(&m_notifier, &Notifier::showRequested, this, &ReadingNews::showRequested);
}

bool ReadingNews::isWorthIt(qint64 ms) const {
    return ms > kLongMs && !m_window->isActiveWindow();
}

void ReadingNews::tellEnded(const QString& path, const QString& name, qint64 ms) {
    if (!isWorthIt(ms))
        return;
    QApplication::alert(m_window);
    m_notifier.notify(
        tr("Reading has ended"),
        m_hasTitles ? tr("“%1” has been read.").arg(name) : tr("A document has been read."), path);
}

void ReadingNews::tellFailed(const QString& path, const QString& name, qint64 ms) {
    if (!isWorthIt(ms))
        return;
    QApplication::alert(m_window);
    m_notifier.notify(tr("Reading has failed"),
                      m_hasTitles ? tr("“%1” could not be read to its end.").arg(name)
                                  : tr("A document could not be read to its end."),
                      path);
}

} // namespace ui
