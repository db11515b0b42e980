#pragma once
/// Writes what leaves a document into a file of the person's choice: aside first, then renamed, so
/// that a failure leaves what was there. GUI thread only.

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

    /// Opens the dialog.
    void start(const engine::DocumentInfo& document,
               engine::ExportRequest::What what = engine::ExportRequest::What::All);

private:
    /// An export that the engine puts together.
    struct Running {
        QPointer<ExportDialog> dialog; ///< closed before the end: nothing is written
        ExportChoice choice;
        QString trouble; ///< why nothing was written
        bool isWritten = false;
    };

    void begin(ExportDialog& dialog, const engine::DocumentId& id);
    void receive(quint64 request, const engine::Event& event);
    void end(quint64 request);

    EngineClient& m_client;
    MessageBar& m_messages;
    QWidget* m_window;
    std::map<EngineClient::Request, Running> m_running;
};

} // namespace ui
