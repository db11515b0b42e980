#pragma once
/// A report as a PDF: A4, fonts embedded, page numbers, notes at the end with links to and fro.

#include <QByteArray>
#include <QString>

namespace ui {

/// The bytes of a PDF of this HTML, which comes from the engine. Nothing is fetched for it, and the
/// window's colours do not show. Takes milliseconds a page; GUI thread.
QByteArray pdf(const QString& html);

} // namespace ui
