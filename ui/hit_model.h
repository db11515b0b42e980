#pragma once
/// What a search of the whole library found, as rows: the places of one document stand together,
/// the documents in the order of their best places. Of a document a few places are shown, and a row
/// that brings the others.

#include <QAbstractListModel>

#include <utility>
#include <vector>

#include "engine/engine.h"

namespace ui {

/// A place that was found, ready to be shown.
struct Hit {
    engine::DocumentId document;
    engine::TextRange range;
    QString title;
    QString place;   ///< as cited after the title
    QString snippet; ///< the passage from shortly before a found word, on one line
    std::vector<std::pair<int, int>> found; ///< begin and length of the words in the snippet
};

Hit hitOf(const engine::SearchHit& found);

class HitModel : public QAbstractListModel {
    Q_OBJECT

public:
    /// All asks for the other places of a document, Rest says that even then some are left out.
    enum class Kind { Hit, All, Rest };
    /// Of one document at first.
    static constexpr int kShown = 3;

    explicit HitModel(QObject* parent = nullptr);

    void clear();
    /// What is there stays until the first of the next hits, or until `finish`.
    void beginAnew();
    /// One behind kShown shows only that there are more.
    void add(const engine::SearchHit& found);
    void finish();
    /// Every place of a document in the place of the few. `isCut`: there are more.
    void setAllOf(const engine::DocumentId& document, const std::vector<engine::SearchHit>& found,
                  bool isCut);
    void keepOnly(std::vector<engine::DocumentId> documents);

    [[nodiscard]] int documentCount() const { return static_cast<int>(m_groups.size()); }
    [[nodiscard]] Kind kind(const QModelIndex& index) const;
    /// The document of a row.
    [[nodiscard]] const engine::DocumentId& document(const QModelIndex& index) const;
    /// Of a row of kind Hit; null for others.
    [[nodiscard]] const Hit* hit(const QModelIndex& index) const;
    /// The first row of a document, which shows its title.
    [[nodiscard]] bool isFirst(const QModelIndex& index) const;
    /// The row of a document that `place` counts, 0 the first; invalid when it is not there.
    [[nodiscard]] QModelIndex rowOf(const engine::DocumentId& document, int place) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;

private:
    struct Group {
        engine::DocumentId document;
        std::vector<Hit> hits;
        bool isWhole = false;
        bool isCut = false;
    };
    struct Row {
        int group = 0;
        int hit = 0; ///< -1: the row behind the hits
    };

    [[nodiscard]] int groupOf(const engine::DocumentId& document) const;
    [[nodiscard]] int firstRow(int group) const;
    void appendRows(int group);

    std::vector<Group> m_groups;
    std::vector<Row> m_rows;
    bool m_isFormer = false; ///< the rows answer the search before
};

} // namespace ui
