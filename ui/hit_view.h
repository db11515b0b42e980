#pragma once
/// The places of the whole library where the words stand that a person types: asks for them after a
/// short rest in typing, lists what is found, and says when there is nothing. Hidden without words.

#include <QTimer>
#include <QWidget>

#include <vector>

#include "engine/engine.h"

class QLabel;
class QListView;
class QStackedWidget;

namespace ui {

class HitModel;

class HitView : public QWidget {
    Q_OBJECT

public:
    explicit HitView(QWidget* parent = nullptr);

    /// Empty: nothing is sought.
    void setWords(const QString& words);
    /// The documents to search, those of a collection; of the whole library when it has no name.
    /// Those that are gone have no places any more; where some were added, only these are searched,
    /// so that the places on the screen stay where they are.
    void setDocuments(std::vector<engine::DocumentId> documents, const QString& collection);

    void add(const engine::SearchHit& found);
    /// `isCut`: there are more than were asked for.
    void finish(bool isCut);
    void setFailed(const QString& sentence);
    /// The answer to allWanted.
    void setAllOf(const engine::DocumentId& document, const std::vector<engine::SearchHit>& found,
                  bool isCut);

    /// Gives the keyboard to the places; false when there is none.
    bool enter();

Q_SIGNALS:
    /// In these documents; in all when there are none.
    void searchWanted(const QString& words, const std::vector<engine::DocumentId>& documents);
    /// The words of the last search in these documents too: their places join those there are.
    void addedWanted(const std::vector<engine::DocumentId>& documents);
    /// Nobody waits for what is sought.
    void stopWanted();
    /// More than the first places of a document.
    void allWanted(const engine::DocumentId& document);
    void placeActivated(const engine::DocumentId& document, engine::TextRange range);
    /// The keyboard left the first place upwards.
    void left();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void seek();
    void activate(const QModelIndex& index);
    void restoreCurrent();
    void showSentence(const QString& sentence);
    static void announce(QLabel* label);

    HitModel* m_model;
    QLabel* m_heading;
    QStackedWidget* m_pages;
    QListView* m_list;
    QLabel* m_sentence;
    QTimer m_rest;
    QString m_words;
    std::vector<engine::DocumentId> m_documents; ///< sorted
    QString m_collection;
    bool m_hasFailed = false;          ///< what was searched has no answer
    engine::DocumentId m_keptDocument; ///< of the current place while the rows are exchanged
    std::int64_t m_keptBegin = -1;     ///< -1: there was none
};

} // namespace ui
