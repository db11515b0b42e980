#pragma once
/// Writes what leaves a document into a file of the person's choice: aside first, then renamed, so
/// that a failure leaves what was there. Made and laid out beside the window; its dialog stays open
/// until the file is there, and cancels it. GUI thread only.

#include <QObject>

#include "ui/engine_client.h"

namespace ui {

class ExportDialog;
class MessageBar;
struct ExportChoice;

class Exporting : public QObject {
    Q_OBJECT

public:
    Exporting(EngineClient& client, MessageBar& messages, QWidget* window);

    /// Opens the dialog.
    void start(const engine::DocumentInfo& document,
               engine::ExportRequest::What what = engine::ExportRequest::What::All);

private:
    void write(const engine::DocumentId& id, const ExportChoice& choice, ExportDialog* dialog);

    EngineClient& m_client;
    MessageBar& m_messages;
    QWidget* m_window;
};

} // namespace ui
