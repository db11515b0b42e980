/// A window whose content can be dragged out of it, for trying real drags from another program:
///
///     drag_source urls URL...     what a file manager offers
///     drag_source text WORDS      what a text field offers
///
/// Prints what became of each drag, "copied" or "refused". The other program asks for the data
/// after that, so this one runs until it is ended.

#include <QApplication>
#include <QDrag>
#include <QMimeData>
#include <QMouseEvent>
#include <QUrl>
#include <QWidget>

#include <cstdio>

namespace {

class DragSource : public QWidget {
public:
    explicit DragSource(const QStringList& words) : m_words(words) {
        setWindowTitle(QStringLiteral("Drag Source"));
        setFixedSize(200, 120);
    }

protected:
    void mouseMoveEvent(QMouseEvent* event) override {
        if (event->buttons() != Qt::LeftButton || m_isDragging)
            return;
        m_isDragging = true;
        auto* content = new QMimeData;
        if (m_words.first() == u"urls") {
            QList<QUrl> urls;
            for (const QString& word : m_words.mid(1))
                urls.append(QUrl(word));
            content->setUrls(urls);
        } else {
            content->setText(m_words.mid(1).join(u' '));
        }
        auto* drag = new QDrag(this);
        drag->setMimeData(content);
        const Qt::DropAction action = drag->exec(Qt::CopyAction);
        std::printf("%s\n", action == Qt::CopyAction ? "copied" : "refused");
        std::fflush(stdout);
        m_isDragging = false;
    }

private:
    QStringList m_words;
    bool m_isDragging = false;
};

} // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    const QStringList words = QApplication::arguments().mid(1);
    if (words.size() < 2) {
        std::fprintf(stderr, "drag_source urls URL... | drag_source text WORDS\n");
        return 2;
    }
    DragSource source(words);
    source.show();
    return QApplication::exec();
}
