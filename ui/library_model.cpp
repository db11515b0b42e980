#include "ui/library_model.h"

#include <QCollator>
#include <QFile>
#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <numeric>

namespace ui {
namespace {

/// Without case and accents, so that "bronte" finds "Brontë".
QString fold(const QString& text) {
    QString result;
    for (const QChar character : text.normalized(QString::NormalizationForm_KD)) {
        if (!character.isMark())
            result.append(character);
    }
    return result.toCaseFolded();
}

/// Sorts as people do: "Part 2" before "Part 10", "emma" beside "Emma".
QCollator collator() {
    // The C locale compares bytes, which is nobody's alphabet.
    const QLocale locale = QLocale().collation();
    QCollator result(locale.language() == QLocale::C ? QLocale(QLocale::English) : locale);
    result.setNumericMode(true);
    result.setCaseSensitivity(Qt::CaseInsensitive);
    return result;
}

QString pagesOf(const engine::DocumentInfo& document, int count) {
    const QLocale locale;
    const int total = document.coverage.total;
    if (document.coverage.isLocation)
        return LibraryModel::tr("%1 of %Ln location(s)", nullptr, total)
            .arg(locale.toString(count));
    return LibraryModel::tr("%1 of %Ln page(s)", nullptr, total).arg(locale.toString(count));
}

double fractionOf(const engine::DocumentInfo& document) {
    const engine::Coverage& coverage = document.coverage;
    return coverage.total > 0 ? std::clamp(double(coverage.read) / coverage.total, 0.0, 1.0) : 0;
}

QString kindOf(const engine::DocumentInfo& document) {
    if (document.kind == "text")
        return QStringLiteral("TXT");
    if (document.kind == "markdown")
        return QStringLiteral("MD");
    return QString::fromStdString(document.kind).toUpper();
}

/// What is going on first, then what waits for the person, then what is finished.
int stateOrder(engine::State state) {
    using engine::State;
    constexpr State kOrder[] = {State::Reading,        State::Queued,       State::Paused,
                                State::Locked,         State::NoText,       State::Damaged,
                                State::MemoryOutdated, State::ReadWithGaps, State::TextReady,
                                State::Read,           State::Removed};
    return static_cast<int>(std::find(std::begin(kOrder), std::end(kOrder), state) - kOrder);
}

} // namespace

QString stateWords(const engine::DocumentInfo& document) {
    using engine::State;
    const engine::Coverage& coverage = document.coverage;
    const bool isCounted = coverage.total > 0;
    switch (document.state) {
    case State::Queued:
        return LibraryModel::tr("Queued");
    case State::TextReady:
        return LibraryModel::tr("Text ready");
    case State::Reading:
        return isCounted ? LibraryModel::tr("Reading · %1 %").arg(int(fractionOf(document) * 100))
                         : LibraryModel::tr("Reading");
    case State::Paused:
        return isCounted ? LibraryModel::tr("Paused · %1").arg(pagesOf(document, coverage.read))
                         : LibraryModel::tr("Paused");
    case State::Read:
        return isCounted ? LibraryModel::tr("Read · %1").arg(pagesOf(document, coverage.read))
                         : LibraryModel::tr("Read");
    case State::ReadWithGaps:
        return coverage.failed > 0 ? LibraryModel::tr("Read with gaps · %1 failed")
                                         .arg(QLocale().toString(coverage.failed))
                                   : LibraryModel::tr("Read with gaps");
    case State::MemoryOutdated:
        return LibraryModel::tr("Memory outdated");
    case State::Locked:
        return LibraryModel::tr("Locked");
    case State::NoText:
        return LibraryModel::tr("No text");
    case State::Damaged:
        return isCounted ? LibraryModel::tr("Damaged: %1 open")
                               .arg(pagesOf(document, coverage.total - coverage.failed))
                         : LibraryModel::tr("Damaged");
    case State::Removed:
        return LibraryModel::tr("Removed");
    }
    return {};
}

QString titleOf(const engine::DocumentInfo& document) {
    if (!document.title.empty())
        return QString::fromStdString(document.title).simplified();
    if (!document.paths.empty())
        return QFileInfo(QFile::decodeName(QByteArray::fromStdString(document.paths.front())))
            .fileName();
    return LibraryModel::tr("Untitled document");
}

LibraryModel::LibraryModel(QObject* parent) : QAbstractListModel(parent) {}

void LibraryModel::setDocuments(std::vector<engine::DocumentInfo> documents) {
    beginResetModel();
    m_entries.clear();
    m_entries.reserve(documents.size());
    for (engine::DocumentInfo& document : documents)
        m_entries.push_back(entryOf(std::move(document)));
    m_shown.clear();
    sort();
    for (const int index : m_order) {
        if (isShown(m_entries[index]))
            m_shown.push_back(index);
    }
    endResetModel();
}

void LibraryModel::updateDocument(const engine::DocumentInfo& document) {
    Entry* entry = find(document.id);
    if (!entry) {
        m_entries.push_back(entryOf(document));
        sort();
        show();
        return;
    }
    *entry = entryOf(document);
    sort();
    show();
    changed(*entry);
}

void LibraryModel::setProgress(const engine::Progress& progress) {
    Entry* entry = progress.stage == engine::Stage::Read ? find(progress.document) : nullptr;
    if (!entry)
        return;
    entry->info.coverage.read = static_cast<int>(progress.done);
    entry->info.coverage.total = static_cast<int>(progress.total);
    if (entry->info.state != engine::State::Reading) {
        entry->info.state = engine::State::Reading;
        if (m_sort == Sort::State) {
            sort();
            show();
        }
    }
    changed(*entry);
}

void LibraryModel::setFilter(const QString& text) {
    m_filter = fold(text).split(QLatin1Char(' '), Qt::SkipEmptyParts);
    show();
}

void LibraryModel::setCollection(const QString& name) {
    m_collection = name.toStdString();
    show();
}

void LibraryModel::setSort(Sort by) {
    m_sort = by;
    sort();
    show();
}

const engine::DocumentInfo& LibraryModel::documentAt(int row) const {
    return m_entries[m_shown.at(row)].info;
}

int LibraryModel::rowOf(const engine::DocumentId& id) const {
    const auto it = std::find_if(m_shown.begin(), m_shown.end(),
                                 [&](int index) { return m_entries[index].info.id == id; });
    return it == m_shown.end() ? -1 : static_cast<int>(it - m_shown.begin());
}

std::vector<engine::DocumentId> LibraryModel::documents() const {
    std::vector<engine::DocumentId> result;
    for (const Entry& entry : m_entries) {
        if (isInCollection(entry))
            result.push_back(entry.info.id);
    }
    return result;
}

QStringList LibraryModel::collections() const {
    QStringList names;
    for (const Entry& entry : m_entries) {
        if (entry.info.isRemoved)
            continue;
        for (const std::string& name : entry.info.collections) {
            const QString text = QString::fromStdString(name);
            if (!names.contains(text))
                names.append(text);
        }
    }
    std::sort(names.begin(), names.end(), collator());
    return names;
}

int LibraryModel::documentCount() const {
    return static_cast<int>(
        std::count_if(m_entries.begin(), m_entries.end(),
                      [](const Entry& entry) { return !entry.info.isRemoved; }));
}

int LibraryModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_shown.size());
}

QVariant LibraryModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const engine::DocumentInfo& document = documentAt(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return titleOf(document);
    case Qt::ToolTipRole: {
        // Escaped, because a tip that looks like markup is shown as markup.
        const QString author = QString::fromStdString(document.author);
        return tr("<p><b>%1</b><br>%2<br>%3</p>")
            .arg(titleOf(document).toHtmlEscaped(), author.toHtmlEscaped(), stateWords(document));
    }
    case Qt::AccessibleTextRole:
        return document.author.empty()
                   ? tr("%1. %2").arg(titleOf(document), stateWords(document))
                   : tr("%1, by %2. %3")
                         .arg(titleOf(document), QString::fromStdString(document.author),
                              stateWords(document));
    case AuthorRole:
        return QString::fromStdString(document.author).simplified();
    case StateRole:
        return static_cast<int>(document.state);
    case StateWordsRole:
        return stateWords(document);
    case FractionRole:
        return document.state == engine::State::Reading || document.state == engine::State::Paused
                   ? fractionOf(document)
                   : -1.0;
    case KindRole:
        return kindOf(document);
    default:
        return {};
    }
}

LibraryModel::Entry LibraryModel::entryOf(engine::DocumentInfo document) {
    Entry entry;
    entry.words =
        fold(titleOf(document) + QLatin1Char('\n') + QString::fromStdString(document.author));
    entry.info = std::move(document);
    return entry;
}

LibraryModel::Entry* LibraryModel::find(const engine::DocumentId& id) {
    const auto it = std::find_if(m_entries.begin(), m_entries.end(),
                                 [&](const Entry& entry) { return entry.info.id == id; });
    return it == m_entries.end() ? nullptr : &*it;
}

bool LibraryModel::isInCollection(const Entry& entry) const {
    const std::vector<std::string>& names = entry.info.collections;
    return !entry.info.isRemoved &&
           (m_collection.empty() ||
            std::find(names.begin(), names.end(), m_collection) != names.end());
}

bool LibraryModel::isShown(const Entry& entry) const {
    if (!isInCollection(entry))
        return false;
    return std::all_of(m_filter.begin(), m_filter.end(),
                       [&](const QString& word) { return entry.words.contains(word); });
}

void LibraryModel::sort() {
    const QCollator keys = collator();
    struct Row {
        int state;
        std::string added;
        bool hasNoAuthor;
        QCollatorSortKey author, title;
        int index;
    };
    std::vector<Row> rows;
    rows.reserve(m_entries.size());
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        const engine::DocumentInfo& info = m_entries[i].info;
        const bool isByAuthor = m_sort == Sort::Author;
        rows.push_back({m_sort == Sort::State ? stateOrder(info.state) : 0,
                        m_sort == Sort::Added ? info.addedAt : std::string(),
                        isByAuthor && info.author.empty(),
                        keys.sortKey(isByAuthor ? QString::fromStdString(info.author) : QString()),
                        keys.sortKey(titleOf(info)), static_cast<int>(i)});
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        if (a.state != b.state)
            return a.state < b.state;
        if (a.added != b.added)
            return a.added > b.added;
        if (a.hasNoAuthor != b.hasNoAuthor)
            return b.hasNoAuthor;
        const int author = a.author.compare(b.author);
        return author != 0 ? author < 0 : a.title.compare(b.title) < 0;
    });
    m_order.clear();
    for (const Row& row : rows)
        m_order.push_back(row.index);
}

void LibraryModel::show() {
    std::vector<int> shown;
    for (const int index : m_order) {
        if (isShown(m_entries[index]))
            shown.push_back(index);
    }
    if (shown == m_shown)
        return;
    beginResetModel();
    m_shown = std::move(shown);
    endResetModel();
}

void LibraryModel::changed(const Entry& entry) {
    if (const int row = rowOf(entry.info.id); row >= 0)
        Q_EMIT dataChanged(index(row), index(row));
}

} // namespace ui
