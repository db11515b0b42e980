#include "ui/summary_model.h"

#include <QLocale>

#include <algorithm>
#include <utility>

#include "ui/exchange.h"

namespace ui {
namespace {

int percent(const SummaryPart& part) {
    return part.total > 0
               ? static_cast<int>(std::clamp<qint64>(part.done, 0, part.total) * 100 / part.total)
               : -1;
}

} // namespace

QString stateText(const SummaryPart& part) {
    switch (part.state) {
    case SummaryPart::State::None:
        return SummaryModel::tr("no summary", "state of a part of a book");
    case SummaryPart::State::Making:
        return percent(part) < 0 ? SummaryModel::tr("making…")
                                 : SummaryModel::tr("making, %1 %").arg(percent(part));
    case SummaryPart::State::Made:
        return part.madeOn.isValid()
                   ? SummaryModel::tr("made on %1")
                         .arg(QLocale().toString(part.madeOn.date(), QLocale::ShortFormat))
                   : SummaryModel::tr("made");
    case SummaryPart::State::Failed:
        return SummaryModel::tr("failed");
    }
    return {};
}

SummaryModel::SummaryModel(QObject* parent) : QAbstractListModel(parent) {}

void SummaryModel::setParts(std::vector<SummaryPart> parts) {
    beginResetModel();
    m_parts = std::move(parts);
    for (SummaryPart& part : m_parts)
        part.title = shownLine(part.title.toStdString());
    endResetModel();
}

SummaryPart* SummaryModel::find(int chapter) {
    return const_cast<SummaryPart*>(std::as_const(*this).part(chapter));
}

const SummaryPart* SummaryModel::part(int chapter) const {
    const auto found =
        std::find_if(m_parts.begin(), m_parts.end(),
                     [chapter](const SummaryPart& p) { return p.chapter == chapter; });
    return found == m_parts.end() ? nullptr : &*found;
}

QModelIndex SummaryModel::indexOf(int chapter) const {
    const SummaryPart* found = part(chapter);
    return found ? index(static_cast<int>(found - m_parts.data()), 0) : QModelIndex();
}

const SummaryPart* SummaryModel::making() const {
    const auto found = std::find_if(m_parts.begin(), m_parts.end(), [](const SummaryPart& p) {
        return p.state == SummaryPart::State::Making;
    });
    return found == m_parts.end() ? nullptr : &*found;
}

bool SummaryModel::hasMade() const {
    return std::any_of(m_parts.begin(), m_parts.end(),
                       [](const SummaryPart& p) { return p.state == SummaryPart::State::Made; });
}

void SummaryModel::changed(int chapter) {
    const QModelIndex first = indexOf(chapter);
    Q_EMIT dataChanged(first, first);
}

void SummaryModel::setState(int chapter, SummaryPart::State state) {
    if (SummaryPart* found = find(chapter)) {
        found->state = state;
        found->done = found->total = 0;
        changed(chapter);
    }
}

void SummaryModel::setProgress(int chapter, qint64 done, qint64 total) {
    if (SummaryPart* found = find(chapter)) {
        found->state = SummaryPart::State::Making;
        found->done = done;
        found->total = total;
        changed(chapter);
    }
}

void SummaryModel::setMade(int chapter, const QDateTime& madeOn) {
    if (SummaryPart* found = find(chapter)) {
        found->state = SummaryPart::State::Made;
        found->madeOn = madeOn;
        changed(chapter);
    }
}

int SummaryModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_parts.size());
}

QVariant SummaryModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const SummaryPart& part = m_parts[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return part.title;
    case Qt::AccessibleTextRole:
        return tr("%1, %2, summary: %3", "title, pages, state")
            .arg(part.title, part.pages, stateText(part));
    case DetailRole:
        return part.pages.isEmpty()
                   ? stateText(part)
                   : tr("%1 · %2", "pages, state").arg(part.pages, stateText(part));
    case ChapterRole:
        return part.chapter;
    case StateRole:
        return static_cast<int>(part.state);
    case PercentRole:
        return part.state == SummaryPart::State::Making ? percent(part) : -1;
    case LevelRole:
        return std::clamp(part.level - 1, 0, 6);
    default:
        return {};
    }
}

} // namespace ui
