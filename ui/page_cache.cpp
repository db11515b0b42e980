#include "ui/page_cache.h"

#include <array>

namespace ui {
namespace {

constexpr qsizetype kScalesKept = 8;

/// The nearest rotation comes first, because it needs no turning.
std::array<int, 4> rotationsFrom(int rotation) {
    return {rotation, (rotation + 90) % 360, (rotation + 180) % 360, (rotation + 270) % 360};
}

} // namespace

size_t qHash(const PictureKey& key, size_t seed) {
    return qHashMulti(seed, key.page, key.scale, key.rotation);
}

void PageCache::insert(const PictureKey& key, const QImage& image) {
    m_scales.removeOne(key.scale);
    m_scales.prepend(key.scale);
    if (m_scales.size() > kScalesKept)
        m_scales.removeLast();
    m_pictures.insert(key, new QImage(image), image.sizeInBytes());
}

std::optional<PageCache::Picture> PageCache::find(const PictureKey& key) const {
    QList<double> scales = m_scales;
    scales.prepend(key.scale);
    for (const double scale : scales) {
        for (const int rotation : rotationsFrom(key.rotation)) {
            if (const QImage* image = m_pictures.object({key.page, scale, rotation}))
                return Picture{*image, rotation, scale == key.scale};
        }
    }
    return std::nullopt;
}

bool PageCache::contains(int page, double scale) const {
    for (const int rotation : rotationsFrom(0)) {
        if (m_pictures.contains({page, scale, rotation}))
            return true;
    }
    return false;
}

void PageCache::clear() {
    m_pictures.clear();
    m_scales.clear();
}

} // namespace ui
