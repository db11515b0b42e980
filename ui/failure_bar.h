#pragma once
/// Why the file of a document does not show its pages, and what may help: its password, or another
/// try. Hidden until there is something to say. GUI thread only.

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;

namespace ui {

class FailureBar : public QWidget {
    Q_OBJECT

public:
    explicit FailureBar(QWidget* parent = nullptr);

    /// What a person has begun to type stays.
    void setFailure(const QString& sentence, bool needsPassword);

Q_SIGNALS:
    void tryAgainWanted();
    /// In place of tryAgainWanted() where a password is needed; never empty.
    void passwordGiven(const QString& password);

private:
    void act();

    QLabel* m_sentence;
    QLineEdit* m_password;
    QPushButton* m_action;
};

} // namespace ui
