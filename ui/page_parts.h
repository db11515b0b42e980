#pragma once
/// Sharp pictures of the parts in view, for zooms at which a whole page would be too many pixels:
/// at most one for each page in view. Pure.

#include <QImage>
#include <QRect>

#include <map>
#include <optional>

namespace ui {

class PageParts {
public:
    /// Of one picture: more is not drawn (engine::RenderRequest).
    static constexpr double kMostPixels = 8 << 20;

    struct Part {
        double scale = 0; ///< pixels per point
        int rotation = 0;
        QRect place; ///< pixels of the whole page's turned picture
        QImage image;
    };

    /// The part to ask for so that `visible` becomes sharp, wider than that so that a little
    /// scrolling needs nothing, and no larger than a picture may be, around the middle of what is
    /// visible; none when it is there or on its way. `whole`: the page's picture.
    std::optional<QRect> missing(int page, double scale, int rotation, QRect visible, QRect whole);
    /// An answer to an older question is dropped.
    void set(int page, Part part);
    /// None unless it is of this scale and rotation.
    [[nodiscard]] const Part* find(int page, double scale, int rotation) const;
    /// Forgets the pages outside.
    void keepOnly(int first, int last);
    void clear();

private:
    std::map<int, Part> m_asked; ///< without images
    std::map<int, Part> m_parts;
};

} // namespace ui
