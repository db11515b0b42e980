#pragma once
/// Text for widgets that guess whether they are given markup, as tool tips do.

#include <QString>

namespace ui {

/// What comes from a book, a file name or the engine, to be shown as it is and never read as
/// markup; as a paragraph, so that it wraps. Empty stays empty.
inline QString asPlainText(const QString& text) {
    return text.isEmpty() ? QString() : QStringLiteral("<p>%1</p>").arg(text.toHtmlEscaped());
}

} // namespace ui
