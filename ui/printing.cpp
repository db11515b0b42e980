#include "ui/printing.h"

#include <QLabel>
#include <QPrintDialog>
#include <QPrinter>
#include <QProgressDialog>

#include <algorithm>

#include "ui/background.h"
#include "ui/export_fetch.h"
#include "ui/library_model.h"
#include "ui/message_bar.h"
#include "ui/pdf.h"
#include "ui/print_pages.h"

namespace ui {
namespace {

using What = engine::ExportRequest::What;

bool isInRange(const QPrinter& printer, int page, int current) {
    switch (printer.printRange()) {
    case QPrinter::CurrentPage:
        return page == current;
    case QPrinter::PageRange:
        return printer.pageRanges().isEmpty()
                   ? page >= printer.fromPage() && page <= printer.toPage()
                   : printer.pageRanges().contains(page);
    case QPrinter::AllPages:
    case QPrinter::Selection:
        break;
    }
    return true;
}

} // namespace

std::vector<int> pagesToPrint(const QPrinter& printer, int count, int current) {
    std::vector<int> once;
    for (int page = 1; page <= count; ++page) {
        if (isInRange(printer, page, current))
            once.push_back(page);
    }
    if (printer.pageOrder() == QPrinter::LastPageFirst)
        std::ranges::reverse(once);
    const int copies = printer.supportsMultipleCopies() ? 1 : std::max(1, printer.copyCount());
    std::vector<int> all;
    if (printer.collateCopies()) {
        for (int copy = 0; copy < copies; ++copy)
            all.insert(all.end(), once.begin(), once.end());
    } else {
        for (const int page : once)
            all.insert(all.end(), static_cast<std::size_t>(copies), page);
    }
    return all;
}

Printing::Printing(EngineClient& client, MessageBar& messages, QWidget* window)
    : QObject(window), m_client(client), m_messages(messages), m_window(window) {}

void Printing::start(const engine::DocumentInfo& document, int page) {
    if (!engine::hasPictures(document.kind))
        return startReport(document, What::Text);
    open(document, document.coverage.total,
         [this, document, page](const std::shared_ptr<QPrinter>& printer) {
             printPages(document, page, printer);
         });
}

void Printing::startReport(const engine::DocumentInfo& document, What what) {
    // How many pages it has is known when it is laid out.
    open(document, 0, [this, document, what](const std::shared_ptr<QPrinter>& printer) {
        printReport(document, what, printer);
    });
}

void Printing::open(const engine::DocumentInfo& document, int pages,
                    std::function<void(std::shared_ptr<QPrinter>)> print) {
    const auto printer = std::make_shared<QPrinter>(QPrinter::HighResolution);
    printer->setDocName(titleOf(document));
    printer->setCreator(QStringLiteral("Infolio"));
    auto* dialog = new QPrintDialog(printer.get(), m_window);
    dialog->setObjectName(QStringLiteral("printDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setOption(QAbstractPrintDialog::PrintCurrentPage, pages > 0);
    if (pages > 0)
        dialog->setMinMax(1, pages);
    connect(dialog, &QDialog::accepted, this,
            [printer, print = std::move(print)] { print(printer); });
    // The dialog holds the bare pointer.
    connect(dialog, &QObject::destroyed, this, [printer] {});
    dialog->open();
}

QProgressDialog* Printing::showProgress(const engine::DocumentInfo& document) {
    auto* progress = new QProgressDialog(QString(), tr("Cancel"), 0, 0, m_window);
    auto* words = new QLabel(tr("%1 is being printed…").arg(titleOf(document)));
    words->setTextFormat(Qt::PlainText);
    words->setAlignment(Qt::AlignCenter);
    progress->setLabel(words);
    progress->setObjectName(QStringLiteral("printProgress"));
    progress->setWindowTitle(tr("Print"));
    progress->setWindowModality(Qt::NonModal);
    progress->setAutoClose(false);
    progress->setAutoReset(false);
    progress->setMinimumDuration(0);
    progress->setValue(0);
    return progress;
}

void Printing::close(QProgressDialog* progress, const QString& trouble) {
    progress->deleteLater();
    progress->hide();
    if (!trouble.isEmpty())
        m_messages.post(MessageBar::Kind::Failure, trouble);
}

void Printing::printPages(const engine::DocumentInfo& document, int page,
                          const std::shared_ptr<QPrinter>& printer) {
    auto* progress = showProgress(document);
    auto* pages = new PrintPages(m_client, printer, document,
                                 pagesToPrint(*printer, document.coverage.total, page), this);
    connect(progress, &QProgressDialog::canceled, pages, &PrintPages::stop);
    connect(pages, &PrintPages::progressed, progress, [progress](int done, int total) {
        progress->setMaximum(total);
        progress->setValue(done);
    });
    connect(pages, &PrintPages::finished, this,
            [this, pages, progress](bool isPrinted, bool wasStopped) {
                pages->deleteLater();
                close(progress,
                      isPrinted || wasStopped ? QString() : tr("The printer took no pages."));
            });
    pages->start();
}

void Printing::printReport(const engine::DocumentInfo& document, What what,
                           const std::shared_ptr<QPrinter>& printer) {
    auto* progress = showProgress(document);
    engine::ExportRequest request;
    request.document = document.id;
    request.what = what;
    request.format = "html";
    auto* fetch = new ExportFetch(m_client, request, this);
    connect(progress, &QProgressDialog::canceled, fetch, &ExportFetch::stop);
    connect(fetch, &ExportFetch::finished, this,
            [this, progress, printer](const std::optional<std::string>& content,
                                      const QString& trouble) {
                if (content && !progress->wasCanceled())
                    drawOn(printer, *content, progress);
                else
                    close(progress, trouble);
            });
}

void Printing::drawOn(const std::shared_ptr<QPrinter>& printer, const std::string& html,
                      QProgressDialog* progress) {
    auto* work = new Background(this);
    connect(progress, &QProgressDialog::canceled, work, &Background::stop);
    connect(work, &Background::progressed, progress, [progress](int done, int total) {
        progress->setMaximum(total);
        progress->setValue(done);
    });
    connect(work, &Background::finished, this,
            [this, work, progress](const QString& trouble, bool wasStopped) {
                work->deleteLater();
                close(progress, wasStopped ? QString() : trouble);
            });
    work->start([html, printer](const PageSign& sign) {
        const bool isPrinted = drawReport(
            QString::fromStdString(html), *printer,
            [&printer](int page) { return isInRange(*printer, page, page); }, sign);
        if (!isPrinted)
            printer->abort();
        return isPrinted ? QString() : tr("The printer took no pages.");
    });
}

} // namespace ui
