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

    /// Asks for format and file; the dialog stays open until the file is written.
    void start(const engine::DocumentInfo& document,
               engine::ExportRequest::What what = engine::ExportRequest::What::All);

private:
    void begin(ExportDialog& dialog, const engine::DocumentId& id);
    void write(ExportDialog& dialog, const ExportChoice& choice, const std::string& content);
    void close(ExportDialog& dialog, const QString& path, const QString& trouble);

    EngineClient& m_client;
    MessageBar& m_messages;
    QWidget* m_window;
};

} // namespace ui
