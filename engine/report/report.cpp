#include "engine/report/report.h"

#include <algorithm>
#include <functional>
#include <map>

#include "engine/report/escape.h"

namespace engine::report {
namespace {

constexpr const char* kMemoryMark = "~";
constexpr const char* kModelMark = "?";
constexpr const char* kMemoryLegend = "~ from memory, no evidence found.";
constexpr const char* kModelLegend = "? neither evidence nor memory supports this sentence.";

/// The words of one output format.
struct Format {
    std::function<std::string(const std::string&)> text; ///< a book's text, made harmless
    std::function<std::string(int)> reference;           ///< a footnote's mark in a line
    std::function<std::string(const std::string&)> mark; ///< a basis mark before a sentence
    std::function<std::string(int, const std::string&)> heading;
};

class Writer {
public:
    explicit Writer(Format format) : m_format(std::move(format)) {}

    std::string write(const Report& report,
                      const std::function<std::string(int, const std::string&)>& note) {
        std::string out = m_format.heading(1, report.title);
        if (!report.subtitle.empty())
            out += m_format.text(report.subtitle) + "\n\n";
        for (const Section& section : report.sections)
            out += sectionText(section);
        for (const auto& [number, text] : m_notes)
            out += note(number, text);
        if (!m_notes.empty())
            out += "\n";
        if (m_hasMemory)
            out += m_format.text(kMemoryLegend) + "\n\n";
        if (m_hasModel)
            out += m_format.text(kModelLegend) + "\n\n";
        for (const auto& [name, value] : report.facts)
            out += "- " + m_format.text(name) + ": " + m_format.text(value) + "\n";
        while (out.ends_with("\n\n"))
            out.pop_back();
        return out;
    }

private:
    std::string quoted(const Footnote& footnote) const {
        return m_format.text(footnote.citation) + ": \u201C" + m_format.text(footnote.quote) +
               "\u201D";
    }

    /// Gives the section's notes their numbers in the report, in the order in which lines cite
    /// them.
    std::map<int, int> number(const Section& section) {
        std::map<int, int> numbers;
        for (const Line& line : section.lines) {
            for (const int citation : line.citations) {
                const auto note = std::ranges::find(section.footnotes, citation, &Footnote::number);
                if (note == section.footnotes.end() || numbers.contains(citation))
                    continue;
                const int next = static_cast<int>(m_notes.size()) + 1;
                numbers[citation] = next;
                m_notes[next] = quoted(*note);
            }
        }
        return numbers;
    }

    std::string lineText(const Line& line, const std::map<int, int>& numbers) {
        std::string out;
        if (line.basis == "memory" || line.basis == "model") {
            const bool isMemory = line.basis == "memory";
            (isMemory ? m_hasMemory : m_hasModel) = true;
            out += m_format.mark(isMemory ? kMemoryMark : kModelMark) + " ";
        }
        out += m_format.text(line.text);
        for (const int citation : line.citations) {
            const auto known = numbers.find(citation);
            if (known != numbers.end())
                out += m_format.reference(known->second);
        }
        return out;
    }

    std::string sectionText(const Section& section) {
        const auto numbers = number(section);
        std::string out = section.heading.empty()
                              ? ""
                              : m_format.heading(std::clamp(section.level, 2, 6), section.heading);
        int point = 0;
        for (const Line& line : section.lines) {
            ++point;
            if (section.style == "points")
                out += "- " + lineText(line, numbers) + "\n";
            else if (section.style == "outline")
                out += std::to_string(point) + ". " + lineText(line, numbers) + "\n";
            else
                out += (point > 1 ? " " : "") + lineText(line, numbers);
        }
        const bool isList = section.style == "points" || section.style == "outline";
        if (!section.lines.empty())
            out += isList ? "\n" : "\n\n";
        out += furtherPassages(section, numbers);
        return section.coverage.empty() ? out : out + m_format.text(section.coverage) + "\n\n";
    }

    std::string furtherPassages(const Section& section, const std::map<int, int>& numbers) const {
        std::string list;
        for (const Footnote& footnote : section.footnotes)
            if (!numbers.contains(footnote.number))
                list += "- " + quoted(footnote) + "\n";
        return list.empty() ? list : m_format.text("Further passages") + ":\n\n" + list + "\n";
    }

    Format m_format;
    std::map<int, std::string> m_notes;
    bool m_hasMemory = false, m_hasModel = false;
};

} // namespace

std::string markdown(const Report& report) {
    Writer writer({
        escapeMarkdown,
        [](int number) { return "[^" + std::to_string(number) + "]"; },
        [](const std::string& mark) { return "\\" + mark; },
        [](int level, const std::string& text) {
            return std::string(static_cast<std::size_t>(level), '#') + " " + escapeMarkdown(text) +
                   "\n\n";
        },
    });
    return writer.write(report, [](int number, const std::string& text) {
        return "[^" + std::to_string(number) + "]: " + text + "\n";
    });
}

std::string plainText(const Report& report) {
    const auto plain = [](const std::string& text) { return escapeControls(oneLine(text)); };
    Writer writer({
        plain,
        [](int number) { return " [" + std::to_string(number) + "]"; },
        [](const std::string& mark) { return mark; },
        [plain](int level, const std::string& text) {
            const std::string line = plain(text);
            std::size_t width = 0;
            for (const char c : line)
                width += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
            return line + "\n" + std::string(width, level == 1 ? '=' : '-') + "\n\n";
        },
    });
    return writer.write(report, [](int number, const std::string& text) {
        return "[" + std::to_string(number) + "] " + text + "\n";
    });
}

} // namespace engine::report
