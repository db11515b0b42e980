#pragma once
/// A report as a PDF: A4, fonts embedded, page numbers, notes at the end with links to and fro.

#include <QByteArray>
#include <QString>

#include <functional>

class QPagedPaintDevice;

namespace ui {

/// Told before each page how many are done, of how many; false: stop.
using PageSign = std::function<bool(int done, int total)>;

/// The bytes of a PDF of this HTML, which comes from the engine; empty when it was stopped. Nothing
/// is fetched for it, and the window's colours do not show. Takes milliseconds a page; any thread.
QByteArray pdf(const QString& html, const PageSign& sign = {});

/// The same pages on a printer that knows its paper: those that `isWanted` says, counted from 1.
/// False when it was stopped or the device took nothing. Any thread, the device's own.
bool drawReport(const QString& html, QPagedPaintDevice& device,
                const std::function<bool(int page)>& isWanted, const PageSign& sign);

} // namespace ui
