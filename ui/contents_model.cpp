#include "ui/contents_model.h"

#include <QFont>

#include <algorithm>

namespace ui {

QString maskedTitle(int chapter) {
    return ContentsModel::tr("Chapter %1").arg(chapter);
}

ContentsModel::ContentsModel(QObject* parent) : QAbstractItemModel(parent) {}

void ContentsModel::setContents(const std::vector<engine::ContentsEntry>& entries) {
    beginResetModel();
    m_nodes.clear();
    m_top.clear();
    m_current = -1;
    std::vector<int> open; // the path from the top to the last node
    for (const engine::ContentsEntry& entry : entries) {
        while (!open.empty() && m_nodes[open.back()].entry.level >= entry.level)
            open.pop_back();
        Node node;
        node.entry = entry;
        node.parent = open.empty() ? -1 : open.back();
        const int self = static_cast<int>(m_nodes.size());
        std::vector<int>& siblings = open.empty() ? m_top : m_nodes[open.back()].children;
        node.row = static_cast<int>(siblings.size());
        siblings.push_back(self);
        m_nodes.push_back(std::move(node));
        open.push_back(self);
    }
    makeMasks();
    endResetModel();
    setCurrentOffset(m_offset);
}

void ContentsModel::setBound(std::optional<std::int64_t> offset) {
    if (m_bound == offset)
        return;
    m_bound = offset;
    for (int node = 0; node < static_cast<int>(m_nodes.size()); ++node)
        nodeChanged(node);
}

void ContentsModel::setCurrentOffset(std::optional<std::int64_t> offset) {
    m_offset = offset;
    int current = -1;
    for (int node = 0; offset && node < static_cast<int>(m_nodes.size()); ++node) {
        const engine::TextRange& range = m_nodes[node].entry.range;
        if (range.begin <= *offset && *offset < range.end)
            current = node; // the later of two that hold it is the deeper
    }
    if (current == m_current)
        return;
    const int before = m_current;
    m_current = current;
    nodeChanged(before);
    nodeChanged(current);
}

const engine::ContentsEntry& ContentsModel::entryAt(const QModelIndex& index) const {
    return m_nodes[index.internalId()].entry;
}

QModelIndex ContentsModel::currentEntry() const {
    return m_current < 0 ? QModelIndex() : indexOf(m_current, TitleColumn);
}

int ContentsModel::entryCount() const {
    return static_cast<int>(m_nodes.size());
}

bool ContentsModel::isGuessed() const {
    return !m_nodes.empty() && std::all_of(m_nodes.begin(), m_nodes.end(), [](const Node& node) {
        return node.entry.source == "guessed";
    });
}

QModelIndex ContentsModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, static_cast<quintptr>(childrenOf(parent)[row]));
}

QModelIndex ContentsModel::parent(const QModelIndex& index) const {
    if (!index.isValid())
        return {};
    const int parent = m_nodes[index.internalId()].parent;
    return parent < 0 ? QModelIndex() : indexOf(parent, TitleColumn);
}

int ContentsModel::rowCount(const QModelIndex& parent) const {
    return parent.column() > 0 ? 0 : static_cast<int>(childrenOf(parent).size());
}

int ContentsModel::columnCount(const QModelIndex&) const {
    return ColumnCount;
}

QVariant ContentsModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const int number = static_cast<int>(index.internalId());
    const Node& node = m_nodes[number];
    const bool isCurrent = number == m_current;
    const engine::PageRange& page = node.entry.page;
    const QString label = QString::fromStdString(page.firstLabel);
    const QString place =
        page.isLocation ? tr("location %1").arg(page.first) : tr("page %1").arg(label);
    if (role == IsCurrentRole)
        return isCurrent;
    if (role == Qt::FontRole && isCurrent) {
        QFont bold;
        bold.setBold(true);
        return bold;
    }
    if (role == Qt::ToolTipRole)
        return tr("<p>%1, %2</p>").arg(titleOf(node).toHtmlEscaped(), place.toHtmlEscaped());
    if (index.column() == PageColumn) {
        if (role == Qt::DisplayRole)
            return page.isLocation ? QString::number(page.first) : label;
        if (role == Qt::TextAlignmentRole)
            return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
        return role == Qt::AccessibleTextRole ? place : QVariant();
    }
    if (role == Qt::DisplayRole)
        return titleOf(node);
    if (role == Qt::AccessibleTextRole)
        return isCurrent ? tr("%1, %2, you are here").arg(titleOf(node), place)
                         : tr("%1, %2").arg(titleOf(node), place);
    return {};
}

const std::vector<int>& ContentsModel::childrenOf(const QModelIndex& parent) const {
    return parent.isValid() ? m_nodes[parent.internalId()].children : m_top;
}

QModelIndex ContentsModel::indexOf(int node, int column) const {
    return createIndex(m_nodes[node].row, column, static_cast<quintptr>(node));
}

QString ContentsModel::titleOf(const Node& node) const {
    if (m_bound && node.entry.range.begin >= *m_bound)
        return node.mask;
    const QString title = QString::fromStdString(node.entry.title).simplified();
    return title.isEmpty() ? node.mask : title;
}

/// Chapters are counted as everywhere in the program (`chapter:9`): the entries of the top level,
/// or those below it where the only top entry is the book's own title.
void ContentsModel::makeMasks() {
    const bool hasBookTitle = m_top.size() == 1 && m_nodes[m_top[0]].children.size() > 1;
    const std::vector<int> chapters = hasBookTitle ? m_nodes[m_top[0]].children : m_top;
    if (hasBookTitle)
        m_nodes[m_top[0]].mask = tr("Whole book");
    std::vector<QString> parts(m_nodes.size()); // the number below the chapter: "2.1"
    std::vector<int> chapterOf(m_nodes.size(), 0);
    for (std::size_t i = 0; i < chapters.size(); ++i) {
        chapterOf[chapters[i]] = static_cast<int>(i) + 1;
        m_nodes[chapters[i]].mask = maskedTitle(chapterOf[chapters[i]]);
    }
    for (std::size_t i = 0; i < m_nodes.size(); ++i) {
        Node& node = m_nodes[i];
        if (node.parent < 0 || chapterOf[node.parent] == 0)
            continue;
        const QString& above = parts[node.parent];
        parts[i] = above.isEmpty() ? QString::number(node.row + 1)
                                   : QStringLiteral("%1.%2").arg(above).arg(node.row + 1);
        chapterOf[i] = chapterOf[node.parent];
        node.mask = tr("Chapter %1, part %2").arg(chapterOf[i]).arg(parts[i]);
    }
}

void ContentsModel::nodeChanged(int node) {
    if (node >= 0)
        Q_EMIT dataChanged(indexOf(node, TitleColumn), indexOf(node, PageColumn));
}

} // namespace ui
