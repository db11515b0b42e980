#include "ui/exporting.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QSaveFile>
#include <QStandardPaths>

#include <utility>

#include "ui/background.h"
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
    const EngineClient::Request running = m_client.exportDocument(request);
    m_running[running] = {&dialog, choice, {}, {}};
    connect(&dialog, &QDialog::rejected, this, [this, running] { m_client.cancel(running); });
}

void Exporting::receive(quint64 request, const engine::Event& event) {
    const auto found = m_running.find(request);
    if (found == m_running.end())
        return;
    if (const auto* exported = std::get_if<engine::Exported>(&event))
        found->second.content = exported->content;
    else if (const auto* failure = std::get_if<engine::Failed>(&event))
        found->second.trouble = shownLine(failure->message);
}

void Exporting::end(quint64 request) {
    const auto found = m_running.find(request);
    if (found == m_running.end())
        return;
    Running running = std::move(found->second);
    m_running.erase(found);
    if (!running.dialog || !running.dialog->isVisible())
        return;
    if (running.content)
        write(*running.dialog, running.choice, std::move(*running.content));
    else if (!running.trouble.isEmpty())
        close(*running.dialog, running.choice.path, running.trouble);
    else
        running.dialog->setBusy(false); // everything is being cancelled
}

void Exporting::write(ExportDialog& dialog, const ExportChoice& choice, std::string content) {
    auto* work = new Background(this);
    connect(&dialog, &QDialog::rejected, work, &Background::stop);
    connect(work, &Background::finished, this,
            [this, work, open = QPointer(&dialog), path = choice.path](const QString& trouble,
                                                                       bool wasStopped) {
                work->deleteLater();
                if (!wasStopped && open)
                    close(*open, path, trouble);
            });
    work->start([choice, content = std::move(content)](const PageSign& sign) {
        return writeFile(content, choice, sign);
    });
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
