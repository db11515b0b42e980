#include "ui/background.h"

#include <QMetaObject>
#include <QThread>

#include <utility>

#include "engine/error.h"
#include "ui/exchange.h"

namespace ui {

Background::Background(QObject* parent) : QObject(parent) {}

Background::~Background() {
    stop();
    if (m_thread)
        m_thread->wait();
}

void Background::start(Work work) {
    // A QThread, for the timers that a QTextDocument starts.
    m_thread.reset(QThread::create([this, work = std::move(work)] {
        bool wasStopped = false;
        const PageSign sign = [this, &wasStopped](int done, int total) {
            wasStopped = m_isStopped;
            // One at a time, so that a fast worker cannot flood the window.
            if (!wasStopped && !m_isTelling.exchange(true))
                QMetaObject::invokeMethod(this, [this, done, total] {
                    m_isTelling = false;
                    Q_EMIT progressed(done, total);
                });
            return !wasStopped;
        };
        QString trouble;
        try {
            trouble = work(sign);
        } catch (const engine::Error& error) {
            trouble = shownLine(error.what());
        }
        QMetaObject::invokeMethod(
            this, [this, trouble, wasStopped] { Q_EMIT finished(trouble, wasStopped); },
            Qt::QueuedConnection);
    }));
    m_thread->start();
}

} // namespace ui
