#pragma once
/// One bar for everything that the window has to say in passing: an undo, a refusal, a failure. One
/// sentence, one action, one message at a time; the others wait their turn.

#include <QFrame>

#include <deque>

class QLabel;
class QPushButton;
class QTimer;
class QToolButton;

namespace ui {

class MessageBar : public QFrame {
    Q_OBJECT

public:
    enum class Kind { Info, Failure };
    static constexpr int kUndoMs = 10'000;

    explicit MessageBar(QWidget* parent = nullptr);

    /// Shows `sentence`, or queues it. `action` is the text of the button; empty: none. The message
    /// goes after `timeoutMs`, counted while it is on the screen and neither pointed at nor
    /// focused; 0: it stays until it is closed. Returns a number that the signals carry.
    int post(Kind kind, const QString& sentence, const QString& action = QString(),
             int timeoutMs = 0);
    /// Takes a message away, shown or waiting, without a signal.
    void withdraw(int message);
    [[nodiscard]] bool isEmpty() const { return m_queue.empty(); }

Q_SIGNALS:
    /// The button was pressed; the message is gone.
    void actionTriggered(int message);
    /// It was closed or its time is over.
    void dismissed(int message);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    struct Message {
        int number;
        Kind kind;
        QString sentence;
        QString action;
        int timeoutMs;
    };

    void showFirst();
    void dropFirst();
    void dismissFirst();
    void startTimer();

    QLabel* m_sentence;
    QLabel* m_waiting;
    QPushButton* m_action;
    QToolButton* m_close;
    QTimer* m_timer;
    std::deque<Message> m_queue; ///< the first one is shown
    int m_next = 1;
};

} // namespace ui
