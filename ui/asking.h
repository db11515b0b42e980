#pragma once
/// From the ask view to the engine and back: sends questions, fills the conversation with what
/// comes, and brings back what was asked before. GUI thread only.

#include <QElapsedTimer>
#include <QObject>

#include <optional>
#include <vector>

#include "ui/engine_client.h"
#include "ui/settings.h"

namespace ui {

class AskView;
struct Exchange;

/// A kept answer as the conversation shows it.
Exchange exchangeOf(const engine::AnswerRecord& record);

class Asking : public QObject {
    Q_OBJECT

public:
    Asking(EngineClient& client, AskView& view, QObject* parent = nullptr);

    void setSettings(const Settings& settings) { m_settings = settings; }
    /// The documents that the next question is about; shows the conversation kept about them.
    void setScope(std::vector<engine::DocumentInfo> documents);
    /// The next question is not about these any more.
    void takeOut(const std::vector<engine::DocumentId>& ids);
    [[nodiscard]] const std::vector<engine::DocumentInfo>& scope() const { return m_scope; }
    void ask(const QString& question, const QString& asOf);
    void stop();
    /// Deletes every conversation for good, the one that is being written too.
    void forgetAll();

Q_SIGNALS:
    void forgotten();
    void forgettingFailed(const QString& sentence);
    /// An answer is complete: its evidence is verified and its sentences have their basis.
    void answered();

private:
    void receive(quint64 request, const engine::Event& event);
    void end(quint64 request, bool wasCancelled);
    void endForgetting();
    [[nodiscard]] std::string conversation() const;
    void showKept();

    EngineClient& m_client;
    AskView& m_view;
    Settings m_settings;
    std::vector<engine::DocumentInfo> m_scope;
    EngineClient::Request m_request = 0;
    int m_exchange = -1;
    EngineClient::Request m_forgetting = 0;
    std::optional<engine::Failed> m_forgetFailure;
    std::string m_shown; ///< the conversation that the view shows; empty: none
    QElapsedTimer m_clock;
    qint64 m_firstEvidenceMs = -1, m_firstGistMs = -1;
};

} // namespace ui
