#include "engine/adapt/quotes.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "engine/adapt/needles.h"
#include "engine/answer/prompt.h"
#include "engine/answer/words.h"
#include "engine/document/document_text.h"
#include "engine/document/sentences.h"

namespace engine::adapt {

namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::size_t kFewestWords = 6;   ///< of a sentence that is asked for
constexpr int kTries = 20;                ///< to find a passage with such a sentence
constexpr std::int64_t kMostPassages = 4; ///< of a chat with passages, one with the answer
constexpr double kAboutShare = 0.6;       ///< of questions; the rest give how a sentence begins
constexpr std::size_t kStep = 32;         ///< tokens; what products prepare for a size is kept
constexpr const char* kAbout[] = {"What is said about ", "What happens with ", "What about ",
                                  "Tell me of "};

/// A question of fact and how its answer begins; * is what is asked about.
struct Fact {
    const char *question, *answer;
};
constexpr Fact kFacts[] = {{"Who is *?", "* is"},
                           {"What is *?", "* is"},
                           {"What is the name of *?", "The name of * is"},
                           {"What is the number of *?", "The number of * is"},
                           {"Where is *?", "* is in"},
                           {"When did * come?", "* came"},
                           {"Why did * do it?", "* did it because"},
                           {"How old is *?", "* is"},
                           {"How many are with *?", "With * are"}};

/// A number, of which the passage may say the first, with its question and how the answer begins;
/// * is what is counted, # the number.
struct Count {
    const char *statement, *question, *answer;
};
constexpr Count kCounts[] = {
    {"There were # in all of *.", "How many were there of *?", "There were # of *"},
    {"The number of * was #.", "What was the number of *?", "The number of * was #"},
    {"It was in # that * came.", "When did * come?", "* came in #"},
    {"They paid # pounds for *.", "How much was paid for *?", "For * they paid # pounds"}};
constexpr double kCountShare = 0.75;  ///< of questions of fact beside a passage
constexpr double kStatedShare = 0.75; ///< of numbers; of the rest the passage says nothing
constexpr int kMostDigits = 6;

/// How numbers stand in a text; # is the number.
constexpr const char* kNumberForms[] = {" #",
                                        " #",
                                        " #.",
                                        " #,",
                                        " (#)",
                                        " p. #",
                                        " In # there were # of them.",
                                        " The pass key is #. Remember it.",
                                        " The secret number is #."};
constexpr std::int64_t kLeastGap = 2, kMostGap = 48; ///< tokens of text between them, about
constexpr double kGroupedShare = 0.5;                ///< of long numbers: 12,450

struct Quote {
    Ids passage;
    std::string text; ///< the passage, folded, and the number in it
    std::string question, answer;
};

std::string textOf(const Ids& ids, const model::Tokenizer& tokenizer) {
    std::string bytes;
    for (const std::int32_t id : ids) {
        bytes += tokenizer.bytesOf(id);
    }
    // A passage may begin and end within a character.
    const auto isSpace = [](char c) { return c == ' ' || c == '\n'; };
    const auto begin = std::find_if(bytes.begin(), bytes.end(), isSpace);
    const auto end = std::find_if(bytes.rbegin(), bytes.rend(), isSpace).base();
    return begin < end ? answer::foldSpace(std::string_view(begin, end)) : std::string();
}

/// The sentences that the passage holds whole.
std::vector<std::string> wholeSentences(const std::string& text) {
    std::vector<std::string> found;
    const document::DocumentText passage(text);
    const auto intervals = document::sentences(text);
    for (std::size_t i = 1; i + 1 < intervals.size(); ++i) {
        std::string sentence(passage.slice(intervals[i].first, intervals[i].second));
        if (answer::words(sentence).size() >= kFewestWords) {
            found.push_back(std::move(sentence));
        }
    }
    return found;
}

/// The words that tell a sentence from others: its names, or else its longest.
std::vector<std::string> tellingWords(const std::string& sentence) {
    std::vector<std::string> names, others;
    for (const answer::Word& word : answer::words(sentence)) {
        if (!word.isFunction) {
            (word.isName ? names : others).push_back(word.lower);
        }
    }
    std::ranges::stable_sort(
        others, [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
    names.insert(names.end(), others.begin(), others.end());
    return names;
}

std::string filled(std::string pattern, char mark, const std::string& with) {
    return pattern.replace(pattern.find(mark), 1, with);
}

std::string anyNumber(Random& random) {
    std::int64_t most = 10;
    for (std::int64_t more = random.below(kMostDigits); more > 0; --more) {
        most *= 10;
    }
    return std::to_string(random.below(most));
}

/// The book's text with numbers in it, closer in one text and further apart in another.
Ids textWithNumbers(const Text& text, std::int64_t tokens, const model::Tokenizer& tokenizer,
                    Random& random) {
    const std::int64_t gap = random.between(kLeastGap, kMostGap);
    auto next = text.ids.begin() + random.below(std::ssize(text.ids) - tokens + 1);
    Ids ids;
    while (std::ssize(ids) < tokens) {
        const std::int64_t words = random.between(1, 2 * gap);
        const auto isWithinWord = [&] {
            const std::string_view bytes = tokenizer.bytesOf(*next);
            return !bytes.empty() && bytes.front() != ' ' && bytes.front() != '\n';
        };
        for (std::int64_t i = 0; std::ssize(ids) < tokens && (i < words || isWithinWord()); ++i) {
            ids.push_back(*next++);
        }
        std::string form = kNumberForms[random.below(std::ssize(kNumberForms))];
        for (std::size_t at = form.find('#'); at != std::string::npos; at = form.find('#')) {
            std::string number = anyNumber(random);
            if (number.size() > 3 && random.chance(kGroupedShare)) {
                number.insert(number.size() - 3, ",");
            }
            form.replace(at, 1, number);
        }
        const Ids more = tokenizer.encodeIds(form);
        ids.insert(ids.end(), more.begin(), more.end());
    }
    ids.resize(static_cast<std::size_t>(tokens));
    return ids;
}

/// Whoever learnt to find numbers in the memory must still take them from the text before him, and
/// end where they end.
void askForNumber(Quote& quote, const std::string& sentence, const std::string& subject,
                  Random& random) {
    const std::string number = anyNumber(random);
    const auto said = [&](const char* pattern) {
        return filled(filled(pattern, '#', number), '*', subject);
    };
    const Count& count = kCounts[random.below(std::ssize(kCounts))];
    quote.question = filled(count.question, '*', subject);
    quote.answer = said(count.answer) + ". " + sentence;
    if (random.chance(kStatedShare)) {
        const std::size_t behind = quote.text.find(sentence) + sentence.size();
        quote.text.insert(behind, " " + said(count.statement));
    }
}

void ask(Quote& quote, const std::string& sentence, const QuoteWish& wish, Random& random) {
    const std::vector<std::string> words = tellingWords(sentence);
    if (wish.asksFacts && !words.empty()) {
        const std::string& word = words[static_cast<std::size_t>(random.below(std::ssize(words)))];
        const std::string subject = (random.chance(0.5) ? "the " : "") + word;
        if (wish.form == QuoteForm::ChatWithPassage && random.chance(kCountShare)) {
            askForNumber(quote, sentence, subject, random);
            return;
        }
        const Fact& fact = kFacts[random.below(std::ssize(kFacts))];
        quote.question = filled(fact.question, '*', subject);
        quote.answer = filled(fact.answer, '*', subject) + " " + sentence;
        return;
    }
    if (!words.empty() && random.chance(kAboutShare)) {
        quote.question = kAbout[random.below(std::ssize(kAbout))] + words[0];
        if (words.size() > 1 && random.chance(0.5)) {
            quote.question += " and " + words[1];
        }
        quote.question += "?";
        quote.answer = sentence;
        return;
    }
    std::size_t middle = sentence.find(' ', sentence.size() / 2);
    middle = middle == std::string::npos ? sentence.rfind(' ') : middle;
    quote.question = "What comes after \"" + sentence.substr(0, middle) + "\"?";
    quote.answer = sentence.substr(middle + 1);
}

Quote quoteFrom(const Text& text, const QuoteWish& wish, const model::Tokenizer& tokenizer,
                Random& random) {
    const std::int64_t tokens = wish.passageTokens;
    Quote quote;
    for (int i = 0; i < kTries; ++i) {
        const auto first = text.ids.begin() + random.below(std::ssize(text.ids) - tokens + 1);
        quote.passage.assign(first, first + tokens);
        quote.text = textOf(quote.passage, tokenizer);
        const auto sentences = wholeSentences(quote.text);
        if (!sentences.empty()) {
            ask(quote, sentences[static_cast<std::size_t>(random.below(std::ssize(sentences)))],
                wish, random);
            return quote;
        }
    }
    // Texts without sentences are lists and verses: then any line will do.
    quote.question = "What is said?";
    quote.answer = quote.text;
    return quote;
}

Ids chat(const std::vector<std::string>& passages, const std::string& question,
         const model::Tokenizer& tokenizer) {
    return model::encodeChat(tokenizer,
                             answer::askMessages({passages.begin(), passages.end()}, question));
}

/// The passage with the answer, and as evidence has it some others of the book, in any order.
std::vector<std::string> passagesOf(const Quote& quote, const Text& text, const QuoteWish& wish,
                                    const model::Tokenizer& tokenizer, Random& random) {
    std::vector<std::string> passages{quote.text};
    if (wish.form == QuoteForm::ChatWithPassage) {
        for (std::int64_t more = random.below(kMostPassages); more > 0; --more) {
            const auto first =
                text.ids.begin() + random.below(std::ssize(text.ids) - wish.passageTokens + 1);
            passages.push_back(textOf({first, first + wish.passageTokens}, tokenizer));
        }
        std::swap(passages.front(),
                  passages[static_cast<std::size_t>(random.below(std::ssize(passages)))]);
    }
    return passages;
}

void append(Ids& to, const Ids& more) {
    to.insert(to.end(), more.begin(), more.end());
}

at::Tensor inSteps(std::vector<Ids> rows) {
    std::size_t longest = 1;
    for (const Ids& row : rows) {
        longest = std::max(longest, row.size());
    }
    rows.front().resize((longest + kStep - 1) / kStep * kStep);
    return idRows(rows);
}

} // namespace

QuoteBatch makeQuotes(const QuoteWish& wish, const model::Tokenizer& tokenizer, Random& random) {
    std::vector<Ids> passages, memoryOnly, withText, numbers;
    std::vector<Ids> answers;
    for (const Text* text : wish.texts) {
        const Quote quote = quoteFrom(*text, wish, tokenizer, random);
        const bool isPlain = wish.form == QuoteForm::Plain;
        Ids answer = tokenizer.encodeIds((isPlain ? " " : "") + quote.answer);
        answer.resize(std::min(answer.size(), static_cast<std::size_t>(wish.mostAnswerTokens)));
        Ids asked, taught;
        if (isPlain) {
            asked = tokenizer.encodeIds("\nQuestion: " + quote.question + "\nAnswer:");
            taught = quote.passage;
            append(taught, asked);
        } else {
            taught =
                chat(passagesOf(quote, *text, wish, tokenizer, random), quote.question, tokenizer);
            asked = wish.form == QuoteForm::Chat ? chat({}, quote.question, tokenizer) : taught;
        }
        append(asked, answer);
        append(taught, answer);
        passages.push_back(quote.passage);
        memoryOnly.push_back(std::move(asked));
        withText.push_back(std::move(taught));
        answers.push_back(std::move(answer));
        if (wish.numberTokens > 0) {
            numbers.push_back(textWithNumbers(*text, wish.numberTokens, tokenizer, random));
        }
    }
    const std::vector<Ids> asked = memoryOnly, taught = withText;
    QuoteBatch batch{idRows(passages),
                     inSteps(std::move(memoryOnly)),
                     inSteps(std::move(withText)),
                     numbers.empty() ? at::Tensor() : idRows(numbers),
                     {},
                     {},
                     {}};
    const std::int64_t T = batch.memoryOnly.size(1), U = batch.withText.size(1);
    for (std::size_t b = 0; b < answers.size(); ++b) {
        const auto count = std::ssize(answers[b]);
        for (std::int64_t i = 0; i < count; ++i) {
            const auto row = static_cast<std::int64_t>(b);
            batch.memoryRows.push_back(row * T + std::ssize(asked[b]) - count + i - 1);
            batch.textRows.push_back(row * U + std::ssize(taught[b]) - count + i - 1);
            batch.tokens.push_back(answers[b][static_cast<std::size_t>(i)]);
        }
    }
    return batch;
}

} // namespace engine::adapt
