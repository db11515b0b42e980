#pragma once
/// The reading queue: what is being read, what waits, what failed and why. Given plain data by
/// setters; says by signals what the person wants. It changes no order and stops nothing itself.

#include <QWidget>

#include "engine/engine.h"

class QLabel;
class QListView;
class QPushButton;
class QTimer;

namespace ui {

class QueueModel;
class QueueRow;
class ThinBar;

class QueueView : public QWidget {
    Q_OBJECT

public:
    explicit QueueView(QWidget* parent = nullptr);

    /// `key` names the file in every other call and signal: its path, for example.
    void addFile(const QString& key, const QString& title);
    void setProgress(const QString& key, const engine::Progress& progress);
    void setPaused(const QString& key, bool isPaused);
    /// The whole queue; its files cannot be paused or resumed singly meanwhile.
    void setAllPaused(bool isPaused);
    /// `action` is the text of a button that may help ("Enter the password…"); empty: none.
    void setFailed(const QString& key, const QString& sentence, const QString& action = {});
    /// The file is read and leaves the list.
    void setDone(const QString& key);
    /// The file leaves the list unread.
    void removeFile(const QString& key);
    void moveFile(const QString& key, int row);
    [[nodiscard]] bool isEmpty() const;

Q_SIGNALS:
    /// There is something to show, or no longer; the dock is hidden when it is empty.
    void emptyChanged(bool isEmpty);
    void pauseRequested(const QString& key, bool pause);
    /// `pause` is false when everything is to go on, files that were paused singly too.
    void pauseAllRequested(bool pause);
    /// Where in the queue the file should go, from 0.
    void moveRequested(const QString& key, int row);
    void cancelRequested(const QString& key);
    /// The button of a failure.
    void actionRequested(const QString& key);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void updateRows();
    void updateRow(int row);
    void updateOverall();
    void countChanged();
    QueueRow* makeRow(const QString& key);
    void move(const QString& key, int by);
    void togglePause(const QString& key);
    bool keyPressed(int key, Qt::KeyboardModifiers modifiers);

    QueueModel* m_model;
    QListView* m_list;
    QLabel* m_overall;
    ThinBar* m_bar;
    QPushButton* m_pauseAll;
    QTimer* m_later;
    bool m_wasEmpty = true;
};

} // namespace ui
