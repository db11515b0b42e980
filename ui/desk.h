#pragma once
/// The open documents, a tab each: brings pages, pictures, words and text from the engine to the
/// views that ask for them, and shows the place that a citation names. GUI thread only.

#include <QTabWidget>

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ui/engine_client.h"
#include "ui/page_layout.h"
#include "ui/window_state.h"

namespace ui {

class DocumentView;

/// A place in a document as PageSpec takes it, and as a person reads it.
struct PlaceName {
    QString spec; ///< "index:240", "214" of a printed edition, "loc:37"
    QString text; ///< "p. 226 (PDF 240)", "p. 214", "loc. 37"
};

class Desk : public QTabWidget {
    Q_OBJECT

public:
    explicit Desk(EngineClient& client, QWidget* parent = nullptr);
    ~Desk() override;

    /// Opens a tab, or brings it to the front.
    void open(const engine::DocumentInfo& document);
    /// Shows and marks a range of a document, opened if it is not.
    void show(const engine::DocumentId& id, engine::TextRange range);
    /// What has been read of an open document may have grown.
    void update(const engine::DocumentInfo& document);
    /// The same for every open document.
    void refresh();
    /// How far the reading of a document is (Stage::Read); other stages change nothing.
    void setProgress(const engine::Progress& progress);
    /// A document that is gone takes its tab with it.
    void closeDocument(const engine::DocumentId& id);
    void closeCurrent();

    [[nodiscard]] std::optional<engine::DocumentInfo> current() const;
    [[nodiscard]] DocumentView* currentView() const;
    [[nodiscard]] qint64 currentOffset() const;
    /// The printed name of the page in front; empty where no page is.
    [[nodiscard]] QString currentLabel() const;
    [[nodiscard]] PlaceName placeOf(const engine::DocumentId& id, qint64 offset) const;

    /// The last page that answers may look at, as an offset; none: all.
    void setBound(std::optional<qint64> offset);
    void setInverted(bool isInverted);
    void setTextPercent(int percent);

    [[nodiscard]] QList<TabState> tabs() const;
    /// Documents that are no longer in the library are left out.
    void restore(const QList<TabState>& tabs, int currentTab);

Q_SIGNALS:
    /// Another document is in front, or none.
    void currentDocumentChanged();
    /// The place in the document in front moved.
    void placeChanged();
    void historyChanged(bool canGoBack, bool canGoForward);
    void asOfRequested(qint64 offset);
    void askAboutRequested(const QString& text);
    void failed(const QString& sentence);
    /// Its file is another one than was read.
    void readRequested(const engine::DocumentId& id);
    /// A link out of the document was followed; the address is as the file has it.
    void addressActivated(const QString& address);

private:
    struct Tab;
    struct Wanted {
        Tab* tab;
        int page;
        double scale;
        int rotation;
        QRect part; ///< null: the whole page
        bool isAnswered = false;
    };

    struct LinksOf {
        Tab* tab = nullptr;
        int page = 0;
    };

    Tab* tabOf(const engine::DocumentId& id) const;
    Tab* tabAt(int index) const;
    Tab& add(const engine::DocumentInfo& document);
    void wire(Tab& tab);
    void wirePages(Tab& tab);
    void wireText(Tab& tab);
    void close(int index);
    void giveText(Tab& tab, int page);
    void wantLinks(Tab& tab, int page);
    void receiveLinks(quint64 request, const engine::Event& event);
    void followLink(const Tab& tab, const QString& target);
    void showFailure(const Tab& tab, const engine::Failed& failure);
    void tryAgain(Tab& tab);
    void tryAgainSoon(const engine::DocumentId& id);
    void cancelFor(const Tab& tab);
    void giveBlocks(Tab& tab, qint64 offset);
    void find(Tab& tab, const QString& text, bool isExact);
    void copy(const Tab& tab, engine::TextRange range, bool withCitation);
    static QString specOfPrinted(const Tab& tab, const PageInfo& page);
    void refreshStrip(Tab& tab);
    void render(const Wanted& wanted);
    void receive(quint64 request, const engine::Event& event);
    void endPicture(quint64 request, bool wasCancelled);
    [[nodiscard]] QString text(const Tab& tab, engine::TextRange range) const;

    EngineClient& m_client;
    std::vector<std::unique_ptr<Tab>> m_tabs;
    std::map<EngineClient::Request, Wanted> m_pictures;
    std::map<EngineClient::Request, LinksOf> m_links;
    bool m_isInverted = false;
    int m_textPercent = 100;
};

} // namespace ui
