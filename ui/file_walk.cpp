#include "ui/file_walk.h"

#include <QDir>
#include <QFileInfo>
#include <QTimer>

namespace ui {

bool FileWalk::hasNameOfABook(const QString& path) {
    static const QStringList kSuffixes = {QStringLiteral("pdf"), QStringLiteral("epub"),
                                          QStringLiteral("txt"), QStringLiteral("text"),
                                          QStringLiteral("md"),  QStringLiteral("markdown")};
    return kSuffixes.contains(QFileInfo(path).suffix().toLower());
}

void FileWalk::start(const QStringList& paths) {
    QStringList files;
    for (const QString& path : paths) {
        if (QFileInfo(path).isDir())
            m_folders.append(path);
        else
            files.append(QFileInfo(path).absoluteFilePath());
    }
    m_found = static_cast<int>(files.size());
    if (!files.isEmpty())
        Q_EMIT found(files);
    QTimer::singleShot(0, this, &FileWalk::step);
}

void FileWalk::step() {
    if (m_folders.isEmpty()) {
        Q_EMIT finished(m_found, m_skipped);
        return;
    }
    const QString folder = m_folders.takeFirst();
    const QString canonical = QFileInfo(folder).canonicalFilePath();
    QStringList files;
    if (!canonical.isEmpty() && !m_seen.contains(canonical)) {
        m_seen.insert(canonical);
        const QFileInfoList entries = QDir(canonical).entryInfoList(
            QDir::Dirs | QDir::Files | QDir::NoDotAndDotDot, QDir::DirsLast | QDir::Name);
        for (const QFileInfo& entry : entries) {
            if (entry.isDir())
                m_folders.append(entry.filePath());
            else if (hasNameOfABook(entry.filePath()))
                files.append(entry.absoluteFilePath());
            else
                m_skipped.append(entry.absoluteFilePath());
        }
    }
    m_found += static_cast<int>(files.size());
    if (!files.isEmpty())
        Q_EMIT found(files);
    QTimer::singleShot(0, this, &FileWalk::step);
}

} // namespace ui
