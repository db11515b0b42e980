#include "ui/print_pages.h"

#include <QPrinter>

#include <algorithm>

#include "ui/exchange.h"

namespace ui {
namespace {

constexpr double kScale = PrintPages::kDotsPerInch / 72;
constexpr qint64 kMostPixels = 8 << 20;

} // namespace

std::deque<QRect> printParts(const QSize& pixels) {
    std::deque<QRect> parts;
    const int rows = static_cast<int>(std::clamp<qint64>(kMostPixels / std::max(1, pixels.width()),
                                                         1, std::max(1, pixels.height())));
    for (int top = 0; top < pixels.height(); top += rows)
        parts.emplace_back(0, top, pixels.width(), std::min(rows, pixels.height() - top));
    return parts;
}

PrintPages::PrintPages(EngineClient& client, std::shared_ptr<QPrinter> printer,
                       const engine::DocumentInfo& document, std::vector<int> pages,
                       QObject* parent)
    : QObject(parent), m_client(client), m_document(document),
      m_known(client.engine().pages(document.id)), m_pages(std::move(pages)),
      m_sheets(new PrintSheets(std::move(printer))) {
    std::erase_if(m_pages, [this](int page) { return page < 1 || page > std::ssize(m_known); });
    m_sheets->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_sheets, &QObject::deleteLater);
    connect(&client, &EngineClient::arrived, this, &PrintPages::receive);
    connect(&client, &EngineClient::ended, this, [this](quint64 request) {
        // Without a picture: it was cancelled.
        if (request != m_request)
            return;
        m_request = 0;
        end();
    });
    connect(m_sheets, &PrintSheets::drawn, this, &PrintPages::goOn);
    connect(m_sheets, &PrintSheets::ended, this,
            [this](bool isPrinted) { Q_EMIT finished(isPrinted, m_isStopped); });
}

PrintPages::~PrintPages() {
    m_client.cancel(m_request);
    m_thread.quit();
    m_thread.wait();
}

void PrintPages::start() {
    m_thread.start();
    beginPage();
}

void PrintPages::stop() {
    m_isStopped = true;
    m_client.cancel(m_request);
}

void PrintPages::beginPage() {
    Q_EMIT progressed(static_cast<int>(m_at), static_cast<int>(m_pages.size()));
    if (m_isStopped || m_at >= m_pages.size())
        return end();
    const engine::PageInfo& page = m_known[static_cast<std::size_t>(m_pages[m_at] - 1)];
    m_size = QSizeF(page.widthPt, page.heightPt);
    m_parts = printParts((m_size * kScale).toSize());
    if (m_parts.empty())
        m_parts.emplace_back(0, 0, 1, 1); // the engine says what is wrong with such a page
    askForPart();
}

void PrintPages::askForPart() {
    const QRect& part = m_parts.front();
    engine::RenderRequest request;
    request.document = m_document.id;
    request.page = m_pages[m_at];
    request.scale = static_cast<float>(kScale);
    request.part = engine::PixelRect{part.x(), part.y(), part.width(), part.height()};
    m_request = m_client.render(request);
}

void PrintPages::receive(quint64 request, const engine::Event& event) {
    if (request != m_request)
        return;
    const auto* picture = std::get_if<engine::PagePicture>(&event);
    const auto* failure = std::get_if<engine::Failed>(&event);
    if (picture == nullptr && failure == nullptr)
        return;
    m_request = 0;
    const std::string reason = picture != nullptr ? picture->failure : failure->message;
    if (!reason.empty()) {
        const QString sentence = tr("Page %1 cannot be printed: %2")
                                     .arg(QString::number(m_pages[m_at]), shownLine(reason));
        m_parts = {QRect()};
        QMetaObject::invokeMethod(
            m_sheets, [sheets = m_sheets, sentence] { sheets->drawSentence(sentence); });
        return;
    }
    // Copied: the bytes are the event's.
    const QImage image =
        QImage(reinterpret_cast<const uchar*>(picture->pixels.data()), picture->width,
               picture->height, picture->stride, QImage::Format_RGB32)
            .copy();
    QMetaObject::invokeMethod(m_sheets, [sheets = m_sheets, size = m_size, part = m_parts.front(),
                                         image] { sheets->draw(size, kScale, part, image); });
}

void PrintPages::goOn(bool isDrawn) {
    m_parts.pop_front();
    if (!isDrawn || m_isStopped)
        return end();
    if (!m_parts.empty())
        return askForPart();
    ++m_at;
    beginPage();
}

void PrintPages::end() {
    const bool isWhole = !m_isStopped && m_at >= m_pages.size();
    QMetaObject::invokeMethod(m_sheets, [sheets = m_sheets, isWhole] {
        if (isWhole)
            sheets->end();
        else
            sheets->abort();
    });
}

} // namespace ui
