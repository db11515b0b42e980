#include "engine/evaluate/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace engine::evaluate {

namespace {

constexpr const char* kInk = "#1f2328";
constexpr const char* kFaint = "#59636e";
constexpr const char* kLine = "#d1d9e0";
constexpr const char* kSeries[] = {"#0550ae", "#bc4c00", "#6e7781", "#8250df", "#116329"};

std::string fixed(double value, int digits) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
    return buffer;
}

/// "0.990 [0.946, 0.998], n 100".
std::string told(const Mark& mark, double factor, int digits, const std::string& unit) {
    const auto shown = [&](double value) { return fixed(factor * value, digits); };
    return shown(mark.interval.value) + unit +
           (mark.lack.empty()
                ? " [" + shown(mark.interval.low) + ", " + shown(mark.interval.high) + unit + "]"
                : ", " + mark.lack) +
           ", n " + std::to_string(mark.n);
}

std::string escapedText(const std::string& text) {
    std::string result;
    for (const char c : text)
        result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    return result;
}

/// Shapes on white, so that a dark page does not swallow the labels.
class Svg {
public:
    Svg(double width, double height, const std::string& title) {
        m_text = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + fixed(width, 0) +
                 " " + fixed(height, 0) + "\" width=\"" + fixed(width, 0) + "\" height=\"" +
                 fixed(height, 0) +
                 "\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n<title>" +
                 escapedText(title) + "</title>\n";
        rect(0, 0, width, height, "#ffffff");
    }
    void rect(double x, double y, double width, double height, const std::string& fill,
              const std::string& hover = "") {
        m_text += "<rect x=\"" + fixed(x, 1) + "\" y=\"" + fixed(y, 1) + "\" width=\"" +
                  fixed(width, 1) + "\" height=\"" + fixed(height, 1) + "\" fill=\"" + fill + "\"" +
                  (hover.empty() ? "/>\n" : "><title>" + escapedText(hover) + "</title></rect>\n");
    }
    void line(double x0, double y0, double x1, double y1, const std::string& color,
              double width = 1, bool isDashed = false) {
        m_text += "<line x1=\"" + fixed(x0, 1) + "\" y1=\"" + fixed(y0, 1) + "\" x2=\"" +
                  fixed(x1, 1) + "\" y2=\"" + fixed(y1, 1) + "\" stroke=\"" + color +
                  "\" stroke-width=\"" + fixed(width, 1) + "\"" +
                  (isDashed ? " stroke-dasharray=\"4 3\"" : "") + "/>\n";
    }
    void dot(double x, double y, const std::string& color, const std::string& hover) {
        m_text += "<circle cx=\"" + fixed(x, 1) + "\" cy=\"" + fixed(y, 1) +
                  "\" r=\"3.5\" fill=\"" + color + "\"><title>" + escapedText(hover) +
                  "</title></circle>\n";
    }
    void text(double x, double y, const std::string& words, const std::string& color = kInk,
              const char* anchor = "start", double size = 12, bool isBold = false) {
        m_text += "<text x=\"" + fixed(x, 1) + "\" y=\"" + fixed(y, 1) + "\" fill=\"" + color +
                  "\" text-anchor=\"" + anchor + "\" font-size=\"" + fixed(size, 0) + "\"" +
                  (isBold ? " font-weight=\"600\"" : "") + ">" + escapedText(words) + "</text>\n";
    }
    [[nodiscard]] std::string finish() const { return m_text + "</svg>\n"; }

private:
    std::string m_text;
};

/// From a pale to a deep blue: one hue, darker is more.
std::string shade(double share) {
    const double t = std::clamp(share, 0.0, 1.0);
    const auto mix = [&](int from, int to) {
        return static_cast<int>(std::lround(from + (to - from) * t));
    };
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, "#%02x%02x%02x", mix(0xea, 0x0a), mix(0xf2, 0x3d),
                  mix(0xfb, 0x91));
    return buffer;
}

/// Pixels of a letter, taken as a wide one: in a title, and elsewhere.
constexpr double kTitleLetter = 8.5, kLetter = 6.6;

/// Pixels that the lines above a chart need.
double headWidth(const std::string& title, const std::string& note) {
    return 32 + std::max(kTitleLetter * static_cast<double>(title.size()),
                         kLetter * static_cast<double>(note.size()));
}

/// Pixels right of the curves, where their names stand.
double legendWidth(const Curves& curves) {
    double width = 150;
    for (const Series& series : curves.series)
        width = std::max(width, 44 + kLetter * static_cast<double>(series.name.size()));
    return width;
}

} // namespace

std::string gridSvg(const Grid& grid) {
    constexpr double kCell = 56, kRow = 30, kLeft = 90, kTop = 84, kGap = 28;
    const double panelWidth = kCell * static_cast<double>(grid.columns.size());
    const double panelHeight = kRow * static_cast<double>(grid.rows.size());
    const auto panels = static_cast<double>(std::max<std::size_t>(1, grid.panels.size()));
    Svg svg(std::max(headWidth(grid.title, grid.note), kLeft + panels * (panelWidth + kGap)),
            kTop + panelHeight + 58, grid.title);
    svg.text(16, 24, grid.title, kInk, "start", 15, true);
    svg.text(16, 42, grid.note, kFaint);
    for (std::size_t r = 0; r < grid.rows.size(); ++r)
        svg.text(kLeft - 8, kTop + kRow * (static_cast<double>(r) + 0.5) + 4, grid.rows[r], kInk,
                 "end");
    svg.text(16, kTop - 10, grid.rowTitle, kFaint);
    for (std::size_t p = 0; p < grid.panels.size(); ++p) {
        const double left = kLeft + static_cast<double>(p) * (panelWidth + kGap);
        svg.text(left, kTop - 10, grid.panels[p].title, kInk, "start", 12, true);
        for (std::size_t c = 0; c < grid.columns.size(); ++c)
            svg.text(left + kCell * (static_cast<double>(c) + 0.5), kTop + panelHeight + 18,
                     grid.columns[c], kInk, "middle");
        svg.text(left, kTop + panelHeight + 36, grid.columnTitle, kFaint);
        for (std::size_t r = 0; r < grid.rows.size(); ++r) {
            for (std::size_t c = 0; c < grid.columns.size(); ++c) {
                const std::optional<Mark>& mark = grid.panels[p].cells[r][c];
                const double share = mark ? mark->interval.value : 0;
                const double x = left + kCell * static_cast<double>(c);
                const double y = kTop + kRow * static_cast<double>(r);
                svg.rect(x + 1, y + 1, kCell - 2, kRow - 2, mark ? shade(share) : "#f0f0f0",
                         grid.panels[p].title + ", " + grid.rows[r] + ", " + grid.columns[c] +
                             ": " + (mark ? told(*mark, 100, 1, " %") : "not run"));
                svg.text(x + kCell / 2, y + kRow / 2 + 4,
                         mark ? fixed(100 * share, 0) : std::string("not run"),
                         mark && share > 0.45 ? "#ffffff"
                         : mark               ? kInk
                                              : kFaint,
                         "middle", mark ? 12 : 10);
            }
        }
    }
    return svg.finish();
}

std::string curvesSvg(const Curves& curves) {
    constexpr double kHeight = 360, kLeft = 64, kTop = 64, kBottom = 56;
    const double right = legendWidth(curves);
    const double width = std::max(490 + right, headWidth(curves.title, curves.note));
    Svg svg(width, kHeight, curves.title);
    svg.text(16, 24, curves.title, kInk, "start", 15, true);
    svg.text(16, 42, curves.note, kFaint);
    double low = curves.reference.value_or(0), high = low;
    bool isEmpty = !curves.reference;
    for (const Series& series : curves.series)
        for (const auto& point : series.points)
            if (point) {
                const Interval& interval = point->interval;
                low = isEmpty ? interval.low : std::min(low, interval.low);
                high = isEmpty ? interval.high : std::max(high, interval.high);
                isEmpty = false;
            }
    if (high - low < 1e-9) {
        low -= 0.5;
        high += 0.5;
    }
    // About five lines at round values.
    const double rough = (high - low) / 5, power = std::pow(10.0, std::floor(std::log10(rough)));
    const double factor = rough / power <= 1   ? 1
                          : rough / power <= 2 ? 2
                          : rough / power <= 5 ? 5
                                               : 10;
    const double step = factor * power;
    low = std::floor(low / step) * step;
    high = std::ceil(high / step) * step;
    const int digits = static_cast<int>(std::max(0.0, -std::floor(std::log10(step) + 1e-9)));
    const auto y = [&](double value) {
        return kHeight - kBottom - (value - low) / (high - low) * (kHeight - kTop - kBottom);
    };
    const auto count = static_cast<double>(std::max<std::size_t>(1, curves.places.size()));
    const auto x = [&](std::size_t place) {
        return kLeft + (static_cast<double>(place) + 0.5) * (width - kLeft - right) / count;
    };
    for (int i = 0; low + i * step <= high + step / 2; ++i) {
        const double value = low + i * step;
        svg.line(kLeft, y(value), width - right, y(value), kLine);
        svg.text(kLeft - 8, y(value) + 4, fixed(value, digits), kFaint, "end", 11);
    }
    if (curves.reference)
        svg.line(kLeft, y(*curves.reference), width - right, y(*curves.reference), kFaint, 1, true);
    for (std::size_t i = 0; i < curves.places.size(); ++i)
        svg.text(x(i), kHeight - kBottom + 18, curves.places[i], kInk, "middle", 11);
    svg.text(kLeft, kHeight - 14, curves.xTitle, kFaint);
    svg.text(16, kTop - 8, curves.yTitle, kFaint);
    for (std::size_t s = 0; s < curves.series.size() && s < std::size(kSeries); ++s) {
        const Series& series = curves.series[s];
        const double shift =
            5 * (static_cast<double>(s) - (static_cast<double>(curves.series.size()) - 1) / 2);
        std::optional<std::pair<double, double>> before;
        for (std::size_t i = 0; i < series.points.size(); ++i) {
            const auto& point = series.points[i];
            if (!point) {
                before.reset();
                continue;
            }
            const Interval& interval = point->interval;
            const double at = x(i) + shift;
            if (before)
                svg.line(before->first, before->second, at, y(interval.value), kSeries[s], 2);
            if (point->lack.empty())
                svg.line(at, y(interval.low), at, y(interval.high), kSeries[s], 1.5);
            svg.dot(at, y(interval.value), kSeries[s],
                    series.name + ", " + curves.places[i] + ": " + told(*point, 1, 3, ""));
            before = {at, y(interval.value)};
        }
        const double row = kTop + 10 + 20 * static_cast<double>(s);
        svg.dot(width - right + 18, row - 4, kSeries[s], series.name);
        svg.text(width - right + 28, row, series.name);
    }
    return svg.finish();
}

} // namespace engine::evaluate
