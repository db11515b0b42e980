#pragma once
/// Finds words in a whole text and gives their offsets. Pure.

#include <QString>

#include <vector>

#include "engine/engine.h"

namespace ui {

class TextSearch {
public:
    TextSearch() = default;
    explicit TextSearch(QString text);

    [[nodiscard]] bool isEmpty() const { return m_text.isEmpty(); }
    /// Ascending ranges of offsets, none inside another. `isExact`: with case, and whole words
    /// only. White space in `words` stands for any white space of the text.
    [[nodiscard]] std::vector<engine::TextRange> find(const QString& words, bool isExact) const;

private:
    QString m_text;
    std::vector<qsizetype> m_pairs; ///< places of the surrogate pairs, each one character less
};

} // namespace ui
