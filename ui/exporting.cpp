#include "ui/exporting.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QPointer>
#include <QSaveFile>
#include <QStandardPaths>

#include "ui/background.h"
#include "ui/export_dialog.h"
#include "ui/library_model.h"
#include "ui/message_bar.h"
#include "ui/pdf.h"

namespace ui {

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
            [this, dialog, id = document.id](const ExportChoice& choice) {
                write(id, choice, dialog);
            });
    dialog->open();
}

void Exporting::write(const engine::DocumentId& id, const ExportChoice& choice,
                      ExportDialog* dialog) {
    if (QFileInfo::exists(choice.path) && !choice.mayReplace) {
        dialog->setTrouble(tr("%1 exists already.").arg(choice.path));
        return;
    }
    dialog->setTrouble({});
    dialog->setBusy(true);
    auto* work = new Background(this);
    connect(dialog, &QDialog::rejected, work, &Background::stop);
    connect(work, &Background::finished, this,
            [this, work, open = QPointer(dialog), path = choice.path](const QString& trouble,
                                                                      bool wasStopped) {
                work->deleteLater();
                if (wasStopped || !open)
                    return;
                open->setBusy(false);
                open->setTrouble(trouble);
                if (!trouble.isEmpty())
                    return;
                open->accept();
                m_messages.post(MessageBar::Kind::Info, tr("Exported to %1.").arg(path), QString(),
                                MessageBar::kUndoMs);
            });
    // The engine's synchronous calls may be made from any thread.
    work->start([&engine = m_client.engine(), id, choice](const PageSign& sign) {
        engine::ExportRequest request;
        request.document = id;
        request.what = choice.what;
        // The engine writes no PDF: its HTML is laid out here.
        const bool isPdf = choice.format == QStringLiteral("pdf");
        request.format = isPdf ? "html" : choice.format.toStdString();
        const std::string content = engine.exportDocument(request);
        const QByteArray bytes =
            isPdf ? pdf(QString::fromStdString(content), sign) : QByteArray::fromStdString(content);
        QSaveFile file(choice.path);
        const bool isOpen = sign(0, 0) && file.open(QIODevice::WriteOnly);
        const bool isWritten = isOpen && file.write(bytes) == bytes.size() && sign(1, 1);
        return isWritten && file.commit()
                   ? QString()
                   : tr("%1 cannot be written: %2.").arg(choice.path, file.errorString());
    });
}

} // namespace ui
