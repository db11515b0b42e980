#pragma once
/// How the program looks: the Fusion style with two full palettes of our own, light and dark, so
/// that it is the same on X11, Wayland and offscreen. GUI thread only.
///
/// Two roles have a meaning beyond Qt's: Dark is for marks that carry information (bars, hatching,
/// ticks; 3 : 1 on Window and Base), Mid for hairlines that carry none; BrightText is the text
/// colour of warnings and failures.

#include <QPalette>
#include <QVariant>

class QApplication;

namespace ui {

enum class Look { System, Light, Dark };

/// Sets style and palette. With Look::System the desktop's settings portal is asked and followed;
/// until it answers, and where there is none, the program is light. May be called again at any
/// time. Never waits for the portal.
void applyTheme(QApplication& application, Look look);

QPalette lightPalette();
QPalette darkPalette();

/// Whether an answer of the settings portal for `color-scheme` asks for dark. The value may be
/// wrapped in any number of D-Bus variants: Read answers with two, SettingChanged with one.
bool prefersDark(QVariant colorScheme);

/// Contrast ratio of two opaque colours, 1 to 21 (WCAG 2.1, "contrast ratio").
double contrast(const QColor& one, const QColor& other);

} // namespace ui
