#pragma once
/// What a person finds again after a restart: documents on the table and the place in each, docks,
/// the question being written. Written shortly after a change and not only at the end, because a
/// killed program writes nothing; and on a thread of its own, because a disk with other things to
/// do takes seconds for it.

#include <QByteArray>
#include <QList>
#include <QObject>
#include <QRect>
#include <QString>
#include <QThreadPool>
#include <QTimer>

#include <functional>

namespace ui {

struct TabState {
    QString document; ///< SHA-256, hex
    qint64 offset = 0;
    double zoom = 0; ///< 0: as wide as the view
};

struct WindowValues {
    /// The bound goes along with the person from page to page.
    static constexpr QLatin1String kFollow{"here"};

    QByteArray geometry, docks;
    QList<TabState> tabs;
    int currentTab = 0;
    QString draft; ///< of a question
    /// PageSpec, or kFollow; empty: the whole book. Of the document in front.
    QString asOf;
};

class WindowState : public QObject {
    Q_OBJECT

public:
    /// `file` is an ini file; its folder exists. `collect` is called whenever it is written.
    WindowState(const QString& file, std::function<WindowValues()> collect,
                QObject* parent = nullptr);
    /// Waits for what is being written.
    ~WindowState() override;

    /// Defaults when there is no file or it was written by a later version.
    [[nodiscard]] WindowValues load() const;
    /// Something changed: collects and writes 500 ms later, once for all calls until then.
    void change();
    /// Does at once what a change would do later, if there was one, and waits until it is written.
    void flush();

    static constexpr int kVersion = 1;

private:
    void write();
    static void store(const WindowValues& values, const QString& file);

    QString m_file;
    std::function<WindowValues()> m_collect;
    QTimer m_timer;
    QThreadPool m_writer; ///< one thread, so that the file has what came last
};

} // namespace ui
