#include "engine/report/report.h"

namespace engine::report {
namespace {

std::string span(bool isOne, const std::string& first, const std::string& last) {
    return isOne ? first : first + "\u2013" + last;
}

std::string indexText(const Place& place) {
    return span(place.firstIndex == place.lastIndex, std::to_string(place.firstIndex),
                std::to_string(place.lastIndex));
}

std::string chapterText(const Place& place) {
    if (place.chapterNumber > 0)
        return "ch. " + std::to_string(place.chapterNumber);
    return place.chapter.empty() ? "" : "\u201C" + place.chapter + "\u201D";
}

std::string pageText(const Place& place) {
    // Two pages may have the same name.
    const bool isOne = place.firstIndex == place.lastIndex;
    const std::string index = indexText(place);
    const std::string first =
        place.firstLabel.empty() ? std::to_string(place.firstIndex) : place.firstLabel;
    const std::string last =
        place.lastLabel.empty() ? std::to_string(place.lastIndex) : place.lastLabel;
    const std::string label = span(isOne, first, last);
    const std::string text = (isOne ? "p. " : "pp. ") + label;
    return label == index || place.isPrinted ? text : text + " (PDF " + index + ")";
}

std::string locationText(const Place& place) {
    const std::string location = "loc. " + indexText(place);
    return place.paragraph > 0 ? "\u00B6 " + std::to_string(place.paragraph) + " (" + location + ")"
                               : location;
}

} // namespace

std::string placeText(const Place& place) {
    const std::string chapter = chapterText(place);
    const std::string inside = place.isLocation ? locationText(place) : pageText(place);
    return chapter.empty() ? inside : chapter + ", " + inside;
}

} // namespace engine::report
