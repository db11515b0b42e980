#pragma once
/// How a stored block looks in a QTextDocument. Text from books is inserted as characters only.

#include <QFont>
#include <QTextBlockFormat>
#include <QTextBlockUserData>
#include <QTextCharFormat>

#include "ui/page_layout.h"

namespace ui {

/// Keeps the offsets of a QTextBlock.
class BlockRange : public QTextBlockUserData {
public:
    explicit BlockRange(engine::TextRange range) : m_range(range) {}
    [[nodiscard]] engine::TextRange range() const { return m_range; }

private:
    engine::TextRange m_range;
};

/// A serif face for reading.
QFont readingFont(double points);
QTextBlockFormat blockFormat(const TextBlock& block, double points);
/// Whether a list item needs a bullet, because its own text brings no mark as "•" or "2.".
bool needsBullet(const TextBlock& block);
/// Without colours: they stay the palette's.
QTextCharFormat charFormat(const TextBlock& block, double points);
/// The same number of UTF-16 units, without those that would begin a block or stand for an object.
QString insertable(QString text);

} // namespace ui
