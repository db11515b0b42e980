#include "ui/reading_notices.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QPlainTextEdit>
#include <QVBoxLayout>

#include <utility>

#include "ui/exchange.h"
#include "ui/message_bar.h"

namespace ui {
namespace {

constexpr int kTogetherMs = 200;
constexpr QSize kListSize{640, 320};

} // namespace

ReadingNotices::ReadingNotices(MessageBar& messages, QWidget* window)
    : QObject(window), m_messages(messages), m_window(window) {
    m_together.setSingleShot(true);
    m_together.setInterval(kTogetherMs);
    connect(&m_together, &QTimer::timeout, this, &ReadingNotices::post);
    connect(&messages, &MessageBar::dismissed, this, [this](int message) {
        if (message == m_message)
            m_unseen.remove(0, std::exchange(m_posted, 0));
    });
    connect(&messages, &MessageBar::actionTriggered, this, [this](int message) {
        if (message == m_message)
            showAll();
    });
}

void ReadingNotices::add(const QString& path, const QString& sentence) {
    const QString line = shownLine(sentence.toStdString());
    const auto known = m_firstFile.constFind(line);
    if (known != m_firstFile.cend() && (*known != path || m_unseen.contains(line)))
        return;
    m_firstFile.insert(line, path);
    m_unseen.append(line);
    if (!m_together.isActive())
        m_together.start();
}

void ReadingNotices::post() {
    if (m_unseen.isEmpty())
        return;
    m_messages.withdraw(m_message);
    const auto count = static_cast<int>(m_unseen.size());
    m_posted = count;
    m_message =
        count == 1
            ? m_messages.post(MessageBar::Kind::Info, m_unseen.first())
            : m_messages.post(MessageBar::Kind::Info,
                              tr("%n note(s) on what was read, the last one: %1", nullptr, count)
                                  .arg(m_unseen.last()),
                              tr("Show All"));
}

void ReadingNotices::showAll() {
    m_posted = 0;
    auto* dialog = new QDialog(m_window);
    dialog->setObjectName(QStringLiteral("noticesDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Notes on What Was Read"));
    auto* list = new QPlainTextEdit(std::exchange(m_unseen, {}).join(QStringLiteral("\n\n")));
    list->setObjectName(QStringLiteral("noticesList"));
    list->setAccessibleName(dialog->windowTitle());
    list->setReadOnly(true);
    list->setTabChangesFocus(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    auto* layout = new QVBoxLayout(dialog);
    layout->addWidget(list);
    layout->addWidget(buttons);
    dialog->resize(kListSize);
    dialog->open();
}

} // namespace ui
