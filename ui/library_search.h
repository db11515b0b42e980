#pragma once
/// From the find field of the library to the engine and back: looks for words in the text of the
/// documents, one search at a time. GUI thread only.

#include <QObject>

#include <set>
#include <string>
#include <vector>

#include "ui/engine_client.h"

namespace ui {

class HitView;
class LibraryView;

class LibrarySearch : public QObject {
    Q_OBJECT

public:
    /// Passages that are shown at most, and those of a document when it is asked for all of its
    /// own.
    static constexpr int kMost = 100;
    static constexpr int kMostOfOne = 200;

    LibrarySearch(EngineClient& client, LibraryView& view, QObject* parent = nullptr);

private:
    void search(const QString& words, const std::vector<engine::DocumentId>& documents);
    void searchAdded(const std::vector<engine::DocumentId>& documents);
    void searchAll(const engine::DocumentId& document);
    void start(const std::vector<engine::DocumentId>& documents);
    void goOn();
    void stop();
    void receive(quint64 request, const engine::Event& event);
    void end(quint64 request, bool wasCancelled);

    EngineClient& m_client;
    HitView& m_view;
    std::string m_words;
    EngineClient::Request m_request = 0; ///< through the library; 0: none runs
    int m_count = 0;
    std::set<engine::DocumentId> m_found;
    std::vector<engine::DocumentId> m_added; ///< wait for the search that runs
    EngineClient::Request m_allRequest = 0;  ///< through one document; 0: none runs
    engine::DocumentId m_allOf;
    std::vector<engine::SearchHit> m_all;
};

} // namespace ui
