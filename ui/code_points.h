#pragma once
/// Between offsets, which count code points, and places in a QString, which count UTF-16 units.

#include <QString>

#include <algorithm>

namespace ui {

/// Place of the n-th code point; the end when there are fewer. O(n).
inline qsizetype utf16Place(const QString& text, qint64 codePoints) {
    qsizetype place = 0;
    for (; codePoints > 0 && place < text.size(); --codePoints) {
        const bool isPair = text[place].isHighSurrogate() && place + 1 < text.size() &&
                            text[place + 1].isLowSurrogate();
        place += isPair ? 2 : 1;
    }
    return place;
}

/// Code points in front of a place. O(n).
inline qint64 codePointsBefore(const QString& text, qsizetype place) {
    const auto end = text.begin() + std::clamp<qsizetype>(place, 0, text.size());
    qint64 pairs = 0;
    for (auto unit = text.begin(); unit + 1 < end; ++unit)
        pairs += unit->isHighSurrogate() && (unit + 1)->isLowSurrogate();
    return (end - text.begin()) - pairs;
}

} // namespace ui
