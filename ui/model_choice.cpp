#include "ui/model_choice.h"

#include <QFile>

#include "ui/exchange.h"

namespace ui {

ModelChoice::ModelChoice(EngineClient& client, QObject* parent)
    : QObject(parent), m_client(client) {
    connect(&client, &EngineClient::arrived, this, &ModelChoice::receive);
}

void ModelChoice::choose(const QString& modelPath, const QString& adapterPath) {
    m_client.cancel(m_request);
    m_modelPath = modelPath;
    m_adapterPath = adapterPath;
    engine::ModelRequest request;
    request.modelPath = QFile::encodeName(modelPath).toStdString();
    request.adapterPath = QFile::encodeName(adapterPath).toStdString();
    m_request = m_client.useModel(request);
}

void ModelChoice::receive(quint64 request, const engine::Event& event) {
    if (request != m_request)
        return;
    if (const auto* info = std::get_if<engine::ModelInfo>(&event))
        Q_EMIT chosen(m_modelPath, m_adapterPath, *info);
    else if (const auto* failure = std::get_if<engine::Failed>(&event))
        Q_EMIT failed(shownLine(failure->message));
}

} // namespace ui
