#pragma once
/// The rows of the library list: documents, filtered and sorted. Holds copies of what the engine
/// said; filtering 10,000 rows takes a few milliseconds because each row keeps its folded words.

#include <QAbstractListModel>

#include <vector>

#include "engine/engine.h"

namespace ui {

/// Where a document stands, in words: "Read · 614 of 614 pages", "Reading · 38 %", "Locked".
QString stateWords(const engine::DocumentInfo& document);
/// The document's title; the file's name where it has none.
QString titleOf(const engine::DocumentInfo& document);

class LibraryModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role {
        AuthorRole = Qt::UserRole,
        StateRole,      ///< int(engine::State)
        StateWordsRole, ///< stateWords()
        FractionRole,   ///< 0 to 1 of what is being read; -1 where there is nothing to show
        KindRole        ///< "PDF", "EPUB", "TXT", "MD"
    };
    enum class Sort { Title, Author, Added, State };

    explicit LibraryModel(QObject* parent = nullptr);

    void setDocuments(std::vector<engine::DocumentInfo> documents);
    /// Replaces one document; adds it when it is unknown. A removed one is not shown.
    void updateDocument(const engine::DocumentInfo& document);
    /// Follows a reading (Stage::Read); other stages and unknown documents change nothing.
    void setProgress(const engine::Progress& progress);
    /// All words must occur in title or author; case and accents do not count.
    void setFilter(const QString& text);
    /// An empty name: all documents.
    void setCollection(const QString& name);
    void setSort(Sort sort);

    [[nodiscard]] const engine::DocumentInfo& documentAt(int row) const;
    /// -1 when the document is not shown.
    [[nodiscard]] int rowOf(const engine::DocumentId& id) const;
    /// All documents of the collection, whatever the filter hides.
    [[nodiscard]] std::vector<engine::DocumentId> documents() const;
    /// Names of all collections, sorted.
    [[nodiscard]] QStringList collections() const;
    /// How many documents there are without filter and collection.
    [[nodiscard]] int documentCount() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    struct Entry {
        engine::DocumentInfo info;
        QString words; ///< folded title and author
    };
    static Entry entryOf(engine::DocumentInfo document);
    [[nodiscard]] Entry* find(const engine::DocumentId& id);
    [[nodiscard]] bool isInCollection(const Entry& entry) const;
    [[nodiscard]] bool isShown(const Entry& entry) const;
    void sort();
    void show();
    void changed(const Entry& entry);

    std::vector<Entry> m_entries; ///< in no order; the two lists below are indexes into it
    std::vector<int> m_order;
    std::vector<int> m_shown;
    QStringList m_filter;
    std::string m_collection;
    Sort m_sort = Sort::Title;
};

} // namespace ui
