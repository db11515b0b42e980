#pragma once
/// One export on its way from the engine. GUI thread only.

#include <QObject>

#include <optional>
#include <string>

#include "ui/engine_client.h"

namespace ui {

class ExportFetch : public QObject {
    Q_OBJECT

public:
    /// Asks the engine at once.
    ExportFetch(EngineClient& client, const engine::ExportRequest& request, QObject* parent);

    /// `finished` follows, with neither unless the content came first.
    void stop() { m_client.cancel(m_request); }

Q_SIGNALS:
    /// The only signal: the content, or the engine's sentence, or neither when it was stopped. The
    /// object deletes itself afterwards.
    void finished(const std::optional<std::string>& content, const QString& trouble);

private:
    void receive(quint64 request, const engine::Event& event);
    void end(quint64 request);

    EngineClient& m_client;
    EngineClient::Request m_request;
    std::optional<std::string> m_content;
    QString m_trouble;
};

} // namespace ui
