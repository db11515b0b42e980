#pragma once
/// A view on a book of 2,400 small pages whose words stand on a grid, so that a test knows where
/// each of them is.

#include <QImage>
#include <QScrollBar>
#include <QTest>

#include <memory>

#include "ui/page_view.h"

namespace support {

inline constexpr int kLetters = 1000; ///< of each page

inline std::vector<ui::PageInfo> book(int count) {
    std::vector<ui::PageInfo> pages;
    for (int i = 0; i < count; ++i) {
        ui::PageInfo page;
        page.index = i + 1;
        page.label = QString::number(i + 1);
        page.size = {400, 600};
        page.range = {i * kLetters, (i + 1) * kLetters};
        pages.push_back(page);
    }
    return pages;
}

/// Ten words a line, ten lines a page; word n of a page holds offsets [10 n, 10 n + 9).
inline std::vector<ui::WordBox> words(int page) {
    std::vector<ui::WordBox> result;
    for (int n = 0; n < 100; ++n) {
        const qint64 begin = (page - 1) * kLetters + n * 10;
        result.push_back({{begin, begin + 9}, QRectF(40 + n % 10 * 32, 60 + n / 10 * 50, 28, 12)});
    }
    return result;
}

inline qint64 wordBegin(int page, int n) {
    return (page - 1) * kLetters + n * 10;
}

inline QImage grab(ui::PageView& view) {
    QImage image(view.viewport()->size(), QImage::Format_RGB32);
    view.viewport()->render(&image);
    return image;
}

/// Shown, at 100 %, at the top.
inline std::unique_ptr<ui::PageView> shownView() {
    auto view = std::make_unique<ui::PageView>();
    view->resize(500, 700);
    view->setPages(book(2400));
    view->show();
    if (!QTest::qWaitForWindowExposed(view.get()))
        return nullptr;
    view->setZoom(1);
    view->verticalScrollBar()->setValue(0);
    view->setFocus();
    return view;
}

inline void giveWords(ui::PageView& view, int first, int last) {
    for (int page = first; page <= last; ++page)
        view.setWords(page, words(page));
}

/// The middle of a word in the viewport.
inline QPoint onWord(const ui::PageView& view, int page, int n) {
    return view.toViewport(page, words(page)[static_cast<std::size_t>(n)].box).center().toPoint();
}

} // namespace support
