#pragma once
/// Page pictures that were rendered, at most 256 MB of them; the least recently painted go first.

#include <QCache>
#include <QImage>
#include <QList>

#include <optional>

namespace ui {

/// Which picture: a page from 1, pixels per point, and how far the picture is turned already.
struct PictureKey {
    int page = 0;
    double scale = 0;
    int rotation = 0;
    bool operator==(const PictureKey&) const = default;
};

size_t qHash(const PictureKey& key, size_t seed = 0);

class PageCache {
public:
    static constexpr qsizetype kBytes = 256 * 1024 * 1024;

    struct Picture {
        QImage image;
        int rotation = 0;
        bool isExact = false; ///< of the scale that was asked for
    };

    explicit PageCache(qsizetype bytes = kBytes) : m_pictures(bytes) {}

    /// A picture bigger than the whole cache is not kept.
    void insert(const PictureKey& key, const QImage& image);
    /// The best there is for a page: of this scale, turned as wanted if possible, or else of a
    /// scale used lately, to be scaled until the right one comes.
    [[nodiscard]] std::optional<Picture> find(const PictureKey& key) const;
    [[nodiscard]] bool contains(int page, double scale) const;
    void clear();
    [[nodiscard]] qsizetype bytes() const { return m_pictures.totalCost(); }

private:
    QCache<PictureKey, QImage> m_pictures;
    QList<double> m_scales; ///< latest first
};

} // namespace ui
