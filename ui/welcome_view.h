#pragma once
/// What stands in the middle while no document is open: where to drop files, and two ways to begin.

#include <QWidget>

class QLabel;
class QPushButton;

namespace ui {

class WelcomeView : public QWidget {
    Q_OBJECT

public:
    explicit WelcomeView(QWidget* parent = nullptr);

    /// A library that has documents needs no introduction.
    void setHasDocuments(bool hasDocuments);
    /// A sentence instead of the hint: the library cannot be opened, for example.
    void setTrouble(const QString& sentence);
    void setHasSampleBook(bool hasSampleBook);
    /// Files hang over the window.
    void setDropping(bool isDropping);

Q_SIGNALS:
    void addFilesRequested();
    void sampleBookRequested();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void refresh();

    QLabel* m_title;
    QLabel* m_hint;
    QPushButton* m_add;
    QPushButton* m_sample;
    QString m_trouble;
    bool m_hasDocuments = false;
    bool m_hasSampleBook = false;
    bool m_isDropping = false;
};

} // namespace ui
