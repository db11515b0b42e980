#include "ui/page_selection.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace ui {
namespace {

bool isOnLine(const QRectF& line, const QRectF& word) {
    const double overlap =
        std::min(line.bottom(), word.bottom()) - std::max(line.top(), word.top());
    // A word that stands left of the line's beginning starts a line of another column.
    return overlap > std::min(line.height(), word.height()) / 2 && word.left() >= line.left();
}

double distance(double value, double low, double high) {
    return std::max({low - value, 0.0, value - high});
}

bool touches(engine::TextRange left, engine::TextRange right) {
    return left.begin < right.end && right.begin < left.end;
}

} // namespace

void PageSelection::setWords(int page, std::vector<WordBox> words) {
    m_words[page] = std::move(words);
    while (m_words.size() > kPagesKept) {
        const auto first = m_words.begin();
        const auto last = std::prev(m_words.end());
        m_words.erase(page - first->first > last->first - page ? first : last);
    }
}

const std::vector<WordBox>& PageSelection::words(int page) const {
    static const std::vector<WordBox> none;
    const auto found = m_words.find(page);
    return found == m_words.end() ? none : found->second;
}

std::optional<WordBox> PageSelection::wordAt(int page, const QPointF& point) const {
    for (const WordBox& word : words(page)) {
        if (word.box.contains(point))
            return word;
    }
    return std::nullopt;
}

std::optional<WordBox> PageSelection::wordNear(int page, const QPointF& point) const {
    const WordBox* best = nullptr;
    double least = 0;
    for (const WordBox& word : words(page)) {
        // The line matters more than the column: a drag beyond a line's end means its last word.
        const double far = 8 * distance(point.y(), word.box.top(), word.box.bottom()) +
                           distance(point.x(), word.box.left(), word.box.right());
        if (!best || far < least) {
            best = &word;
            least = far;
        }
    }
    return best ? std::optional(*best) : std::nullopt;
}

int PageSelection::pageOf(std::int64_t offset) const {
    const std::optional<Place> found = place(offset);
    return found ? found->page : 0;
}

std::vector<QRectF> PageSelection::lines(int page, engine::TextRange range) const {
    std::vector<QRectF> lines;
    for (const WordBox& word : words(page)) {
        if (!touches(word.range, range))
            continue;
        if (!lines.empty() && isOnLine(lines.back(), word.box))
            lines.back() = lines.back().united(word.box);
        else
            lines.push_back(word.box);
    }
    return lines;
}

void PageSelection::start(engine::TextRange word) {
    m_anchor = word;
    m_focus = word;
}

void PageSelection::extendTo(engine::TextRange word) {
    if (isEmpty())
        m_anchor = word;
    m_focus = word;
}

void PageSelection::clear() {
    m_anchor = {};
    m_focus = {};
}

engine::TextRange PageSelection::range() const {
    return {std::min(m_anchor.begin, m_focus.begin), std::max(m_anchor.end, m_focus.end)};
}

bool PageSelection::move(Move direction) {
    const std::optional<Place> from = place(m_focus.begin);
    if (isEmpty() || !from)
        return false;
    const bool isForward = direction == Move::Right || direction == Move::Down;
    const bool isLine = direction == Move::Up || direction == Move::Down;
    const std::optional<Place> to =
        isLine ? lineBesides(*from, isForward) : besides(*from, isForward);
    if (!to)
        return false;
    m_focus = m_words.at(to->page)[to->word].range;
    return true;
}

std::optional<PageSelection::Place> PageSelection::place(std::int64_t offset) const {
    for (const auto& [page, words] : m_words) {
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (words[i].range.begin <= offset && offset < words[i].range.end)
                return Place{page, i};
        }
    }
    return std::nullopt;
}

std::optional<PageSelection::Place> PageSelection::besides(Place from, bool isForward) const {
    const std::int64_t begin = words(from.page)[from.word].range.begin;
    // A word that is broken over two lines or pages has two boxes and one range.
    const auto isSame = [&](Place at) { return words(at.page)[at.word].range.begin == begin; };
    Place at = from;
    while (isSame(at)) {
        if (isForward && at.word + 1 < words(at.page).size()) {
            ++at.word;
        } else if (!isForward && at.word > 0) {
            --at.word;
        } else {
            at.page += isForward ? 1 : -1;
            if (words(at.page).empty())
                return std::nullopt;
            at.word = isForward ? 0 : words(at.page).size() - 1;
        }
    }
    return at;
}

std::optional<PageSelection::Place> PageSelection::lineBesides(Place from, bool isDown) const {
    const QRectF box = words(from.page)[from.word].box;
    QRectF line = box;
    std::optional<Place> best;
    for (std::optional<Place> next = besides(from, isDown); next; next = besides(*next, isDown)) {
        const QRectF candidate = words(next->page)[next->word].box;
        const bool isSamePage = next->page == from.page;
        const bool isSameLine =
            isSamePage && candidate.top() < line.bottom() - 1 &&
            candidate.bottom() > line.top() + 1 &&
            (isDown ? candidate.left() >= box.left() : candidate.left() <= box.left());
        if (!best && isSameLine)
            continue;
        if (!best) {
            best = next;
            line = candidate;
            continue;
        }
        const QRectF chosen = words(best->page)[best->word].box;
        if (next->page != best->page || candidate.top() > line.bottom() - 1 ||
            candidate.bottom() < line.top() + 1)
            break;
        if (std::abs(candidate.center().x() - box.center().x()) <
            std::abs(chosen.center().x() - box.center().x()))
            best = next;
    }
    return best;
}

} // namespace ui
