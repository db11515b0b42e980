#pragma once
/// Why the file of a document does not show its pages, and what may help: its password, another
/// try, or reading it again. Hidden until there is something to say. GUI thread only.

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;

namespace ui {

class FailureBar : public QWidget {
    Q_OBJECT

public:
    /// What may help.
    enum class Way { TryAgain, Password, ReadAgain };

    explicit FailureBar(QWidget* parent = nullptr);

    /// What a person has begun to type stays.
    void setFailure(const QString& sentence, Way way);
    /// Puts the keyboard into the password field.
    void editPassword();

Q_SIGNALS:
    void tryAgainWanted();
    /// Never empty.
    void passwordGiven(const QString& password);
    void readAgainWanted();

private:
    void act();

    Way m_way = Way::TryAgain;
    QLabel* m_sentence;
    QLineEdit* m_password;
    QPushButton* m_action;
};

} // namespace ui
