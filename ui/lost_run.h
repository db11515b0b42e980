#pragma once
/// Tells a person that the program did not end by itself the last time: a sentence in the bar of
/// messages, and the report, if one was written, to look at, copy or delete. Nothing is sent.

#include <QObject>

class QWidget;

namespace ui {

class MessageBar;

class LostRun : public QObject {
    Q_OBJECT

public:
    enum class Doing { Nothing, Reading, Writing };

    /// `window` owns it and the dialog.
    LostRun(MessageBar& messages, QWidget* window);

    /// `report`: its file; empty: none was written.
    void tell(Doing doing, const QString& report);

private:
    void show(const QString& report);

    QWidget* m_window;
    MessageBar& m_messages;
    QString m_report;
    int m_message = 0;
};

} // namespace ui
