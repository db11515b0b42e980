#include "engine/answer/prompt.h"

#include <array>
#include <cctype>

#include "engine/answer/words.h"

namespace engine::answer {
namespace {

constexpr std::string_view kAskInstruction =
    "You answer questions about a text. Reply with one or two short sentences that state the "
    "answer, taken from the passages. "
    "Do not explain, do not repeat the question.";
constexpr std::string_view kSummaryInstruction =
    "You summarize texts. Reply with plain sentences that state what the text says. Do not mention "
    "the text or the author.";

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
    std::string content;
    for (const std::string_view passage : passages)
        content += "Passage: " + foldSpace(passage) + "\n\n";
    content += "Question: " + foldSpace(question);
    return {{"system", std::string(kAskInstruction)}, {"user", content}};
}

std::vector<model::ChatMessage> summaryMessages(std::string_view text, int wordCount) {
    return {{"system", std::string(kSummaryInstruction)},
            {"user", foldSpace(text) + "\n\nSummarize this in about " + std::to_string(wordCount) +
                         " words."}};
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
