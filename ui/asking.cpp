#include "ui/asking.h"

#include <QLocale>

#include <algorithm>

#include "ui/ask_view.h"
#include "ui/library_model.h"

namespace ui {
namespace {

QString seconds(qint64 ms) {
    return Asking::tr("%1 s").arg(QLocale().toString(static_cast<double>(ms) / 1000, 'f', 1));
}

} // namespace

Exchange exchangeOf(const engine::AnswerRecord& record) {
    Exchange exchange;
    exchange.question = QString::fromStdString(record.question);
    exchange.asOf = QString::fromStdString(record.asOf);
    exchange.sentences = record.gist;
    exchange.evidence = record.evidence;
    if (record.refusal)
        exchange.refusal = QString::fromStdString(record.refusal->utf8);
    if (!record.coverage.empty())
        exchange.notices.append(QString::fromStdString(record.coverage));
    exchange.details.emplace_back(Asking::tr("Asked"), QString::fromStdString(record.askedAt));
    if (!record.model.empty())
        exchange.details.emplace_back(Asking::tr("Model"),
                                      QString::fromStdString(record.model.substr(0, 8)));
    return exchange;
}

Asking::Asking(EngineClient& client, AskView& view, QObject* parent)
    : QObject(parent), m_client(client), m_view(view) {
    connect(&client, &EngineClient::arrived, this, &Asking::receive);
    connect(&client, &EngineClient::ended, this, &Asking::end);
    connect(&view, &AskView::asked, this, &Asking::ask);
    connect(&view, &AskView::stopRequested, this, &Asking::stop);
}

/// Empty without documents.
std::string Asking::conversation() const {
    if (m_scope.empty())
        return {};
    return m_scope.size() == 1 ? "document " + m_scope.front().id.sha256.substr(0, 16) : "library";
}

void Asking::setScope(std::vector<engine::DocumentInfo> documents) {
    const auto isSame = [](const engine::DocumentInfo& a, const engine::DocumentInfo& b) {
        return a.id == b.id;
    };
    const bool isKnown = std::ranges::equal(documents, m_scope, isSame);
    m_scope = std::move(documents);
    QStringList titles;
    for (const engine::DocumentInfo& document : m_scope)
        titles.append(titleOf(document));
    m_view.setScope(titles);
    if (m_scope.size() == 1) {
        const engine::Coverage& coverage = m_scope.front().coverage;
        m_view.setReadSoFar(coverage.read, coverage.total, coverage.isLocation);
    } else {
        m_view.setReadSoFar(0, 0);
    }
    // An answer that is being written stays in view until it is complete.
    if (!isKnown && m_request == 0)
        showKept();
}

void Asking::takeOut(const std::vector<engine::DocumentId>& ids) {
    std::vector<engine::DocumentInfo> left = m_scope;
    std::erase_if(left, [&](const engine::DocumentInfo& document) {
        return std::ranges::find(ids, document.id) != ids.end();
    });
    if (left.size() < m_scope.size())
        setScope(std::move(left));
}

void Asking::showKept() {
    m_shown = conversation();
    std::vector<Exchange> exchanges;
    if (!m_shown.empty()) {
        for (const engine::AnswerRecord& record : m_client.engine().answers(m_shown))
            exchanges.push_back(exchangeOf(record));
    }
    m_view.exchanges().setExchanges(std::move(exchanges));
}

void Asking::ask(const QString& question, const QString& asOf) {
    if (m_request != 0 || m_scope.empty())
        return;
    engine::AskRequest request;
    for (const engine::DocumentInfo& document : m_scope)
        request.documents.push_back(document.id);
    request.question = question.toStdString();
    if (!asOf.isEmpty() && m_scope.size() == 1)
        request.asOf = engine::PageSpec{asOf.toStdString()};
    request.evidenceCount = m_settings.evidenceCount;
    request.strict = m_settings.isStrict;
    request.maxTokens = m_settings.maxTokens;
    if (m_settings.hasSeed)
        request.seed = m_settings.seed;
    if (m_settings.keepHistory)
        request.conversation = conversation();
    m_exchange = m_view.begin(question);
    m_clock.start();
    m_firstEvidenceMs = m_firstGistMs = -1;
    m_request = m_client.ask(request);
}

void Asking::stop() {
    m_client.cancel(m_request);
}

void Asking::forgetAll() {
    if (m_forgetting != 0)
        return;
    stop();
    m_forgetFailure.reset();
    m_forgetting = m_client.forgetAnswers();
}

void Asking::endForgetting() {
    m_forgetting = 0;
    if (m_forgetFailure) {
        Q_EMIT forgettingFailed(shownLine(m_forgetFailure->message));
        return;
    }
    showKept();
    Q_EMIT forgotten();
}

void Asking::receive(quint64 request, const engine::Event& event) {
    if (const auto* failure = std::get_if<engine::Failed>(&event);
        failure != nullptr && request == m_forgetting)
        m_forgetFailure = *failure;
    if (request != m_request || m_request == 0)
        return;
    ExchangeModel& model = m_view.exchanges();
    if (const auto* evidence = std::get_if<engine::Evidence>(&event)) {
        if (m_firstEvidenceMs < 0)
            m_firstEvidenceMs = m_clock.elapsed();
        model.addEvidence(m_exchange, *evidence);
    } else if (const auto* gist = std::get_if<engine::Gist>(&event)) {
        if (m_firstGistMs < 0)
            m_firstGistMs = m_clock.elapsed();
        model.appendGist(m_exchange, QString::fromStdString(gist->utf8));
    } else if (const auto* sentence = std::get_if<engine::GistSentence>(&event)) {
        model.addSentence(m_exchange, *sentence);
    } else if (const auto* refusal = std::get_if<engine::Refusal>(&event)) {
        model.setRefusal(m_exchange, QString::fromStdString(refusal->utf8));
    } else if (const auto* coverage = std::get_if<engine::Coverage>(&event)) {
        model.addCoverage(m_exchange, *coverage);
    } else if (const auto* notice = std::get_if<engine::Notice>(&event)) {
        model.addNotice(m_exchange, QString::fromStdString(notice->utf8));
    } else if (const auto* failure = std::get_if<engine::Failed>(&event)) {
        model.addFailure(m_exchange, *failure);
        if (failure->code == engine::Code::NoModel || failure->code == engine::Code::BadWeights)
            m_view.setModelTrouble(shownLine(failure->message));
    }
}

void Asking::end(quint64 request, bool wasCancelled) {
    if (m_forgetting != 0 && request == m_forgetting)
        return endForgetting();
    if (request != m_request || m_request == 0)
        return;
    m_request = 0;
    std::vector<std::pair<QString, QString>> details;
    if (m_firstEvidenceMs >= 0)
        details.emplace_back(tr("Evidence after"), seconds(m_firstEvidenceMs));
    if (m_firstGistMs >= 0)
        details.emplace_back(tr("Gist after"), seconds(m_firstGistMs));
    details.emplace_back(tr("In all"), seconds(m_clock.elapsed()));
    details.emplace_back(tr("Seed"), m_settings.hasSeed
                                         ? QString::number(m_settings.seed)
                                         : tr("none: always the most probable word"));
    m_view.exchanges().setDetails(m_exchange, details);
    m_view.exchanges().finish(m_exchange, wasCancelled);
    if (!wasCancelled)
        Q_EMIT answered();
    if (m_shown != conversation())
        showKept();
}

} // namespace ui
