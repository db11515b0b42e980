#include "ui/exporting.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QSaveFile>
#include <QStandardPaths>

#include "ui/exchange.h"
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
                const QString trouble = write(id, choice);
                dialog->setTrouble(trouble);
                if (!trouble.isEmpty())
                    return;
                dialog->accept();
                m_messages.post(MessageBar::Kind::Info, tr("Exported to %1.").arg(choice.path),
                                QString(), MessageBar::kUndoMs);
            });
    dialog->open();
}

QString Exporting::write(const engine::DocumentId& id, const ExportChoice& choice) {
    engine::ExportRequest request;
    request.document = id;
    request.what = choice.what;
    // The engine writes no PDF: its HTML is laid out here.
    const bool isPdf = choice.format == QStringLiteral("pdf");
    request.format = isPdf ? "html" : choice.format.toStdString();
    try {
        const std::string content = m_client.engine().exportDocument(request);
        const QByteArray bytes =
            isPdf ? pdf(QString::fromStdString(content)) : QByteArray::fromStdString(content);
        if (QFileInfo::exists(choice.path) && !choice.mayReplace)
            return tr("%1 exists already.").arg(choice.path);
        QSaveFile file(choice.path);
        const bool isWritten =
            file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit();
        return isWritten ? QString()
                         : tr("%1 cannot be written: %2.").arg(choice.path, file.errorString());
    } catch (const engine::Error& error) {
        return shownLine(error.what());
    }
}

} // namespace ui
