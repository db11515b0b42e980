#include "ui/exchange_model.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace ui {

ExchangeModel::ExchangeModel(QObject* parent) : QAbstractListModel(parent) {}

int ExchangeModel::begin(const QString& question, const QString& asOf) {
    const int number = m_firstNumber + static_cast<int>(m_exchanges.size());
    Exchange exchange;
    exchange.question = question;
    exchange.asOf = asOf;
    exchange.isRunning = true;
    m_exchanges.push_back(std::move(exchange));
    if (!question.isEmpty())
        insert(number, Kind::Question, 0);
    // The place for the gist is kept from the start: it stands above the evidence, which comes
    // first.
    insert(number, Kind::Gist, 0);
    Q_EMIT runningChanged(true);
    return number;
}

void ExchangeModel::addEvidence(int number, const engine::Evidence& evidence) {
    if (Exchange* exchange = find(number)) {
        exchange->evidence.push_back(evidence);
        insert(number, Kind::Evidence, static_cast<int>(exchange->evidence.size()) - 1);
        touch(number, Kind::Gist);
    }
}

void ExchangeModel::appendGist(int number, const QString& text) {
    if (Exchange* exchange = find(number)) {
        exchange->streamed += text;
        touch(number, Kind::Gist);
    }
}

void ExchangeModel::addSentence(int number, const engine::GistSentence& sentence) {
    if (Exchange* exchange = find(number)) {
        exchange->streamed.clear();
        exchange->sentences.push_back(sentence);
        touch(number, Kind::Gist);
        Q_EMIT spoken(tr("%1 Basis: %2.", "sentence of an answer, evidence or memory or model")
                          .arg(shownLine(sentence.utf8), basisWord(sentence.basis)));
    }
}

void ExchangeModel::setRefusal(int number, const QString& sentence) {
    if (Exchange* exchange = find(number)) {
        const bool isNew = exchange->refusal.isEmpty();
        exchange->refusal = sentence;
        exchange->streamed.clear();
        remove(number, Kind::Gist);
        if (isNew)
            insert(number, Kind::Refusal, 0);
        else
            touch(number, Kind::Refusal);
        Q_EMIT spoken(sentence);
    }
}

void ExchangeModel::addCoverage(int number, const engine::Coverage& coverage) {
    if (Exchange* exchange = find(number)) {
        exchange->coverage.push_back(coverage);
        insert(number, Kind::Coverage, static_cast<int>(exchange->coverage.size()) - 1);
    }
}

void ExchangeModel::addNotice(int number, const QString& sentence) {
    if (Exchange* exchange = find(number)) {
        exchange->notices += sentence;
        insert(number, Kind::Notice, static_cast<int>(exchange->notices.size()) - 1);
    }
}

void ExchangeModel::addFailure(int number, const engine::Failed& failure) {
    if (Exchange* exchange = find(number)) {
        exchange->failures.push_back(failure);
        insert(number, Kind::Failure, static_cast<int>(exchange->failures.size()) - 1);
        Q_EMIT spoken(shownLine(failure.message));
    }
}

void ExchangeModel::setDetails(int number,
                               const std::vector<std::pair<QString, QString>>& details) {
    if (Exchange* exchange = find(number)) {
        exchange->details = details;
        if (rowOf(number, Kind::Details) < 0)
            insert(number, Kind::Details, 0);
        else
            touch(number, Kind::Details);
    }
}

void ExchangeModel::finish(int number, bool wasCancelled) {
    Exchange* exchange = find(number);
    if (!exchange || !exchange->isRunning)
        return;
    exchange->isRunning = false;
    exchange->wasCancelled = wasCancelled;
    // A gist that never came leaves no empty row, except where the person stopped it: there the row
    // says so.
    if (exchange->sentences.empty() && exchange->streamed.isEmpty() && !wasCancelled)
        remove(number, Kind::Gist);
    else
        touch(number, Kind::Gist);
    if (wasCancelled)
        Q_EMIT spoken(tr("The answer was stopped."));
    Q_EMIT runningChanged(running() >= 0);
}

void ExchangeModel::setExchanges(std::vector<Exchange> exchanges) {
    const bool wasRunning = running() >= 0;
    beginResetModel();
    m_firstNumber += static_cast<int>(m_exchanges.size());
    m_exchanges.assign(std::make_move_iterator(exchanges.begin()),
                       std::make_move_iterator(exchanges.end()));
    for (Exchange& exchange : m_exchanges)
        exchange.isRunning = false;
    const int count = static_cast<int>(m_exchanges.size());
    m_firstShown = std::max(count - kPage, 0);
    m_rows = rowsOf(m_firstShown, count);
    endResetModel();
    if (wasRunning)
        Q_EMIT runningChanged(false);
}

void ExchangeModel::clear() {
    setExchanges({});
}

void ExchangeModel::showEarlier() {
    if (m_firstShown == 0)
        return;
    beginRemoveRows({}, 0, 0);
    m_rows.erase(m_rows.begin());
    endRemoveRows();
    const int first = std::max(m_firstShown - kPage, 0);
    const std::vector<Entry> earlier = rowsOf(first, m_firstShown);
    beginInsertRows({}, 0, static_cast<int>(earlier.size()) - 1);
    m_rows.insert(m_rows.begin(), earlier.begin(), earlier.end());
    m_firstShown = first;
    endInsertRows();
}

std::vector<ExchangeModel::Entry> ExchangeModel::rowsOf(int first, int end) {
    std::vector<Entry> rows;
    if (first > 0)
        rows.push_back(
            {Kind::Earlier, m_firstNumber + first - 1, 0, m_nextId++, m_nextVersion++, false});
    for (int i = first; i < end; ++i)
        appendRows(rows, m_firstNumber + i, m_exchanges[static_cast<std::size_t>(i)]);
    return rows;
}

void ExchangeModel::appendRows(std::vector<Entry>& rows, int number, const Exchange& exchange) {
    const auto append = [this, &rows, number](Kind kind, std::size_t count) {
        for (std::size_t part = 0; part < count; ++part)
            rows.push_back(
                {kind, number, static_cast<int>(part), m_nextId++, m_nextVersion++, false});
    };
    append(Kind::Question, exchange.question.isEmpty() ? 0 : 1);
    const bool hasGist = !exchange.sentences.empty() || !exchange.streamed.isEmpty();
    append(Kind::Gist, hasGist || exchange.wasCancelled ? 1 : 0);
    append(Kind::Refusal, exchange.refusal.isEmpty() ? 0 : 1);
    append(Kind::Failure, exchange.failures.size());
    append(Kind::Evidence, exchange.evidence.size());
    append(Kind::Coverage, exchange.coverage.size());
    append(Kind::Notice, static_cast<std::size_t>(exchange.notices.size()));
    append(Kind::Details, exchange.details.empty() ? 0 : 1);
}

int ExchangeModel::running() const {
    for (std::size_t i = m_exchanges.size(); i-- > 0;) {
        if (m_exchanges[i].isRunning)
            return m_firstNumber + static_cast<int>(i);
    }
    return -1;
}

const Exchange* ExchangeModel::exchange(int number) const {
    const int i = number - m_firstNumber;
    return i >= 0 && i < static_cast<int>(m_exchanges.size())
               ? &m_exchanges[static_cast<std::size_t>(i)]
               : nullptr;
}

Exchange* ExchangeModel::find(int number) {
    return const_cast<Exchange*>(std::as_const(*this).exchange(number));
}

ExchangeModel::Row ExchangeModel::row(const QModelIndex& index) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Entry& entry = m_rows[static_cast<std::size_t>(index.row())];
    return {entry.kind,    exchange(entry.number), entry.part,      entry.id,
            entry.version, entry.isExpanded,       index.row() == 0};
}

const engine::Evidence* ExchangeModel::evidence(const QModelIndex& index) const {
    const Row found = row(index);
    return found.exchange && found.kind == Kind::Evidence
               ? &found.exchange->evidence[static_cast<std::size_t>(found.part)]
               : nullptr;
}

QModelIndex ExchangeModel::evidenceIndex(int number, int evidenceNumber) const {
    if (const Exchange* found = exchange(number)) {
        for (std::size_t i = 0; i < found->evidence.size(); ++i) {
            if (found->evidence[i].number == evidenceNumber)
                return index(rowOf(number, Kind::Evidence, static_cast<int>(i)));
        }
    }
    return {};
}

QModelIndex ExchangeModel::questionIndex(int number) const {
    const int found = rowOf(number, Kind::Question);
    return found < 0 ? QModelIndex() : index(found);
}

void ExchangeModel::setExpanded(const QModelIndex& index, bool isExpanded) {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return;
    Entry& entry = m_rows[static_cast<std::size_t>(index.row())];
    if (entry.isExpanded == isExpanded)
        return;
    entry.isExpanded = isExpanded;
    entry.version = m_nextVersion++;
    Q_EMIT dataChanged(index, index);
}

int ExchangeModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant ExchangeModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Entry& entry = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return text(entry);
    case KindRole:
        return QVariant::fromValue(entry.kind);
    case ExchangeRole:
        return entry.number;
    case ExpandedRole:
        return entry.isExpanded;
    default:
        return {};
    }
}

QString ExchangeModel::text(const Entry& entry) const {
    const Exchange& of = *exchange(entry.number);
    const auto part = static_cast<std::size_t>(entry.part);
    switch (entry.kind) {
    case Kind::Question:
        return of.asOf.isEmpty() ? tr("Question: %1").arg(of.question)
                                 : tr("Question: %1 As of %2.").arg(of.question, of.asOf);
    case Kind::Gist: {
        if (of.sentences.empty())
            return of.streamed.isEmpty() ? (of.isRunning ? tr("The answer is being prepared.")
                                                         : tr("The answer was stopped."))
                                         : tr("Gist: %1").arg(of.streamed);
        QStringList sentences;
        for (const engine::GistSentence& sentence : of.sentences)
            sentences += tr("%1 Basis: %2.", "sentence of an answer, evidence or memory or model")
                             .arg(shownLine(sentence.utf8), basisWord(sentence.basis));
        return tr("Gist: %1").arg(sentences.join(u' '));
    }
    case Kind::Refusal:
        return of.refusal;
    case Kind::Failure:
        return tr("Failed: %1").arg(shownLine(of.failures[part].message));
    case Kind::Evidence: {
        const engine::Evidence& evidence = of.evidence[part];
        return tr("Evidence %1: %2. Enter opens it.", "number, reference with quote")
            .arg(QString::number(evidence.number), plainQuote(evidence));
    }
    case Kind::Coverage:
        return tr("Coverage: %1").arg(coverageText(of.coverage[part]));
    case Kind::Notice:
        return tr("Notice: %1").arg(of.notices[entry.part]);
    case Kind::Details: {
        QStringList lines;
        for (const auto& [name, value] : of.details)
            lines += tr("%1: %2", "name of a fact, its value").arg(name, value);
        return entry.isExpanded ? tr("Details: %1").arg(lines.join(QStringLiteral("; ")))
                                : tr("Details, collapsed. Space shows them.");
    }
    case Kind::Earlier:
        return tr("There are earlier questions. Enter shows them.");
    }
    return {};
}

int ExchangeModel::rowOf(int number, Kind kind, int part) const {
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [&](const Entry& entry) {
        return entry.number == number && entry.kind == kind && entry.part == part;
    });
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

void ExchangeModel::insert(int number, Kind kind, int part) {
    const auto place = std::find_if(m_rows.begin(), m_rows.end(), [&](const Entry& entry) {
        return std::tuple(entry.number, entry.kind, entry.part) > std::tuple(number, kind, part);
    });
    const int row = static_cast<int>(place - m_rows.begin());
    beginInsertRows({}, row, row);
    m_rows.insert(place, {kind, number, part, m_nextId++, m_nextVersion++, false});
    endInsertRows();
}

void ExchangeModel::remove(int number, Kind kind) {
    const int row = rowOf(number, kind);
    if (row < 0)
        return;
    beginRemoveRows({}, row, row);
    m_rows.erase(m_rows.begin() + row);
    endRemoveRows();
}

void ExchangeModel::touch(int number, Kind kind, int part) {
    const int row = rowOf(number, kind, part);
    if (row < 0)
        return;
    m_rows[static_cast<std::size_t>(row)].version = m_nextVersion++;
    Q_EMIT dataChanged(index(row), index(row));
}

} // namespace ui
