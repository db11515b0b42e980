#include "ui/lost_run.h"

#include <QClipboard>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFile>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/message_bar.h"

namespace ui {
namespace {

QString sentence(LostRun::Doing doing) {
    switch (doing) {
    case LostRun::Doing::Reading:
        return LostRun::tr("Infolio stopped unexpectedly while it was reading. What was read until "
                           "then is kept.");
    case LostRun::Doing::Writing:
        return LostRun::tr("Infolio stopped unexpectedly while it was writing an answer or a "
                           "summary.");
    case LostRun::Doing::Nothing:
        break;
    }
    return LostRun::tr("Infolio stopped unexpectedly the last time.");
}

/// A report holds numbers and names of libraries; more than this was not written by the program.
constexpr qint64 kMostBytes = 64 * 1024;

} // namespace

LostRun::LostRun(MessageBar& messages, QWidget* window)
    : QObject(window), m_window(window), m_messages(messages) {
    connect(&messages, &MessageBar::actionTriggered, this, [this](int message) {
        if (message == m_message)
            show(m_report);
    });
}

void LostRun::tell(Doing doing, const QString& report) {
    m_report = report;
    m_message = report.isEmpty() ? m_messages.post(MessageBar::Kind::Info, sentence(doing),
                                                   QString(), MessageBar::kUndoMs)
                                 : m_messages.post(MessageBar::Kind::Failure, sentence(doing),
                                                   tr("Show Report"));
}

void LostRun::show(const QString& report) {
    QFile file(report);
    const QString text = file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.read(kMostBytes))
                                                        : tr("The report is not there any more.");
    auto* dialog = new QDialog(m_window);
    dialog->setObjectName(QStringLiteral("lostRun"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Report"));
    auto* words = new QLabel(tr("This report was not sent anywhere. It holds numbers and names of "
                                "program files, no text and no names of yours. Whoever is to find "
                                "the fault can use it."),
                             dialog);
    words->setWordWrap(true);
    auto* view = new QPlainTextEdit(text, dialog);
    view->setObjectName(QStringLiteral("lostRunText"));
    view->setAccessibleName(tr("Report"));
    view->setReadOnly(true);
    view->setTabChangesFocus(true);
    view->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    auto* copy = buttons->addButton(tr("Copy"), QDialogButtonBox::ActionRole);
    auto* remove = buttons->addButton(tr("Delete"), QDialogButtonBox::DestructiveRole);
    copy->setObjectName(QStringLiteral("lostRunCopy"));
    remove->setObjectName(QStringLiteral("lostRunDelete"));
    connect(copy, &QPushButton::clicked, dialog,
            [text] { QGuiApplication::clipboard()->setText(text); });
    connect(remove, &QPushButton::clicked, dialog, [dialog, report] {
        QFile::remove(report);
        dialog->accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    auto* layout = new QVBoxLayout(dialog);
    layout->addWidget(words);
    layout->addWidget(view, 1);
    layout->addWidget(buttons);
    const int em = dialog->fontMetrics().height();
    dialog->resize(em * 36, em * 24);
    dialog->open();
}

} // namespace ui
