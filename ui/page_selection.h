#pragma once
/// The words of the pages near the one that is read, and the selection made over them: whole words,
/// kept as offsets, so that it outlives the boxes of pages that were scrolled away. Pure.

#include <QPointF>
#include <QRectF>

#include <map>
#include <optional>
#include <vector>

#include "ui/page_layout.h"

namespace ui {

class PageSelection {
public:
    static constexpr int kPagesKept = 64;

    enum class Move { Left, Right, Up, Down };

    /// Forgets the words of the pages that are farthest from this one when there are too many.
    void setWords(int page, std::vector<WordBox> words);
    void clearWords() { m_words.clear(); }
    [[nodiscard]] bool hasWords(int page) const { return m_words.contains(page); }
    /// Empty when the words are not known.
    [[nodiscard]] const std::vector<WordBox>& words(int page) const;
    /// The word under a point.
    [[nodiscard]] std::optional<WordBox> wordAt(int page, const QPointF& point) const;
    /// The word that a drag to this point means; none on a page without words.
    [[nodiscard]] std::optional<WordBox> wordNear(int page, const QPointF& point) const;
    /// The page among those known that holds the word at an offset; 0 when none does.
    [[nodiscard]] int pageOf(std::int64_t offset) const;
    /// Rectangles, one per line, of the words that a range touches.
    [[nodiscard]] std::vector<QRectF> lines(int page, engine::TextRange range) const;

    void start(engine::TextRange word);
    /// The selection reaches from the word where it started to this one.
    void extendTo(engine::TextRange word);
    /// Moves the end by a word or a line, over page ends too; false when it cannot.
    bool move(Move direction);
    void clear();
    [[nodiscard]] bool isEmpty() const { return m_anchor.begin == m_anchor.end; }
    [[nodiscard]] engine::TextRange range() const;
    /// The word that moves.
    [[nodiscard]] engine::TextRange focus() const { return m_focus; }

private:
    struct Place {
        int page = 0;
        std::size_t word = 0;
    };
    [[nodiscard]] std::optional<Place> place(std::int64_t offset) const;
    [[nodiscard]] std::optional<Place> besides(Place from, bool isForward) const;
    [[nodiscard]] std::optional<Place> lineBesides(Place from, bool isDown) const;

    std::map<int, std::vector<WordBox>> m_words;
    engine::TextRange m_anchor;
    engine::TextRange m_focus;
};

} // namespace ui
