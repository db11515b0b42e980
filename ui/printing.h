#pragma once
/// Prints the document in front, its answers or its summaries. The dialog is not waited for, and
/// the sheets are made beside the window, with progress and Cancel. GUI thread only.

#include <QObject>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ui/engine_client.h"

class QPrinter;
class QProgressDialog;

namespace ui {

class MessageBar;

class Printing : public QObject {
    Q_OBJECT

public:
    Printing(EngineClient& client, MessageBar& messages, QWidget* window);

    /// Opens the dialog for pages of a document, or for its text where pages have no pictures.
    /// `page` is the one in front.
    void start(const engine::DocumentInfo& document, int page);
    /// Opens the dialog for its answers or summaries, as they are exported.
    void startReport(const engine::DocumentInfo& document, engine::ExportRequest::What what);

private:
    void open(const engine::DocumentInfo& document, int pages,
              std::function<void(std::shared_ptr<QPrinter>)> print);
    void printPages(const engine::DocumentInfo& document, int page,
                    const std::shared_ptr<QPrinter>& printer);
    void printReport(const engine::DocumentInfo& document, engine::ExportRequest::What what,
                     const std::shared_ptr<QPrinter>& printer);
    void drawOn(const std::shared_ptr<QPrinter>& printer, const std::string& html,
                QProgressDialog* progress);
    QProgressDialog* showProgress(const engine::DocumentInfo& document);
    void close(QProgressDialog* progress, const QString& trouble);

    EngineClient& m_client;
    MessageBar& m_messages;
    QWidget* m_window;
};

/// Which pages of `count` a printer is to print, in the order of its sheets: range, order and
/// copies that it does not make itself.
std::vector<int> pagesToPrint(const QPrinter& printer, int count, int current);

} // namespace ui
