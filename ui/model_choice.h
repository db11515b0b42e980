#pragma once
/// Another model or adapter: has the engine load it, and says what became of it. GUI thread only.

#include <QObject>

#include "ui/engine_client.h"

namespace ui {

class ModelChoice : public QObject {
    Q_OBJECT

public:
    explicit ModelChoice(EngineClient& client, QObject* parent = nullptr);

    /// The newest choice counts; what became of those before is not told.
    void choose(const QString& modelPath, const QString& adapterPath);

Q_SIGNALS:
    /// It is loaded and in use.
    void chosen(const QString& modelPath, const QString& adapterPath,
                const engine::ModelInfo& info);
    /// Everything is as before.
    void failed(const QString& sentence);

private:
    void receive(quint64 request, const engine::Event& event);

    EngineClient& m_client;
    EngineClient::Request m_request = 0;
    QString m_modelPath, m_adapterPath;
};

} // namespace ui
