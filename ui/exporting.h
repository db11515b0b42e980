#pragma once
/// Writes what leaves a document into a file of the person's choice: aside first, then renamed, so
/// that a failure leaves what was there. GUI thread only.

#include <QObject>

#include "ui/engine_client.h"

namespace ui {

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
    /// The reason why nothing was written; empty: it was.
    [[nodiscard]] QString write(const engine::DocumentId& id, const ExportChoice& choice);

    EngineClient& m_client;
    MessageBar& m_messages;
    QWidget* m_window;
};

} // namespace ui
