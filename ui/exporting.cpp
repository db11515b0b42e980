#include "ui/exporting.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QSaveFile>
#include <QStandardPaths>

#include "ui/exchange.h"
#include "ui/library_model.h"
#include "ui/message_bar.h"
#include "ui/pdf.h"

namespace ui {
namespace {

/// The engine writes no PDF: its HTML is laid out here.
bool isPdf(const ExportChoice& choice) {
    return choice.format == QStringLiteral("pdf");
}

/// The reason why nothing was written; empty: it was.
QString write(const std::string& content, const ExportChoice& choice) {
    if (QFileInfo::exists(choice.path) && !choice.mayReplace)
        return Exporting::tr("%1 exists already.").arg(choice.path);
    const QByteArray bytes =
        isPdf(choice) ? pdf(QString::fromStdString(content)) : QByteArray::fromStdString(content);
    QSaveFile file(choice.path);
    const bool isWritten =
        file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit();
    return isWritten
               ? QString()
               : Exporting::tr("%1 cannot be written: %2.").arg(choice.path, file.errorString());
}

} // namespace

Exporting::Exporting(EngineClient& client, MessageBar& messages, QWidget* window)
    : QObject(window), m_client(client), m_messages(messages), m_window(window) {
    connect(&client, &EngineClient::arrived, this, &Exporting::receive);
    connect(&client, &EngineClient::ended, this, &Exporting::end);
}

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
    for (const auto& [request, running] : m_running) {
        if (running.dialog == &dialog)
            return; // pressed twice
    }
    const ExportChoice choice = dialog.choice();
    engine::ExportRequest request;
    request.document = id;
    request.what = choice.what;
    request.format = isPdf(choice) ? "html" : choice.format.toStdString();
    dialog.setTrouble({});
    m_running[m_client.exportDocument(request)] = {&dialog, choice, {}, false};
}

void Exporting::receive(quint64 request, const engine::Event& event) {
    const auto found = m_running.find(request);
    if (found == m_running.end() || !found->second.dialog)
        return;
    Running& running = found->second;
    if (const auto* exported = std::get_if<engine::Exported>(&event)) {
        running.trouble = write(exported->content, running.choice);
        running.isWritten = running.trouble.isEmpty();
    } else if (const auto* failure = std::get_if<engine::Failed>(&event)) {
        running.trouble = shownLine(failure->message);
    }
}

void Exporting::end(quint64 request) {
    const auto found = m_running.find(request);
    if (found == m_running.end())
        return;
    const Running running = found->second;
    m_running.erase(found);
    if (!running.dialog)
        return;
    running.dialog->setTrouble(running.trouble);
    if (!running.isWritten)
        return;
    running.dialog->accept();
    m_messages.post(MessageBar::Kind::Info, tr("Exported to %1.").arg(running.choice.path),
                    QString(), MessageBar::kUndoMs);
}

} // namespace ui
