#include "ui/exporting.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QPointer>
#include <QSaveFile>
#include <QStandardPaths>

#include "ui/background.h"
#include "ui/export_dialog.h"
#include "ui/export_fetch.h"
#include "ui/library_model.h"
#include "ui/message_bar.h"
#include "ui/pdf.h"

namespace ui {
namespace {

/// The engine writes no PDF: its HTML is laid out here.
bool isPdf(const ExportChoice& choice) {
    return choice.format == QStringLiteral("pdf");
}

/// The reason why nothing was written; empty: it was, or the sign stopped it.
QString writeFile(const std::string& content, const ExportChoice& choice, const PageSign& sign) {
    const QByteArray bytes = isPdf(choice) ? pdf(QString::fromStdString(content), sign)
                                           : QByteArray::fromStdString(content);
    QSaveFile file(choice.path);
    const bool isOpen = sign(0, 0) && file.open(QIODevice::WriteOnly);
    const bool isWritten = isOpen && file.write(bytes) == bytes.size() && sign(1, 1);
    return isWritten && file.commit()
               ? QString()
               : Exporting::tr("%1 cannot be written: %2.").arg(choice.path, file.errorString());
}

} // namespace

Exporting::Exporting(EngineClient& client, MessageBar& messages, QWidget* window)
    : QObject(window), m_client(client), m_messages(messages), m_window(window) {}

void Exporting::start(const engine::DocumentInfo& document, engine::ExportRequest::What what) {
    auto* dialog = new ExportDialog(m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setDocument(titleOf(document),
                        QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation));
    dialog->setWhat(what);
    dialog->setFormats({QStringLiteral("html"), QStringLiteral("docx"), QStringLiteral("odt"),
                        QStringLiteral("pdf")});
    connect(dialog, &ExportDialog::browseRequested, this, [dialog](const QString& path) {
        auto* files = new QFileDialog(dialog, tr("Export to"), path);
        files->setAttribute(Qt::WA_DeleteOnClose);
        files->setAcceptMode(QFileDialog::AcceptSave);
        // Consent to replace a file is given in our own dialog, with the others.
        files->setOption(QFileDialog::DontConfirmOverwrite);
        connect(files, &QFileDialog::fileSelected, dialog, &ExportDialog::setPath);
        files->open();
    });
    connect(dialog, &ExportDialog::exportRequested, this,
            [this, dialog, id = document.id] { begin(*dialog, id); });
    dialog->open();
}

void Exporting::begin(ExportDialog& dialog, const engine::DocumentId& id) {
    const ExportChoice choice = dialog.choice();
    if (QFileInfo::exists(choice.path) && !choice.mayReplace) {
        dialog.setTrouble(tr("%1 exists already.").arg(choice.path));
        return;
    }
    engine::ExportRequest request;
    request.document = id;
    request.what = choice.what;
    request.format = isPdf(choice) ? "html" : choice.format.toStdString();
    dialog.setTrouble({});
    dialog.setBusy(true);
    auto* fetch = new ExportFetch(m_client, request, this);
    connect(&dialog, &QDialog::rejected, fetch, &ExportFetch::stop);
    connect(fetch, &ExportFetch::finished, this,
            [this, open = QPointer(&dialog), choice](const std::optional<std::string>& content,
                                                     const QString& trouble) {
                if (!open || !open->isVisible())
                    return;
                if (content)
                    write(*open, choice, *content);
                else if (!trouble.isEmpty())
                    close(*open, choice.path, trouble);
            });
}

void Exporting::write(ExportDialog& dialog, const ExportChoice& choice,
                      const std::string& content) {
    auto* work = new Background(this);
    connect(&dialog, &QDialog::rejected, work, &Background::stop);
    connect(work, &Background::finished, this,
            [this, work, open = QPointer(&dialog), path = choice.path](const QString& trouble,
                                                                       bool wasStopped) {
                work->deleteLater();
                if (!wasStopped && open)
                    close(*open, path, trouble);
            });
    work->start(
        [choice, content](const PageSign& sign) { return writeFile(content, choice, sign); });
}

void Exporting::close(ExportDialog& dialog, const QString& path, const QString& trouble) {
    dialog.setBusy(false);
    dialog.setTrouble(trouble);
    if (!trouble.isEmpty())
        return;
    dialog.accept();
    m_messages.post(MessageBar::Kind::Info, tr("Exported to %1.").arg(path), QString(),
                    MessageBar::kUndoMs);
}

} // namespace ui
