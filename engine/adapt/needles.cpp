#include "engine/adapt/needles.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

namespace engine::adapt {

namespace {

using Ids = std::vector<std::int32_t>;
using Number = NeedleBatch::Number;

constexpr const char* kNames[] = {
    "captain",   "doctor",   "sailor",   "queen",     "lantern",    "violin",   "winter",
    "summer",    "baker",    "shepherd", "teacher",   "painter",    "king",     "soldier",
    "lawyer",    "miller",   "kitchen",  "mansion",   "cottage",    "hospital", "hotel",
    "bakery",    "factory",  "vineyard", "monastery", "lighthouse", "windmill", "cliff",
    "beach",     "swamp",    "glacier",  "waterfall", "hill",       "inn",      "barn",
    "cathedral", "widow",    "uncle",    "cousin",    "servant",    "stranger", "judge",
    "priest",    "merchant", "farmer",   "hunter",    "beggar",     "gardener", "nurse",
    "clerk",     "poet",     "thief",    "horse",     "raven",      "wolf",     "lion",
    "eagle",     "dog",      "spider",   "salmon",    "ship",       "carriage", "wagon",
    "ladder",    "mirror",   "candle",   "letter",    "ring",       "sword",    "piano",
    "bottle",    "basket",   "clock",    "window",    "door",       "cellar",   "attic",
    "stable",    "fountain", "road",     "field",     "storm",      "comet",    "planet",
};

constexpr double kCutShare = 0.7; ///< of single needles in two segments that the boundary cuts
constexpr std::int64_t kLongRoom = 256; ///< tokens; of less, several named numbers get fewer digits
constexpr std::int64_t kQuestionStep = 8; ///< tokens; what products prepare for a size is kept

struct Riddle {
    std::vector<Ids> statements;
    struct Asked {
        std::size_t statement = 0;
        Ids question, answer;
    };
    std::vector<Asked> asked;
};

std::string number(Random& random, std::int64_t digits) {
    std::int64_t least = 1;
    for (std::int64_t i = 1; i < digits; ++i) {
        least *= 10;
    }
    return std::to_string(random.between(least, 10 * least - 1));
}

void append(Ids& to, const Ids& more) {
    to.insert(to.end(), more.begin(), more.end());
}

Riddle passKey(const model::Tokenizer& tokenizer, Random& random) {
    const std::string key = number(random, random.between(4, 6));
    return {{tokenizer.encodeIds(" The pass key is " + key + ". Remember it. " + key +
                                 " is the pass key.")},
            {{0, tokenizer.encodeIds("\nWhat is the pass key? The pass key is"),
              tokenizer.encodeIds(" " + key)}}};
}

/// The statements of `names`, as many as `room` tokens hold, and questions for some of them.
Riddle named(const model::Tokenizer& tokenizer, Random& random,
             const std::vector<std::string>& names, std::int64_t room, int questions) {
    const bool isSingle = names.size() == 1;
    std::vector<std::string> numbers;
    Riddle riddle;
    std::int64_t used = 0;
    for (const std::string& name : names) {
        const std::string value = number(
            random, isSingle || room >= kLongRoom ? random.between(4, 6) : random.between(3, 5));
        const Ids statement =
            tokenizer.encodeIds(" The secret number of the " + name + " is " + value + ".");
        used += static_cast<std::int64_t>(statement.size());
        if (used > room && !numbers.empty()) {
            break;
        }
        numbers.push_back(value);
        riddle.statements.push_back(statement);
    }
    const std::size_t first =
        static_cast<std::size_t>(random.below(static_cast<std::int64_t>(numbers.size())));
    const std::size_t count = std::min(numbers.size(), static_cast<std::size_t>(questions));
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t asked = (first + i) % numbers.size();
        riddle.asked.push_back(
            {asked,
             tokenizer.encodeIds("\nWhat is the secret number of the " + names[asked] +
                                 "? The secret number of the " + names[asked] + " is"),
             tokenizer.encodeIds(" " + numbers[asked])});
    }
    return riddle;
}

/// Different names in any order.
std::vector<std::string> shuffledNames(Random& random) {
    std::vector<std::string> names(std::begin(kNames), std::end(kNames));
    for (std::size_t i = names.size(); i > 1; --i) {
        std::swap(names[i - 1],
                  names[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
    }
    return names;
}

/// The first digits in a row among `ids`.
Number digitsOf(const model::Tokenizer& tokenizer, const Ids& ids) {
    const auto isDigit = [&](std::int32_t id) {
        return tokenizer.bytesOf(id).find_first_of("0123456789") != std::string_view::npos;
    };
    const auto begin = std::find_if(ids.begin(), ids.end(), isDigit);
    return {begin - ids.begin(), std::find_if_not(begin, ids.end(), isDigit) - begin};
}

/// The statements in `length` tokens of book text, and where their numbers stand in it.
struct Hidden {
    Ids ids;
    std::vector<Number> numbers; ///< of each statement
};

Hidden hidden(const Riddle& riddle, std::int64_t length, std::int64_t boundary,
              const std::vector<Text>& texts, const model::Tokenizer& tokenizer, Random& random) {
    std::int64_t used = 0;
    for (const Ids& statement : riddle.statements) {
        used += static_cast<std::int64_t>(statement.size());
    }
    const std::int64_t filler = std::max<std::int64_t>(0, length - used);
    std::vector<std::int64_t> places;
    for (std::size_t i = 0; i < riddle.statements.size(); ++i) {
        places.push_back(random.between(0, filler));
    }
    if (boundary > 0 && places.size() == 1 && used > 1 && random.chance(kCutShare)) {
        places[0] = random.between(std::max<std::int64_t>(0, boundary - used + 1),
                                   std::min(boundary - 1, filler));
    }
    std::sort(places.begin(), places.end());
    const Ids body = Corpus::piece(texts, random, std::max<std::int64_t>(1, filler));
    Hidden result;
    Ids& out = result.ids;
    std::int64_t taken = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        out.insert(out.end(), body.begin() + taken, body.begin() + places[i]);
        taken = places[i];
        const Number own = digitsOf(tokenizer, riddle.statements[i]);
        result.numbers.push_back({std::ssize(out) + own.begin, own.digits});
        append(out, riddle.statements[i]);
    }
    out.insert(out.end(), body.begin() + taken, body.begin() + filler);
    out.resize(static_cast<std::size_t>(length));
    return result;
}

/// Where the digits begin: behind a token that is nothing but the space.
std::size_t firstDigit(const model::Tokenizer& tokenizer, const Ids& answer) {
    return answer.size() > 1 && tokenizer.bytesOf(answer[0]) == " " ? 1 : 0;
}

} // namespace

Answered answered(const NeedleBatch& batch, const at::Tensor& right) {
    const at::Tensor values = right.contiguous();
    const double* const isRight = values.const_data_ptr<double>();
    Answered result;
    result.ofSample.resize(static_cast<std::size_t>(batch.question.size(0)));
    result.wholeOfSample.resize(result.ofSample.size());
    std::vector<double> digits(result.ofSample.size()), questions(result.ofSample.size());
    double asked = 0;
    for (std::size_t i = 0; i < batch.samples.size();) {
        const auto b = static_cast<std::size_t>(batch.samples[i]);
        bool isWhole = true;
        std::size_t end = i;
        do {
            isWhole = isWhole && isRight[end] == 1;
            result.ofSample[b] += isRight[end];
            result.digits += isRight[end];
            digits[b] += 1;
            ++end;
        } while (end < batch.samples.size() && batch.digits[end] > 0);
        result.wholeOfSample[b] += isWhole;
        result.exact += isWhole;
        questions[b] += 1;
        asked += 1;
        i = end;
    }
    for (std::size_t b = 0; b < digits.size(); ++b) {
        result.ofSample[b] /= digits[b];
        result.wholeOfSample[b] /= questions[b];
    }
    result.exact /= asked;
    result.digits /= static_cast<double>(batch.samples.size());
    return result;
}

at::Tensor idRows(const std::vector<Ids>& rows) {
    std::size_t longest = 0;
    for (const Ids& row : rows) {
        longest = std::max(longest, row.size());
    }
    at::Tensor out =
        at::zeros({static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(longest)},
                  at::TensorOptions().dtype(at::kLong));
    auto* const values = out.mutable_data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::copy(rows[i].begin(), rows[i].end(), values + i * longest);
    }
    return out;
}

std::span<const char* const> trainingNames() {
    return kNames;
}

NeedleBatch makeNeedles(const NeedleWish& wish, const std::vector<Text>& texts,
                        const model::Tokenizer& tokenizer, Random& random) {
    const std::int64_t length = wish.segments * wish.segmentTokens;
    std::vector<std::vector<Ids>> parts(static_cast<std::size_t>(wish.segments));
    std::vector<Ids> questions;
    std::vector<std::vector<Number>> numbers;
    struct Answer {
        std::size_t begin, end; ///< of its digits in the question's ids
        std::size_t statement;
    };
    std::vector<std::vector<Answer>> answers;
    std::vector<std::string> apart = shuffledNames(random);
    const Ids fullStop = tokenizer.encodeIds(".");
    const auto riddleOf = [&](NeedleKind kind) {
        if (kind == NeedleKind::PassKey) {
            return passKey(tokenizer, random);
        }
        std::vector<std::string> names;
        if (kind == NeedleKind::Apart && !apart.empty()) {
            names.push_back(apart.back());
            apart.pop_back();
        } else {
            names = shuffledNames(random);
            names.resize(static_cast<std::size_t>(random.between(wish.leastNames, wish.names)));
        }
        return named(tokenizer, random, names, length, wish.questions);
    };
    std::vector<Riddle> riddles;
    for (const NeedleKind kind : wish.kinds) {
        riddles.push_back(riddleOf(kind));
    }
    for (std::size_t b = 0; b < riddles.size(); ++b) {
        const Riddle& riddle = riddles[b];
        Hidden stream = hidden(riddle, length, wish.segments > 1 ? wish.segmentTokens : 0, texts,
                               tokenizer, random);
        numbers.push_back(std::move(stream.numbers));
        for (std::size_t s = 0; s < parts.size(); ++s) {
            const auto begin =
                stream.ids.begin() + static_cast<std::ptrdiff_t>(s) * wish.segmentTokens;
            parts[s].emplace_back(begin, begin + wish.segmentTokens);
        }
        Ids question = Corpus::piece(texts, random, wish.contextTokens);
        auto& own = answers.emplace_back();
        const auto ask = [&](const Riddle& of) {
            for (const Riddle::Asked& asked : of.asked) {
                append(question, asked.question);
                const std::size_t begin = question.size() + firstDigit(tokenizer, asked.answer);
                append(question, asked.answer);
                own.push_back({begin, question.size(), asked.statement});
                if (wish.endsAnswers) {
                    append(question, fullStop);
                }
            }
        };
        ask(riddle);
        // The next of its group, cyclic.
        for (std::size_t i = 1;
             i < riddles.size() && !wish.groups.empty() && std::ssize(own) < wish.questions; ++i) {
            const std::size_t other = (b + i) % riddles.size();
            if (wish.kinds[b] == NeedleKind::Apart && wish.kinds[other] == NeedleKind::Apart &&
                wish.groups[b] == wish.groups[other]) {
                ask(riddles[other]);
            }
        }
        questions.push_back(std::move(question));
    }
    NeedleBatch batch;
    batch.numbers = std::move(numbers);
    for (const auto& part : parts) {
        batch.segments.push_back(idRows(part));
    }
    const auto longest =
        std::max_element(questions.begin(), questions.end(),
                         [](const Ids& a, const Ids& b) { return a.size() < b.size(); });
    const auto padded = (longest->size() + kQuestionStep - 1) / kQuestionStep * kQuestionStep;
    std::vector<Ids> rows = questions;
    rows.front().resize(std::max<std::size_t>(padded, 1));
    batch.question = idRows(rows);
    for (std::size_t b = 0; b < questions.size(); ++b) {
        for (const Answer& answer : answers[b]) {
            for (std::size_t t = answer.begin; t < answer.end; ++t) {
                batch.rows.push_back(static_cast<std::int64_t>(b) * batch.question.size(1) +
                                     static_cast<std::int64_t>(t) - 1);
                batch.tokens.push_back(questions[b][t]);
                batch.samples.push_back(static_cast<std::int64_t>(b));
                batch.asked.push_back(static_cast<std::int64_t>(answer.statement));
                batch.digits.push_back(static_cast<std::int64_t>(t - answer.begin));
            }
            if (wish.endsAnswers) {
                batch.endRows.push_back(static_cast<std::int64_t>(b) * batch.question.size(1) +
                                        static_cast<std::int64_t>(answer.end) - 1);
                batch.endTokens.push_back(questions[b][answer.end]);
            }
        }
    }
    return batch;
}

} // namespace engine::adapt
