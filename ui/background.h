#pragma once
/// A piece of work that takes too long for the window: runs on a thread of its own, says how far it
/// is, and can be stopped. The object itself belongs to the GUI thread, as do its signals.

#include <QObject>

#include <atomic>
#include <functional>
#include <memory>

#include "ui/pdf.h"

class QThread;

namespace ui {

class Background : public QObject {
    Q_OBJECT

public:
    /// Does the work on the other thread and returns why it failed, a sentence, or nothing. Its
    /// sign is false once the work is not wanted any more. An engine::Error becomes its sentence.
    using Work = std::function<QString(const PageSign& sign)>;

    explicit Background(QObject* parent = nullptr);
    /// Stops the work and waits for its end.
    ~Background() override;

    /// Once per object.
    void start(Work work);
    /// Asks the work to end at its next sign; `finished` follows.
    void stop() { m_isStopped = true; }

Q_SIGNALS:
    void progressed(int done, int total);
    /// The last signal. A stop that came too late stopped nothing.
    void finished(const QString& trouble, bool wasStopped);

private:
    std::atomic<bool> m_isStopped = false;
    std::atomic<bool> m_isTelling = false; ///< a sign of progress has not arrived yet
    std::unique_ptr<QThread> m_thread;
};

} // namespace ui
