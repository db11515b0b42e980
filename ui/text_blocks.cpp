#include "ui/text_blocks.h"

#include <algorithm>
#include <array>

namespace ui {
namespace {

constexpr std::array kHeadingSizes = {1.7, 1.4, 1.2, 1.1, 1.0, 1.0};

std::size_t headingPlace(const TextBlock& block) {
    return static_cast<std::size_t>(
        std::clamp(block.level - 1, 0, static_cast<int>(kHeadingSizes.size()) - 1));
}

} // namespace

QFont readingFont(double points) {
    QFont font;
    font.setFamilies({QStringLiteral("Noto Serif"), QStringLiteral("Source Serif 4"),
                      QStringLiteral("Liberation Serif"), QStringLiteral("DejaVu Serif"),
                      QStringLiteral("serif")});
    font.setStyleHint(QFont::Serif);
    font.setPointSizeF(points);
    return font;
}

bool needsBullet(const TextBlock& block) {
    if (block.kind != TextBlock::Kind::ListItem || block.text.isEmpty())
        return false;
    const QString first = block.text.section(u' ', 0, 0);
    const bool isNumber = first.size() <= 4 && (first.endsWith(u'.') || first.endsWith(u')'));
    const bool isSign = std::none_of(first.begin(), first.end(),
                                     [](QChar unit) { return unit.isLetterOrNumber(); });
    return !isNumber && !isSign;
}

QTextBlockFormat blockFormat(const TextBlock& block, double points) {
    QTextBlockFormat format;
    format.setLineHeight(140, QTextBlockFormat::ProportionalHeight);
    format.setBottomMargin(points * 0.9);
    const double indent = points * 2;
    switch (block.kind) {
    case TextBlock::Kind::Heading:
        format.setHeadingLevel(std::clamp(block.level, 1, 6));
        format.setLineHeight(120, QTextBlockFormat::ProportionalHeight);
        format.setTopMargin(points * (block.level <= 1 ? 2.4 : 1.6));
        break;
    case TextBlock::Kind::ListItem:
        // A list has an indent of its own.
        if (!needsBullet(block))
            format.setLeftMargin(indent * std::max(1, block.level));
        format.setBottomMargin(points * 0.4);
        break;
    case TextBlock::Kind::Quote:
        format.setLeftMargin(indent);
        format.setRightMargin(indent);
        break;
    case TextBlock::Kind::Code:
    case TextBlock::Kind::TableRow:
        format.setLineHeight(125, QTextBlockFormat::ProportionalHeight);
        format.setBottomMargin(block.kind == TextBlock::Kind::Code ? points * 0.9 : points * 0.2);
        break;
    case TextBlock::Kind::Caption:
        format.setLeftMargin(indent);
        format.setRightMargin(indent);
        format.setAlignment(Qt::AlignHCenter);
        break;
    case TextBlock::Kind::Note:
        format.setLeftMargin(indent);
        break;
    case TextBlock::Kind::Paragraph:
        break;
    }
    return format;
}

QTextCharFormat charFormat(const TextBlock& block, double points) {
    QTextCharFormat format;
    QFont font = readingFont(points);
    switch (block.kind) {
    case TextBlock::Kind::Heading:
        font.setPointSizeF(points * kHeadingSizes[headingPlace(block)]);
        font.setBold(true);
        break;
    case TextBlock::Kind::Code:
        font.setFamilies({QStringLiteral("DejaVu Sans Mono"), QStringLiteral("monospace")});
        font.setStyleHint(QFont::Monospace);
        font.setPointSizeF(points * 0.9);
        break;
    case TextBlock::Kind::Note:
        font.setPointSizeF(points * 0.88);
        break;
    case TextBlock::Kind::Quote:
    case TextBlock::Kind::Caption:
        font.setItalic(true);
        break;
    default:
        break;
    }
    format.setFont(font);
    return format;
}

QString insertable(QString text) {
    for (QChar& unit : text) {
        if (unit == u'\n' || unit == u'\r' || unit == QChar::ParagraphSeparator)
            unit = QChar::LineSeparator;
        else if (unit == QChar::ObjectReplacementCharacter || unit == QChar::Null ||
                 (unit >= QChar(0xfdd0) && unit <= QChar(0xfdef)))
            unit = QChar::ReplacementCharacter;
    }
    return text;
}

} // namespace ui
