#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "engine/error.h"
#include "engine/evaluate/numbers.h"

namespace engine::evaluate {

namespace {

constexpr std::int64_t kAhead = 8;            ///< tokens behind a text that precede the question
constexpr std::int64_t kOffsetStep = 104'729; ///< between the beginnings of two groups' texts

/// Lengths in whole segments, at least two: one for the memory, one that may be the window's.
std::vector<std::int64_t> lengthsOf(const Plan& plan, std::int64_t N) {
    std::vector<std::int64_t> lengths =
        plan.lengths.empty() ? std::vector<std::int64_t>{8'192, 32'768} : plan.lengths;
    for (std::int64_t& length : lengths) {
        if (length < 2 * N)
            throw Error(Code::WrongUse, "a text of " + std::to_string(length) +
                                            " tokens is no test of a memory that is read over "
                                            "segments of " +
                                            std::to_string(N) + "; give --lengths of at least " +
                                            std::to_string(2 * N));
        length = length / N * N;
    }
    std::sort(lengths.begin(), lengths.end());
    lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
    return lengths;
}

void requireDepths(const Plan& plan) {
    for (const int depth : plan.depths)
        if (depth < 0 || depth > 100)
            throw Error(Code::WrongUse, "a depth of " + std::to_string(depth) +
                                            " percent lies outside the text; give --depths from "
                                            "0 to 100");
}

constexpr const char* kNames[] = {
    "river",   "mountain", "castle", "garden",  "bridge", "harbour", "forest", "tower",
    "village", "island",   "desert", "valley",  "church", "market",  "palace", "mill",
    "tavern",  "lake",     "cave",   "meadow",  "temple", "school",  "prison", "library",
    "museum",  "theatre",  "farm",   "station", "canal",  "chapel",  "quarry", "orchard"};

/// Lengths that are read together.
struct Together {
    std::vector<std::int64_t> lengths; ///< ascending
    /// The stretches that groups of samples would begin with are nearly one text, because the book
    /// goes on from its beginning behind its end; so all of them have one.
    bool isSameText = false;
};

/// Samples that are read together, and each other's control `other`.
struct Group {
    std::int64_t first = 0, samples = 0;
};

Group groupOf(const Plan& plan, std::int64_t sample, bool isSameText) {
    const std::int64_t size = groupSize(plan.method, isSameText), first = sample / size * size;
    return {first, std::min(size, plan.samples - first)};
}

/// Whether stretches of such a text are one; the repeated haystack has no book.
bool isSameText(std::int64_t bookTokens, std::int64_t length) {
    return 2 * length > bookTokens;
}

/// Whether a text is the same for all depends on its own length alone.
std::vector<Together> togetherOf(const std::vector<std::int32_t>& book,
                                 const std::vector<std::int64_t>& lengths) {
    Together some{{}, false}, same{{}, true};
    for (const std::int64_t length : lengths)
        (isSameText(std::ssize(book), length) ? same : some).lengths.push_back(length);
    std::vector<Together> result;
    for (const Together& one : {some, same})
        if (!one.lengths.empty())
            result.push_back(one);
    return result;
}

/// Adds a sample to a test, at some lengths; `i` counts from the test's first sample.
using Hide =
    std::function<void(NumberTest& test, const std::vector<std::int64_t>& lengths, std::int64_t i)>;

/// The samples of the plan, group by group; `book` is empty where the haystack is repeated. False
/// when it was stopped.
bool measureGroups(Bench& bench, const char* suite, const std::string& haystack,
                   const std::vector<std::int32_t>& book, const std::vector<std::int64_t>& lengths,
                   const Hide& hide) {
    const Plan& plan = bench.plan;
    const model::Tokenizer& tokenizer = *bench.subject.model->tokenizer;
    for (const Together& together : togetherOf(book, lengths)) {
        const std::int64_t size = groupSize(plan.method, together.isSameText),
                           tokens = together.lengths.back() + kAhead;
        for (std::int64_t first = 0; first < plan.samples; first += size) {
            NumberTest test;
            test.suite = suite;
            test.document = haystack;
            test.firstSample = first;
            test.samples = groupOf(plan, first, together.isSameText).samples;
            test.haystack =
                book.empty()
                    ? fillerTokens(tokenizer, tokens)
                    : textFrom(tokenizer, book,
                               together.isSameText ? 0 : first / size * kOffsetStep, tokens);
            for (std::int64_t i = 0; i < test.samples; ++i)
                hide(test, together.lengths, i);
            if (!measureNumbers(bench, std::move(test)))
                return false;
        }
    }
    return true;
}

/// "book", or "book-increment".
std::string namedBy(Method method, const std::string& haystack) {
    return haystack + (method == Method::Increment ? "-increment" : "");
}

/// "book-increment/131072/50": of a haystack by its `namedBy`, at a depth or with so many needles.
std::string cellOf(const std::string& name, std::int64_t length, int row) {
    return name + "/" + std::to_string(length) + "/" + std::to_string(row);
}

/// Tokens that a needle must not replace.
std::int64_t keptOf(const model::Tokenizer& tokenizer) {
    return tokenizer.beginToken() >= 0 ? 1 : 0;
}

/// One pass key, at each depth of each length.
void hideKey(NumberTest& test, const Bench& bench, const std::vector<std::int64_t>& lengths,
             std::int64_t i) {
    const Plan& plan = bench.plan;
    const std::int64_t N = bench.subject.N, sample = test.firstSample + i;
    const model::Tokenizer& tokenizer = *bench.subject.model->tokenizer;
    const std::string name = namedBy(plan.method, test.document);
    Random key(seedOf(plan.seed, "passkey " + test.document, sample));
    const std::string number = fiveDigits(key);
    test.hidden.push_back({"What is the pass key? The pass key is", number});
    const auto needle = tokenizer.encodeIds(" The pass key is " + number + ". Remember it. " +
                                            number + " is the pass key.");
    const bool isCut = sample % 5 == 4;
    std::map<std::int64_t, std::size_t> known; // variants, by place
    for (const std::int64_t length : lengths)
        for (const int depth : plan.depths) {
            // The same segment has the same place in texts of any length, so that these are one
            // text up to the shorter one's end.
            const std::int64_t segments = length / N;
            const std::int64_t segment = std::min(segments * depth / 100, segments - 1);
            Random place(seedOf(plan.seed, "place in " + test.document, sample, segment));
            const std::int64_t position = needlePosition(segments, N, keptOf(tokenizer), depth,
                                                         std::ssize(needle), isCut, place);
            const auto [at, isNew] = known.try_emplace(position, test.variants.size());
            if (isNew)
                test.variants.push_back({{{position, needle}}, {}});
            Ask ask;
            ask.variant = at->second;
            ask.isLocal = depth == 100;
            ask.segments = ask.isLocal ? segments - 1 : segments;
            ask.length = length;
            ask.cell = cellOf(name, length, depth);
            ask.groups = {ask.cell};
            if (!ask.isLocal)
                ask.groups.push_back(name + (isCut ? "/all/cut" : "/all/whole"));
            ask.sample = i;
            ask.hidden = test.hidden.size() - 1;
            test.asks.push_back(std::move(ask));
        }
}

/// A cell that a plan asks for.
struct Asked {
    std::string suite, cell;
    bool isBook = false;
    std::int64_t length = 0;
};

std::vector<Asked> askedOf(const std::vector<std::string>& suites, const Plan& plan,
                           std::int64_t N) {
    std::vector<Asked> all;
    const auto add = [&](const char* suite, const std::vector<std::string>& haystacks,
                         const std::vector<int>& rows) {
        if (std::find(suites.begin(), suites.end(), suite) == suites.end())
            return;
        for (const std::string& haystack : haystacks)
            for (const std::int64_t length : lengthsOf(plan, N))
                for (const int row : rows)
                    all.push_back({suite, cellOf(namedBy(plan.method, haystack), length, row),
                                   haystack == "book", length});
    };
    add("passkey", plan.haystacks, plan.depths);
    add("needle", {"book"}, plan.needles);
    return all;
}

} // namespace

void requireSameControls(const std::vector<std::string>& suites, const Plan& plan,
                         const Subject& subject, const Data& data,
                         const std::vector<Json>& records) {
    if (!plan.wants("other"))
        return;
    const std::vector<Asked> all = askedOf(suites, plan, subject.N);
    Plan before = plan;
    std::optional<std::int64_t> tokens; // of the book, once a line is of it
    for (const Json& json : records) {
        if (json["type"] == "run")
            before.samples = json.value("samples", plan.samples);
        if (json["type"] != "item" || json["arm"] != "other")
            continue;
        const std::string id = json["id"];
        const std::size_t slash = id.rfind('/');
        const auto asked = std::find_if(all.begin(), all.end(), [&](const Asked& one) {
            return one.suite == json["suite"] && one.cell == id.substr(0, slash);
        });
        if (asked == all.end())
            continue;
        if (asked->isBook && !tokens)
            tokens = std::ssize(bookTokens(*subject.model->tokenizer, data.haystack));
        const bool isSame = isSameText(asked->isBook ? *tokens : 0, asked->length);
        const std::int64_t sample = std::atoll(id.c_str() + slash + 1);
        const Group was = groupOf(before, sample, isSame), is = groupOf(plan, sample, isSame);
        // A sample alone has no control, and leaves a line's as it is.
        if (sample != is.first || is.samples < 2 || was.samples == is.samples)
            continue;
        const auto lastOf = [&](const Group& group) {
            return asked->cell + "/" + std::to_string(group.first + group.samples - 1);
        };
        throw Error(Code::WrongUse,
                    "of " + std::to_string(before.samples) + " samples these lines have measured " +
                        id + " with the memory of " + lastOf(was) + ", of " +
                        std::to_string(plan.samples) + " that would be " + lastOf(is) +
                        "; give --samples " + std::to_string(before.samples) +
                        ", or begin a new file with -o.");
    }
}

bool measurePasskey(Bench& bench) {
    const std::vector<std::int64_t> lengths = lengthsOf(bench.plan, bench.subject.N);
    requireDepths(bench.plan);
    for (const std::string& name : bench.plan.haystacks) {
        if (name != "repeat" && name != "book")
            throw Error(Code::WrongUse, "\"" + name + "\" is not a haystack; use repeat or book");
        const auto book = name == "book"
                              ? bookTokens(*bench.subject.model->tokenizer, bench.data.haystack)
                              : std::vector<std::int32_t>{};
        if (!measureGroups(bench, "passkey", name, book, lengths,
                           [&](NumberTest& test, const std::vector<std::int64_t>& some,
                               std::int64_t i) { hideKey(test, bench, some, i); }))
            return false;
    }
    return true;
}

namespace {

constexpr auto kNameCount = static_cast<std::int64_t>(std::size(kNames));

/// One sample of `count` named needles, each in one of as many equal stretches; one is asked for.
void hideNeedles(NumberTest& test, const Bench& bench, const std::vector<std::int64_t>& lengths,
                 int count, std::int64_t i) {
    const std::int64_t N = bench.subject.N;
    const std::string book = namedBy(bench.plan.method, "book");
    const model::Tokenizer& tokenizer = *bench.subject.model->tokenizer;
    Random random(seedOf(bench.plan.seed, "needle", count, test.firstSample + i));
    std::vector<std::string> names(kNames, kNames + kNameCount);
    std::vector<std::vector<std::int32_t>> needles;
    const std::int64_t asked = random.below(count);
    for (int k = 0; k < count; ++k) {
        std::swap(names[static_cast<std::size_t>(k)],
                  names[static_cast<std::size_t>(k + random.below(kNameCount - k))]);
        const std::string& name = names[static_cast<std::size_t>(k)];
        const std::string number = fiveDigits(random);
        needles.push_back(
            tokenizer.encodeIds(" The secret number of the " + name + " is " + number + "."));
        if (k == asked)
            test.hidden.push_back({"What is the secret number of the " + name +
                                       "? The secret number of the " + name + " is",
                                   number});
    }
    const bool wantsCut = (test.firstSample + i) % 5 == 4;
    for (const std::int64_t length : lengths) {
        // Their places are those of the length, whatever others are measured with it.
        const std::int64_t stretch = length / count;
        Random place(seedOf(bench.plan.seed, "places of " + std::to_string(count),
                            test.firstSample + i, length));
        Variant variant;
        bool isCut = false;
        for (int k = 0; k < count; ++k) {
            const auto& needle = needles[static_cast<std::size_t>(k)];
            const auto size = static_cast<std::int64_t>(needle.size());
            const std::int64_t begin = std::max(keptOf(tokenizer), k * stretch),
                               end = (k + 1) * stretch;
            if (size > end - begin)
                throw Error(Code::WrongUse, std::to_string(count) + " needles do not fit into " +
                                                std::to_string(length) +
                                                " tokens; give longer --lengths");
            const std::int64_t at =
                stretchPosition(begin, end, N, size, wantsCut && k == asked, place);
            isCut = isCut || (k == asked && at / N != (at + size - 1) / N);
            variant.edits.push_back({at, needle});
        }
        Ask ask;
        ask.variant = test.variants.size();
        ask.segments = length / N;
        ask.length = length;
        ask.cell = cellOf(book, length, count);
        ask.groups = {ask.cell,
                      book + "/all/" + std::to_string(count) + (isCut ? "-cut" : "-whole")};
        ask.sample = i;
        ask.hidden = test.hidden.size() - 1;
        test.variants.push_back(std::move(variant));
        test.asks.push_back(std::move(ask));
    }
}

} // namespace

std::span<const char* const> needleNames() {
    return kNames;
}

bool measureNeedle(Bench& bench) {
    const Plan& plan = bench.plan;
    const std::vector<std::int64_t> lengths = lengthsOf(plan, bench.subject.N);
    const std::set<int> counts(plan.needles.begin(), plan.needles.end());
    for (const int count : counts)
        if (count < 1 || count > kNameCount)
            throw Error(Code::WrongUse, std::to_string(count) +
                                            " needles cannot be named; give --needles from 1 to " +
                                            std::to_string(kNameCount));
    return measureGroups(
        bench, "needle", "book", bookTokens(*bench.subject.model->tokenizer, bench.data.haystack),
        lengths, [&](NumberTest& test, const std::vector<std::int64_t>& some, std::int64_t i) {
            for (const int count : counts)
                hideNeedles(test, bench, some, count, i);
        });
}

} // namespace engine::evaluate
