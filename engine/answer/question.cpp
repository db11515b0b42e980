#include "engine/answer/question.h"

#include <algorithm>

#include "engine/answer/answer.h"
#include "engine/answer/words.h"
#include "engine/document/document_text.h"
#include "engine/error.h"

namespace engine::answer {

std::string checkedQuestion(std::string_view question) {
    if (!document::isUtf8(question))
        throw Error(Code::WrongUse, "The question is not UTF-8 text; type it again or save the "
                                    "file of questions as UTF-8.");
    if (words(question).empty())
        throw Error(Code::WrongUse, "The question is empty; write what you want to know.");
    return foldSpace(question);
}

std::vector<std::string> questionWords(std::string_view question) {
    std::vector<std::string> content, all;
    for (const Word& word : words(question)) {
        if (std::ranges::find(all, word.lower) != all.end())
            continue;
        all.push_back(word.lower);
        if (!word.isFunction)
            content.push_back(word.lower);
    }
    return content.empty() ? all : content;
}

} // namespace engine::answer
