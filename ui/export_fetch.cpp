#include "ui/export_fetch.h"

#include "ui/exchange.h"

namespace ui {

ExportFetch::ExportFetch(EngineClient& client, const engine::ExportRequest& request,
                         QObject* parent)
    : QObject(parent), m_client(client), m_request(client.exportDocument(request)) {
    connect(&client, &EngineClient::arrived, this, &ExportFetch::receive);
    connect(&client, &EngineClient::ended, this, &ExportFetch::end);
}

void ExportFetch::receive(quint64 request, const engine::Event& event) {
    if (request != m_request)
        return;
    if (const auto* exported = std::get_if<engine::Exported>(&event))
        m_content = exported->content;
    else if (const auto* failure = std::get_if<engine::Failed>(&event))
        m_trouble = shownLine(failure->message);
}

void ExportFetch::end(quint64 request) {
    if (request != m_request)
        return;
    deleteLater();
    Q_EMIT finished(m_content, m_trouble);
}

} // namespace ui
