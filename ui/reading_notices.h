#pragma once
/// What the engine has to say about files while it reads them: what was left out, what came back
/// from the Trash. However many there are, they are one message, which stays until somebody closes
/// it, with a list behind it. GUI thread only.

#include <QHash>
#include <QObject>
#include <QStringList>
#include <QTimer>

namespace ui {

class MessageBar;

class ReadingNotices : public QObject {
    Q_OBJECT

public:
    /// `window`: parent of the list.
    ReadingNotices(MessageBar& messages, QWidget* window);

    /// `path`: the file that is read. What was said of another file in the same words is about
    /// reading as a whole and is not said again.
    void add(const QString& path, const QString& sentence);

private:
    void post();
    void showAll();

    MessageBar& m_messages;
    QWidget* m_window;
    QHash<QString, QString> m_firstFile; ///< path by sentence
    QStringList m_unseen;
    int m_posted = 0;  ///< so many of them, the first, are in the message
    QTimer m_together; ///< several that come at once are one message
    int m_message = 0;
};

} // namespace ui
