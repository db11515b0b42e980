#pragma once
/// One tab: the pages or the text of a document with what belongs to them, the row above, the find
/// bar, the memory strip, and the history of places. Knows no engine: pictures, words and text are
/// given to pageView() or textView(), whose own signals ask for them.

#include <QWidget>

#include <vector>

#include "ui/failure_bar.h"
#include "ui/page_layout.h"
#include "ui/place_history.h"

namespace ui {

class DocumentBar;
class FindBar;
class MemoryStrip;
class PageView;
class TextView;

class DocumentView : public QWidget {
    Q_OBJECT

public:
    enum class Kind { Pages, Text };

    explicit DocumentView(Kind kind, QWidget* parent = nullptr);

    void setDocument(const QString& title, std::vector<PageInfo> pages,
                     PageUnit unit = PageUnit::Page);
    /// Why the file shows no pages; stays until it is cleared. After a wrong password the keyboard
    /// is in its field again, unless it went elsewhere meanwhile.
    void setFailure(const QString& sentence, FailureBar::Way way);
    void clearFailure();
    [[nodiscard]] bool hasFailure() const;

    /// Null for Kind::Text.
    [[nodiscard]] PageView* pageView() const { return m_pages; }
    /// Null for Kind::Pages.
    [[nodiscard]] TextView* textView() const { return m_text; }
    [[nodiscard]] MemoryStrip* memoryStrip() const { return m_strip; }
    [[nodiscard]] int currentPage() const;
    [[nodiscard]] qint64 topOffset() const;
    [[nodiscard]] engine::TextRange selection() const;

    /// Jumps to evidence and marks it. Pages: its lines; without any nothing is marked.
    void goTo(engine::TextRange range, const std::vector<LineBox>& lines = {});
    /// Jumps; the place left can be gone back to.
    void goToPage(int page);
    void goToOffset(qint64 offset);
    /// Shows a place without a step in the history, as when a session is restored.
    void restore(qint64 topOffset);
    void goBack();
    void goForward();

    void openFind();
    void closeFind();
    /// The answer to findWanted(): ascending ranges. `shown` is the one to show first; -1: the
    /// first at or after the place in view.
    void setFindHits(std::vector<engine::TextRange> hits, int shown = -1);
    void goToHit(int step);
    /// Puts the keyboard into the page field.
    void editPage();

    void zoomIn();
    void zoomOut();
    void resetZoom();
    /// A text is always as wide as the view.
    void setFit(Fit fit);
    /// Degrees clockwise more; a text cannot be turned.
    void rotate(int degrees);

Q_SIGNALS:
    /// Of the failure that is shown: the file may be there again, opens with this password, or is
    /// to be read as it is now.
    void tryAgainWanted();
    void passwordGiven(const QString& password);
    void readAgainWanted();
    /// Empty: the find bar was emptied or closed.
    void findWanted(const QString& text, bool exact);
    void historyChanged(bool canGoBack, bool canGoForward);
    void currentPageChanged(int page);
    void topOffsetChanged(qint64 offset);
    void selectionChanged(engine::TextRange range);
    void copyRequested(engine::TextRange range);
    void copyWithCitationRequested(engine::TextRange range);
    void askAboutRequested(engine::TextRange range);
    void asOfRequested(qint64 offset);

protected:
    void focusInEvent(QFocusEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    template <typename View> void connectView(View* view);
    void connectBars();
    [[nodiscard]] QWidget* view() const;
    void leave();
    void reveal(engine::TextRange range);
    void showHits();
    void announceHistory();
    void showSize();

    DocumentBar* m_bar;
    FindBar* m_find;
    FailureBar* m_failure;
    PageView* m_pages = nullptr;
    TextView* m_text = nullptr;
    MemoryStrip* m_strip;
    PlaceHistory m_history;
    std::vector<engine::TextRange> m_hits;
    int m_hit = -1;
    bool m_leftFailure = false; ///< the keyboard was in the failure bar as it went
};

} // namespace ui
