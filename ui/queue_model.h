#pragma once
/// The reading queue's files with what is known about each, in the order in which they are read.

#include <QAbstractListModel>

#include <optional>
#include <vector>

#include "engine/engine.h"

namespace ui {

/// "Reading: 212 of 614 pages".
QString stageWords(const engine::Progress& progress);
/// "2.6 pages/s · 1,240 tokens/s"; empty while nothing was measured.
QString rateWords(const engine::Progress& progress);
/// "about 3 minutes left".
QString remainingWords(double seconds);

/// One file of the queue, known by a key that whoever adds it chooses.
struct QueueItem {
    QString key;
    QString title;
    std::optional<engine::Progress> progress; ///< none: it waits for its turn
    bool isPaused = false;                    ///< this one alone
    bool isHeld = false;                      ///< with the whole queue
    QString failure;                          ///< a sentence; empty: none
    QString action; ///< what can be done about the failure, as a button's text; may be empty

    [[nodiscard]] bool isStill() const { return isPaused || isHeld; }
    [[nodiscard]] QString statusWords() const;
    /// Rate and remaining time; empty when nothing goes on.
    [[nodiscard]] QString detailWords() const;
    /// 0 to 1; -1 while it is not known.
    [[nodiscard]] double fraction() const;
};

class QueueModel : public QAbstractListModel {
    Q_OBJECT

public:
    explicit QueueModel(QObject* parent = nullptr);

    /// Appends a file; a key that is there already is left as it is.
    void addFile(const QString& key, const QString& title);
    void setProgress(const QString& key, const engine::Progress& progress);
    void setPaused(const QString& key, bool isPaused);
    /// The whole queue, files that are added later too.
    void setAllPaused(bool isPaused);
    void setFailed(const QString& key, const QString& sentence, const QString& action);
    /// Takes the file away and counts it.
    void setDone(const QString& key);
    /// Takes the file away as if it had never been added.
    void removeFile(const QString& key);
    /// Puts the file at a place of the queue, from 0.
    void moveFile(const QString& key, int row);

    [[nodiscard]] const QueueItem& itemAt(int row) const { return m_items.at(row); }
    /// -1 when there is none.
    [[nodiscard]] int rowOf(const QString& key) const;
    [[nodiscard]] int doneCount() const { return m_done; }
    [[nodiscard]] int failedCount() const;
    /// Whether there is work, and all of it is paused.
    [[nodiscard]] bool isPaused() const;
    /// "1 of 5 documents is done. 1 could not be read."
    [[nodiscard]] QString overallWords() const;
    /// 0 to 1 over all files, done ones included.
    [[nodiscard]] double overallFraction() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    QueueItem* find(const QString& key);
    void changed(const QueueItem& item);

    std::vector<QueueItem> m_items;
    bool m_isHeld = false;
    int m_done = 0; ///< since the queue was empty
};

} // namespace ui
