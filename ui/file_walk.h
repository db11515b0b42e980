#pragma once
/// Dropped and chosen files, folders taken apart: a few entries at a time, so that a large folder
/// does not hold the window up. Links that lead in circles end. GUI thread only.

#include <QObject>
#include <QSet>
#include <QStringList>

namespace ui {

class FileWalk : public QObject {
    Q_OBJECT

public:
    explicit FileWalk(QObject* parent = nullptr) : QObject(parent) {}

    /// Local paths of files and folders. A file is taken whatever its name; in a folder only what
    /// has the name of a book.
    void start(const QStringList& paths);

    [[nodiscard]] static bool hasNameOfABook(const QString& path);

Q_SIGNALS:
    void found(const QStringList& files);
    /// Files in folders that have another name.
    void finished(int found, const QStringList& skipped);

private:
    void step();

    QStringList m_folders; ///< not yet opened
    QSet<QString> m_seen;  ///< canonical paths of folders
    QStringList m_skipped;
    int m_found = 0;
};

} // namespace ui
