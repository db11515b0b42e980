#pragma once
/// Writes what leaves a document into a file of the person's choice: aside first, then renamed, so
/// that a failure leaves what was there. Made and laid out beside the window; its dialog stays open
/// until the file is there, and cancels it. GUI thread only.

#include <QObject>
#include <QPointer>

#include <map>

#include "ui/engine_client.h"
#include "ui/export_dialog.h"

namespace ui {

class MessageBar;

class Exporting : public QObject {
    Q_OBJECT

public:
    Exporting(EngineClient& client, MessageBar& messages, QWidget* window);

    /// Asks for format and file; the dialog stays open until the file is written.
    void start(const engine::DocumentInfo& document,
               engine::ExportRequest::What what = engine::ExportRequest::What::All);

private:
    /// An export that the engine puts together.
    struct Running {
        QPointer<ExportDialog> dialog; ///< closed before the end: nothing is written
        ExportChoice choice;
        std::optional<std::string> content;
        QString trouble; ///< the engine's, why there is no content
    };

    void begin(ExportDialog& dialog, const engine::DocumentId& id);
    void receive(quint64 request, const engine::Event& event);
    void end(quint64 request);
    void write(ExportDialog& dialog, const ExportChoice& choice, std::string content);
    void close(ExportDialog& dialog, const QString& path, const QString& trouble);

    EngineClient& m_client;
    MessageBar& m_messages;
    QWidget* m_window;
    std::map<EngineClient::Request, Running> m_running;
};

} // namespace ui
