#include "ui/queue_model.h"

#include <QLocale>

#include <algorithm>
#include <climits>
#include <cmath>

namespace ui {
namespace {

enum class Unit { Bytes, Pages, Locations, Passages, Tokens };

Unit unitOf(const engine::Progress& progress) {
    if (progress.unit == "bytes")
        return Unit::Bytes;
    if (progress.unit == "locations")
        return Unit::Locations;
    if (progress.unit == "passages")
        return Unit::Passages;
    return progress.unit == "tokens" ? Unit::Tokens : Unit::Pages;
}

/// "212 of 614 pages".
QString amountWords(const engine::Progress& progress) {
    const QLocale locale;
    const QString done = locale.toString(qlonglong(progress.done));
    const auto total = static_cast<int>(std::min<std::int64_t>(progress.total, INT_MAX));
    switch (unitOf(progress)) {
    case Unit::Bytes:
        return QueueModel::tr("%1 of %2")
            .arg(locale.formattedDataSize(progress.done), locale.formattedDataSize(progress.total));
    case Unit::Locations:
        return QueueModel::tr("%1 of %Ln location(s)", nullptr, total).arg(done);
    case Unit::Passages:
        return QueueModel::tr("%1 of %Ln passage(s)", nullptr, total).arg(done);
    case Unit::Tokens:
        return QueueModel::tr("%1 of %Ln token(s)", nullptr, total).arg(done);
    case Unit::Pages:
        break;
    }
    return QueueModel::tr("%1 of %Ln page(s)", nullptr, total).arg(done);
}

/// Two digits are all that a rate is good for.
QString rate(double perSecond) {
    return QLocale().toString(perSecond, 'f', perSecond < 9.95 ? 1 : 0);
}

} // namespace

QString stageWords(const engine::Progress& progress) {
    using engine::Stage;
    const bool isCounted = progress.total > 0;
    const QString amount = amountWords(progress);
    switch (progress.stage) {
    case Stage::Hash:
        return isCounted ? QueueModel::tr("Checking the file: %1").arg(amount)
                         : QueueModel::tr("Checking the file");
    case Stage::Text:
        return isCounted ? QueueModel::tr("Taking out the text: %1").arg(amount)
                         : QueueModel::tr("Taking out the text");
    case Stage::Index:
        return isCounted ? QueueModel::tr("Indexing: %1").arg(amount) : QueueModel::tr("Indexing");
    case Stage::Read:
        return isCounted ? QueueModel::tr("Reading: %1").arg(amount) : QueueModel::tr("Reading");
    case Stage::Search:
    case Stage::Rank:
    case Stage::Write:
    case Stage::Check:
        break;
    }
    return isCounted ? QueueModel::tr("Working: %1").arg(amount) : QueueModel::tr("Working");
}

QString rateWords(const engine::Progress& progress) {
    QStringList parts;
    if (progress.perSecond > 0) {
        const QString number = rate(progress.perSecond);
        switch (unitOf(progress)) {
        case Unit::Bytes:
            parts.append(QueueModel::tr("%1/s").arg(
                QLocale().formattedDataSize(qint64(progress.perSecond))));
            break;
        case Unit::Pages:
            parts.append(QueueModel::tr("%1 pages/s").arg(number));
            break;
        case Unit::Locations:
            parts.append(QueueModel::tr("%1 locations/s").arg(number));
            break;
        case Unit::Passages:
            parts.append(QueueModel::tr("%1 passages/s").arg(number));
            break;
        case Unit::Tokens:
            parts.append(QueueModel::tr("%1 tokens/s").arg(number));
            break;
        }
    }
    if (progress.tokensPerSecond > 0)
        parts.append(QueueModel::tr("%1 tokens/s").arg(rate(progress.tokensPerSecond)));
    return parts.join(QStringLiteral(" · "));
}

QString remainingWords(double seconds) {
    if (seconds < 55)
        return QueueModel::tr("less than a minute left");
    constexpr double kMost = 1e8; // far beyond what is told apart
    const auto minutes = std::max(1, static_cast<int>(std::lround(std::min(seconds, kMost) / 60)));
    if (minutes < 55)
        return QueueModel::tr("about %n minute(s) left", nullptr, minutes);
    // Beyond an hour five minutes are as exact as it can be.
    const int rounded = (minutes + 2) / 5 * 5;
    const int hours = rounded / 60;
    if (hours >= 24)
        return QueueModel::tr("more than a day left");
    if (rounded % 60 == 0)
        return QueueModel::tr("about %n hour(s) left", nullptr, hours);
    if (hours == 0)
        return QueueModel::tr("about %n minute(s) left", nullptr, rounded);
    return QueueModel::tr("about %1 h %2 min left").arg(hours).arg(rounded % 60);
}

QString QueueItem::statusWords() const {
    if (!failure.isEmpty())
        return failure;
    if (!progress)
        return isStill() ? QueueModel::tr("Paused before it began") : QueueModel::tr("Waiting");
    if (!isStill())
        return stageWords(*progress);
    return progress->total > 0 ? QueueModel::tr("Paused at %1").arg(amountWords(*progress))
                               : QueueModel::tr("Paused");
}

QString QueueItem::detailWords() const {
    if (!failure.isEmpty() || isStill() || !progress)
        return {};
    QStringList parts{rateWords(*progress)};
    if (progress->etaSeconds)
        parts.append(remainingWords(*progress->etaSeconds));
    parts.removeAll(QString());
    return parts.join(QStringLiteral(" · "));
}

double QueueItem::fraction() const {
    return progress && progress->total > 0
               ? std::clamp(double(progress->done) / double(progress->total), 0.0, 1.0)
               : -1;
}

QueueModel::QueueModel(QObject* parent) : QAbstractListModel(parent) {}

void QueueModel::addFile(const QString& key, const QString& title) {
    if (rowOf(key) >= 0)
        return;
    const int row = rowCount();
    beginInsertRows({}, row, row);
    QueueItem item;
    item.key = key;
    item.title = title;
    item.isHeld = m_isHeld;
    m_items.push_back(std::move(item));
    endInsertRows();
}

void QueueModel::setProgress(const QString& key, const engine::Progress& progress) {
    QueueItem* item = find(key);
    if (!item)
        return;
    item->progress = progress;
    item->failure.clear();
    item->action.clear();
    // The file's name until the document says its title.
    if (!progress.title.empty())
        item->title = QString::fromStdString(progress.title).simplified();
    changed(*item);
}

void QueueModel::setPaused(const QString& key, bool isPaused) {
    QueueItem* item = find(key);
    if (!item || item->isPaused == isPaused)
        return;
    item->isPaused = isPaused;
    changed(*item);
}

void QueueModel::setAllPaused(bool isPaused) {
    m_isHeld = isPaused;
    for (QueueItem& item : m_items)
        item.isHeld = isPaused;
    if (!m_items.empty())
        Q_EMIT dataChanged(index(0), index(rowCount() - 1));
}

void QueueModel::setFailed(const QString& key, const QString& sentence, const QString& action) {
    QueueItem* item = find(key);
    if (!item)
        return;
    item->failure = sentence;
    item->action = action;
    changed(*item);
}

void QueueModel::setDone(const QString& key) {
    if (rowOf(key) < 0)
        return;
    ++m_done;
    removeFile(key);
}

void QueueModel::removeFile(const QString& key) {
    const int row = rowOf(key);
    if (row < 0)
        return;
    beginRemoveRows({}, row, row);
    m_items.erase(m_items.begin() + row);
    if (m_items.empty())
        m_done = 0;
    endRemoveRows();
}

void QueueModel::moveFile(const QString& key, int row) {
    const int from = rowOf(key);
    const int to = std::clamp(row, 0, std::max(0, rowCount() - 1));
    if (from < 0 || from == to)
        return;
    beginMoveRows({}, from, from, {}, to > from ? to + 1 : to);
    const auto begin = m_items.begin();
    if (to > from)
        std::rotate(begin + from, begin + from + 1, begin + to + 1);
    else
        std::rotate(begin + to, begin + from, begin + from + 1);
    endMoveRows();
}

int QueueModel::rowOf(const QString& key) const {
    const auto it = std::find_if(m_items.begin(), m_items.end(),
                                 [&](const QueueItem& item) { return item.key == key; });
    return it == m_items.end() ? -1 : static_cast<int>(it - m_items.begin());
}

int QueueModel::failedCount() const {
    return static_cast<int>(std::count_if(
        m_items.begin(), m_items.end(), [](const auto& item) { return !item.failure.isEmpty(); }));
}

bool QueueModel::isPaused() const {
    bool isAny = false;
    for (const QueueItem& item : m_items) {
        if (!item.failure.isEmpty())
            continue;
        if (!item.isStill())
            return false;
        isAny = true;
    }
    return isAny;
}

QString QueueModel::overallWords() const {
    const int total = m_done + rowCount();
    const int failed = failedCount();
    const QString done =
        m_done == 0 || total == 1
            ? tr("%Ln document(s) in the queue.", nullptr, total)
            : tr("%1 of %Ln document(s) done.", nullptr, total).arg(QLocale().toString(m_done));
    const QString trouble = failed == 0 ? QString() : tr("%Ln could not be read.", nullptr, failed);
    QStringList sentences{isPaused() ? tr("Paused.") : QString(), done, trouble};
    sentences.removeAll(QString());
    return sentences.join(QLatin1Char(' '));
}

double QueueModel::overallFraction() const {
    double sum = m_done;
    for (const QueueItem& item : m_items) {
        // Only reading takes long enough to count.
        if (!item.failure.isEmpty())
            sum += 1;
        else if (item.progress && item.progress->stage == engine::Stage::Read)
            sum += std::max(0.0, item.fraction());
    }
    const int total = m_done + rowCount();
    return total > 0 ? sum / total : 0;
}

int QueueModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_items.size());
}

QVariant QueueModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || role != Qt::AccessibleTextRole)
        return {};
    const QueueItem& item = itemAt(index.row());
    const QString detail = item.detailWords();
    return detail.isEmpty() ? tr("%1. %2").arg(item.title, item.statusWords())
                            : tr("%1. %2. %3").arg(item.title, item.statusWords(), detail);
}

QueueItem* QueueModel::find(const QString& key) {
    const int row = rowOf(key);
    return row < 0 ? nullptr : &m_items[row];
}

void QueueModel::changed(const QueueItem& item) {
    const QModelIndex place = index(rowOf(item.key));
    Q_EMIT dataChanged(place, place);
}

} // namespace ui
