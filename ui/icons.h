#pragma once
/// The program's own icons: line drawings that take their colour from the application's palette
/// each time they are painted, so that they follow light, dark and disabled by themselves.

#include <QIcon>
#include <QPalette>

namespace ui {

/// An icon of resources/icons by its file name without suffix, for example "as-of". `role` is the
/// palette's colour for it; where the icon is selected it is HighlightedText. An unknown name gives
/// a null icon.
QIcon icon(const char* name, QPalette::ColorRole role = QPalette::ButtonText);

/// The program's icon, in its own colours.
QIcon applicationIcon();

} // namespace ui
