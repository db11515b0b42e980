#pragma once
/// The main window. Starts without an engine, so that it is on the screen before a library is
/// opened.

#include <QMainWindow>

class QLabel;

namespace ui {

class EngineClient;

class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(QWidget* parent = nullptr);

    /// From here on dropped files are read. The client outlives the window's use of it.
    void setClient(EngineClient& client);
    /// The model that answers; an empty path: none was found.
    void setModel(const QString& path);
    /// A sentence in the middle of the window.
    void showTrouble(const QString& sentence);
    void read(const QStringList& paths);

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    EngineClient* m_client = nullptr;
    QLabel* m_hint;
    QLabel* m_model;
    QLabel* m_work;
};

} // namespace ui
