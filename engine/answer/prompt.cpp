#include "engine/answer/prompt.h"

#include <array>
#include <cctype>
#include <ranges>

#include "engine/answer/words.h"

namespace engine::answer {
namespace {

constexpr std::string_view kAskInstruction =
    "Answer the question in one short sentence, with facts from the passages only.";
constexpr std::string_view kMemoryInstruction =
    "Answer the question about the book that you have read in one short sentence.";
constexpr std::string_view kSummaryInstruction =
    "Say in plain sentences what happens in the text. Use facts from the text only.";

/// A small model learns the form of an answer from two examples better than from any instruction.
struct Example {
    const char* passage;
    const char* question;
    const char* answer;
};
constexpr std::array<Example, 2> kExamples = {{
    {"The keeper locked the gate at dusk, because in winter the wolves came down from the hills. "
     "His "
     "daughter carried the lamp.",
     "Why did the keeper lock the gate?",
     "He locked the gate because the wolves came down from the hills in winter."},
    {"At the market Tomas sold his grey mare to a miller and walked home with nine silver coins.",
     "Who bought the mare?", "A miller bought the grey mare."},
}};
constexpr std::string_view kSummaryText =
    "Old Tomas had a grey mare that limped. At the market nobody looked at her until noon, when a "
    "miller came by and asked her price. They argued for an hour. In the end Tomas sold the mare "
    "for "
    "nine silver coins and walked home in the rain, singing, for he had feared to come back with "
    "nothing.";
constexpr std::string_view kSummary = "Tomas sold his limping mare to a miller for nine silver "
                                      "coins after a long argument. He walked "
                                      "home singing.";

bool isDigitAt(std::string_view text, std::size_t i) {
    return i < text.size() && text[i] >= '0' && text[i] <= '9';
}
bool isSpaceAt(std::string_view text, std::size_t i) {
    return i < text.size() && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t');
}

/// Length of "[3]", "[1, 2]" or "[Passage 3]" at `i`, or 0.
std::size_t bracketLength(std::string_view text, std::size_t i) {
    if (text[i] != '[')
        return 0;
    const std::size_t close = text.find(']', i);
    if (close == std::string_view::npos || close - i > 16)
        return 0;
    for (std::size_t k = i + 1; k < close; ++k) {
        if (isDigitAt(text, k))
            return close + 1 - i;
    }
    return 0;
}

/// Length of "p. 12", "pp. 12-14", "page 12" or "pages 12 and 13" at `i`, or 0.
std::size_t pageLength(std::string_view text, std::size_t i) {
    const bool isWordStart = i == 0 || !std::isalnum(static_cast<unsigned char>(text[i - 1]));
    if (!isWordStart)
        return 0;
    constexpr std::array<std::string_view, 8> kNames = {"pages ", "page ", "pp. ",   "p. ",
                                                        "pp.",    "p.",    "Pages ", "Page "};
    for (const std::string_view name : kNames) {
        if (!text.substr(i).starts_with(name) || !isDigitAt(text, i + name.size()))
            continue;
        std::size_t end = i + name.size();
        while (isDigitAt(text, end))
            ++end;
        for (const std::string_view joint : {"-", "\u2013", " and ", " to ", ", "}) {
            if (text.substr(end).starts_with(joint) && isDigitAt(text, end + joint.size())) {
                end += joint.size();
                while (isDigitAt(text, end))
                    ++end;
            }
        }
        return end - i;
    }
    return 0;
}

void trimBack(std::string& text, std::string_view characters) {
    while (!text.empty() && characters.find(text.back()) != std::string_view::npos)
        text.pop_back();
}

/// Takes away what led to a page number: "(", "on", "see", "as stated on".
void trimLead(std::string& text) {
    trimBack(text, " ");
    if (text.ends_with('(')) {
        trimBack(text, " (");
        return;
    }
    for (const std::string_view lead :
         {" stated on", " mentioned on", " described on", " found on", " shown on", " on", " see",
          " at", " in", " from", " as", " is"}) {
        if (text.ends_with(lead))
            text.resize(text.size() - lead.size());
    }
    trimBack(text, " (,;");
}

} // namespace

std::string rankingPrefix(std::string_view passage) {
    return "Passage: " + foldSpace(passage) + "\nQuestion about the passage:";
}

std::string rankingContinuation(std::string_view question) {
    return " " + foldSpace(question);
}

std::vector<model::ChatMessage> askMessages(const std::vector<std::string_view>& passages,
                                            std::string_view question) {
    if (passages.empty())
        return {{"system", std::string(kMemoryInstruction)},
                {"user", "Question: " + foldSpace(question)}};
    std::vector<model::ChatMessage> messages = {{"system", std::string(kAskInstruction)}};
    for (const Example& example : kExamples) {
        messages.push_back({"user", std::string("Passage: ") + example.passage +
                                        "\n\nQuestion: " + example.question});
        messages.push_back({"assistant", example.answer});
    }
    std::string content;
    for (const std::string_view passage : passages | std::views::reverse)
        content += "Passage: " + foldSpace(passage) + "\n\n";
    messages.push_back({"user", content + "Question: " + foldSpace(question)});
    return messages;
}

std::vector<model::ChatMessage> summaryMessages(std::string_view text) {
    return {{"system", std::string(kSummaryInstruction)},
            {"user", "Text: " + std::string(kSummaryText)},
            {"assistant", std::string(kSummary)},
            {"user", "Text: " + foldSpace(text)}};
}

std::string withoutReferences(std::string_view sentence) {
    std::string result;
    for (std::size_t i = 0; i < sentence.size();) {
        std::size_t skip = bracketLength(sentence, i);
        if (skip > 0) {
            trimBack(result, " ");
        } else if (skip = pageLength(sentence, i); skip > 0) {
            trimLead(result);
            if (i + skip < sentence.size() && sentence[i + skip] == ')')
                ++skip;
        }
        if (skip > 0) {
            i += skip;
            continue;
        }
        result += sentence[i++];
    }
    std::string folded = foldSpace(result);
    std::size_t begin = 0;
    while (begin < folded.size() && (folded[begin] == '-' || folded[begin] == '*' ||
                                     folded[begin] == '#' || folded[begin] == ' '))
        ++begin;
    std::size_t digits = begin;
    while (isDigitAt(folded, digits))
        ++digits;
    const bool isNumbered = digits > begin && digits + 1 < folded.size() &&
                            (folded[digits] == '.' || folded[digits] == ')') &&
                            isSpaceAt(folded, digits + 1);
    return folded.substr(isNumbered ? digits + 2 : begin);
}

} // namespace engine::answer
