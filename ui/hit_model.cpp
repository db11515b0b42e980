#include "ui/hit_model.h"

#include <algorithm>
#include <utility>

#include "ui/exchange.h"
#include "ui/plain_text.h"

namespace ui {
namespace {

constexpr qsizetype kLead = 24;     ///< characters in front of the first word
constexpr qsizetype kLongest = 400; ///< more than three lines hold
constexpr int kReach = 120;         ///< so far apart words are still seen together

struct Line {
    QString text;
    std::vector<std::pair<int, int>> found;
};

/// The passage with its white space folded, and where the words came to stand.
Line lineOf(const engine::SearchHit& hit) {
    Line line;
    std::int64_t offset = hit.passage.range.begin - 1;
    bool hasSpace = false;
    int begin = -1;
    auto word = hit.words.begin();
    const auto endWord = [&] {
        if (begin >= 0)
            line.found.emplace_back(begin, static_cast<int>(line.text.size()) - begin);
        begin = -1;
    };
    for (const QChar unit : QString::fromStdString(hit.passage.quote)) {
        if (!unit.isLowSurrogate())
            ++offset;
        if (word != hit.words.end() && offset == word->end) {
            endWord();
            ++word;
        }
        if (unit.isSpace()) {
            hasSpace = true;
            continue;
        }
        if (std::exchange(hasSpace, false) && !line.text.isEmpty())
            line.text += u' ';
        if (word != hit.words.end() && offset == word->begin && begin < 0)
            begin = static_cast<int>(line.text.size());
        line.text += unit;
    }
    endWord();
    line.text = shownText(line.text.toStdString());
    return line;
}

/// Where most of the words stand close together.
int bestPlace(const std::vector<std::pair<int, int>>& found) {
    int best = 0;
    std::ptrdiff_t most = 0;
    for (auto first = found.begin(); first != found.end(); ++first) {
        const auto last = std::find_if(first, found.end(), [&](const std::pair<int, int>& word) {
            return word.first >= first->first + kReach;
        });
        if (last - first > most) {
            most = last - first;
            best = first->first;
        }
    }
    return best;
}

} // namespace

Hit hitOf(const engine::SearchHit& found) {
    Hit hit{found.passage.document,
            found.passage.range,
            shownLine(found.passage.title),
            shownLine(found.passage.place),
            {},
            {}};
    const Line line = lineOf(found);
    qsizetype begin = std::max<qsizetype>(0, bestPlace(line.found) - kLead);
    if (begin > 0) {
        const qsizetype space = line.text.indexOf(u' ', begin);
        if (space >= 0 && space < begin + kLead)
            begin = space + 1;
        else if (line.text[begin].isLowSurrogate())
            --begin;
    }
    hit.snippet = line.text.mid(begin, kLongest);
    const int end = static_cast<int>(begin + hit.snippet.size());
    if (begin > 0)
        hit.snippet.prepend(u'…');
    const int shift = static_cast<int>(begin) - (begin > 0 ? 1 : 0);
    for (const auto& [place, length] : line.found) {
        if (place >= begin && place + length <= end)
            hit.found.emplace_back(place - shift, length);
    }
    return hit;
}

HitModel::HitModel(QObject* parent) : QAbstractListModel(parent) {}

void HitModel::clear() {
    m_isFormer = false;
    if (m_rows.empty())
        return;
    beginResetModel();
    m_groups.clear();
    m_rows.clear();
    endResetModel();
}

void HitModel::beginAnew() {
    m_isFormer = true;
}

void HitModel::finish() {
    if (m_isFormer)
        clear();
}

void HitModel::add(const engine::SearchHit& found) {
    finish();
    int group = groupOf(found.passage.document);
    if (group < 0) {
        group = documentCount();
        m_groups.push_back({found.passage.document, {}});
    }
    std::vector<Hit>& hits = m_groups[static_cast<std::size_t>(group)].hits;
    const auto count = static_cast<int>(hits.size());
    if (count > kShown)
        return;
    const int row = firstRow(group) + count;
    beginInsertRows({}, row, row);
    hits.push_back(hitOf(found));
    m_rows.insert(m_rows.begin() + row, Row{group, count < kShown ? count : -1});
    endInsertRows();
}

void HitModel::setAllOf(const engine::DocumentId& document,
                        const std::vector<engine::SearchHit>& found, bool isCut) {
    const int group = groupOf(document);
    if (group < 0 || found.empty())
        return;
    Group& whole = m_groups[static_cast<std::size_t>(group)];
    const int first = firstRow(group);
    const auto begin = m_rows.begin() + first;
    const auto end =
        std::find_if(begin, m_rows.end(), [&](const Row& row) { return row.group != group; });
    beginRemoveRows({}, first, first + static_cast<int>(end - begin) - 1);
    m_rows.erase(begin, end);
    whole = {document, {}, true, isCut};
    endRemoveRows();
    std::vector<Row> rows;
    for (const engine::SearchHit& hit : found) {
        rows.push_back({group, static_cast<int>(whole.hits.size())});
        whole.hits.push_back(hitOf(hit));
    }
    if (isCut)
        rows.push_back({group, -1});
    beginInsertRows({}, first, first + static_cast<int>(rows.size()) - 1);
    m_rows.insert(m_rows.begin() + first, rows.begin(), rows.end());
    endInsertRows();
}

void HitModel::keepOnly(std::vector<engine::DocumentId> documents) {
    std::ranges::sort(documents);
    const auto isGone = [&](const Group& group) {
        return !std::ranges::binary_search(documents, group.document);
    };
    if (std::ranges::none_of(m_groups, isGone))
        return;
    beginResetModel();
    std::erase_if(m_groups, isGone);
    m_rows.clear();
    for (int group = 0; group < documentCount(); ++group)
        appendRows(group);
    endResetModel();
}

void HitModel::appendRows(int group) {
    const Group& of = m_groups[static_cast<std::size_t>(group)];
    const auto count = static_cast<int>(of.hits.size());
    for (int hit = 0; hit < (of.isWhole ? count : std::min(count, kShown)); ++hit)
        m_rows.push_back({group, hit});
    if (of.isWhole ? of.isCut : count > kShown)
        m_rows.push_back({group, -1});
}

int HitModel::groupOf(const engine::DocumentId& document) const {
    const auto found = std::ranges::find_if(
        m_groups, [&](const Group& group) { return group.document == document; });
    return found == m_groups.end() ? -1 : static_cast<int>(found - m_groups.begin());
}

int HitModel::firstRow(int group) const {
    const auto found =
        std::ranges::find_if(m_rows, [group](const Row& row) { return row.group >= group; });
    return static_cast<int>(found - m_rows.begin());
}

HitModel::Kind HitModel::kind(const QModelIndex& index) const {
    const Row& row = m_rows.at(static_cast<std::size_t>(index.row()));
    if (row.hit >= 0)
        return Kind::Hit;
    return m_groups[static_cast<std::size_t>(row.group)].isWhole ? Kind::Rest : Kind::All;
}

const engine::DocumentId& HitModel::document(const QModelIndex& index) const {
    const Row& row = m_rows.at(static_cast<std::size_t>(index.row()));
    return m_groups[static_cast<std::size_t>(row.group)].hits.front().document;
}

const Hit* HitModel::hit(const QModelIndex& index) const {
    const Row& row = m_rows.at(static_cast<std::size_t>(index.row()));
    return row.hit < 0 ? nullptr
                       : &m_groups[static_cast<std::size_t>(row.group)]
                              .hits[static_cast<std::size_t>(row.hit)];
}

bool HitModel::isFirst(const QModelIndex& index) const {
    return m_rows.at(static_cast<std::size_t>(index.row())).hit == 0;
}

QModelIndex HitModel::rowOf(const engine::DocumentId& document, int place) const {
    const int group = groupOf(document);
    const int row = group < 0 ? rowCount() : firstRow(group) + place;
    return row < rowCount() && m_rows[static_cast<std::size_t>(row)].group == group ? index(row)
                                                                                    : QModelIndex();
}

int HitModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant HitModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Hit* found = hit(index);
    if (found == nullptr) {
        if (role != Qt::DisplayRole)
            return {};
        const Hit& first =
            m_groups[static_cast<std::size_t>(m_rows[static_cast<std::size_t>(index.row())].group)]
                .hits.front();
        return kind(index) == Kind::All ? tr("More places in “%1”").arg(first.title)
                                        : tr("“%1” has more places than are shown; another word "
                                             "leaves fewer.")
                                              .arg(first.title);
    }
    const QString where = tr("%1, %2", "title, place in it").arg(found->title, found->place);
    switch (role) {
    case Qt::DisplayRole:
        return found->title;
    case Qt::ToolTipRole:
        return asPlainText(where);
    case Qt::AccessibleTextRole:
        return tr("%1: %2", "title and place, passage").arg(where, found->snippet);
    default:
        return {};
    }
}

} // namespace ui
