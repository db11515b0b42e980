#pragma once
/// A document's outline as a tree: title and page, with titles after a bound masked and the entry
/// that holds the current place marked.

#include <QAbstractItemModel>

#include <optional>
#include <vector>

#include "engine/engine.h"

namespace ui {

/// What a chapter is called while its title lies behind a bound: "Chapter 9".
QString maskedTitle(int chapter);

class ContentsModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Column { TitleColumn, PageColumn, ColumnCount };
    enum Role { IsCurrentRole = Qt::UserRole };

    explicit ContentsModel(QObject* parent = nullptr);

    /// In the order of the text, as the engine gives them; levels make the tree.
    void setContents(const std::vector<engine::ContentsEntry>& entries);
    /// Entries that begin at or after this offset are named "Chapter 9" instead of by their title.
    void setBound(std::optional<std::int64_t> offset);
    /// Marks the deepest entry that holds this offset; no offset: none.
    void setCurrentOffset(std::optional<std::int64_t> offset);

    /// The entry of an index that is valid.
    [[nodiscard]] const engine::ContentsEntry& entryAt(const QModelIndex& index) const;
    /// Invalid when no entry is marked.
    [[nodiscard]] QModelIndex currentEntry() const;
    [[nodiscard]] int entryCount() const;
    /// Whether the file names no contents and these headings were found in the text.
    [[nodiscard]] bool isGuessed() const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    struct Node {
        engine::ContentsEntry entry;
        int parent = -1; ///< index into m_nodes
        int row = 0;
        std::vector<int> children;
        QString mask;
    };
    [[nodiscard]] const std::vector<int>& childrenOf(const QModelIndex& parent) const;
    [[nodiscard]] QModelIndex indexOf(int node, int column) const;
    [[nodiscard]] QString titleOf(const Node& node) const;
    void makeMasks();
    void nodeChanged(int node);

    std::vector<Node> m_nodes; ///< in the order of the text
    std::vector<int> m_top;
    std::optional<std::int64_t> m_bound;
    std::optional<std::int64_t> m_offset;
    int m_current = -1;
};

} // namespace ui
