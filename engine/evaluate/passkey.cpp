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
                    ? fillerTokens(*bench.subject.model->tokenizer, tokens)
                    : around(book, together.isSameText ? 0 : first / size * kOffsetStep, tokens);
            for (std::int64_t i = 0; i < test.samples; ++i)
                hide(test, together.lengths, i);
            if (!measureNumbers(bench, std::move(test)))
                return false;
        }
    }
    return true;
}

std::string suffixOf(const Bench& bench) {
    return bench.plan.method == Method::Increment ? "-increment" : "";
}

/// One pass key, at each depth of each length.
void hideKey(NumberTest& test, const Bench& bench, const std::vector<std::int64_t>& lengths,
             std::int64_t i) {
    const Plan& plan = bench.plan;
    const std::int64_t N = bench.subject.N, sample = test.firstSample + i;
    const std::string &name = test.document, suffix = suffixOf(bench);
    Random key(seedOf(plan.seed, "passkey " + name, sample));
    const std::string number = fiveDigits(key);
    test.hidden.push_back({"What is the pass key? The pass key is", number});
    const auto needle = bench.subject.model->tokenizer->encodeIds(
        " The pass key is " + number + ". Remember it. " + number + " is the pass key.");
    const bool isCut = sample % 5 == 4;
    std::map<std::int64_t, std::size_t> known; // variants, by place
    for (const std::int64_t length : lengths)
        for (const int depth : plan.depths) {
            // The same segment has the same place in texts of any length, so that these are one
            // text up to the shorter one's end.
            const std::int64_t segments = length / N;
            const std::int64_t segment = std::min(segments * depth / 100, segments - 1);
            Random place(seedOf(plan.seed, "place in " + name, sample, segment));
            const std::int64_t position = needlePosition(
                segments, N, depth, static_cast<std::int64_t>(needle.size()), isCut, place);
            const auto [at, isNew] = known.try_emplace(position, test.variants.size());
            if (isNew)
                test.variants.push_back({{{position, needle}}, {}});
            Ask ask;
            ask.variant = at->second;
            ask.isLocal = depth == 100;
            ask.segments = ask.isLocal ? segments - 1 : segments;
            ask.length = length;
            ask.cell = name + suffix + "/" + std::to_string(length) + "/" + std::to_string(depth);
            ask.groups = {ask.cell};
            if (!ask.isLocal)
                ask.groups.push_back(name + suffix + (isCut ? "/all/cut" : "/all/whole"));
            ask.sample = i;
            ask.hidden = test.hidden.size() - 1;
            test.asks.push_back(std::move(ask));
        }
}

/// Of "book-increment/131072/50/3": the haystack, the length and the sample.
struct Place {
    std::string haystack;
    std::int64_t length = 0, sample = 0;
};

Place placeOf(const std::string& id) {
    const std::size_t first = id.find('/'), last = id.rfind('/');
    if (first == last)
        return {};
    return {id.substr(0, id.find_first_of("-/")), std::atoll(id.c_str() + first + 1),
            std::atoll(id.c_str() + last + 1)};
}

} // namespace

void requireSameControls(const std::vector<std::string>& suites, const Plan& plan,
                         const Subject& subject, const Data& data,
                         const std::vector<Json>& records) {
    if (!plan.wants("other"))
        return;
    Plan before = plan;
    std::optional<std::int64_t> tokens; // of the book, once a line is of it
    for (const Json& json : records) {
        if (json["type"] == "run")
            before.samples = json.value("samples", plan.samples);
        if (json["type"] != "item" || json["arm"] != "other" ||
            (json["suite"] != "passkey" && json["suite"] != "needle") ||
            std::find(suites.begin(), suites.end(), json["suite"]) == suites.end())
            continue;
        const Place place = placeOf(json["id"]);
        const bool isBook = place.haystack == "book";
        if (isBook && !tokens)
            tokens = std::ssize(bookTokens(*subject.model->tokenizer, data.haystack));
        const bool isSame = isSameText(isBook ? *tokens : 0, place.length);
        const Group was = groupOf(before, place.sample, isSame),
                    is = groupOf(plan, place.sample, isSame);
        if (place.sample == is.first && is.samples > 0 && was.samples != is.samples)
            throw Error(Code::WrongUse,
                        "of " + std::to_string(before.samples) +
                            " samples these lines have measured " + json["id"].get<std::string>() +
                            " with the memory of sample " +
                            std::to_string(was.first + was.samples) + ", of " +
                            std::to_string(plan.samples) + " that would be sample " +
                            std::to_string(is.first + is.samples) + "; give --samples " +
                            std::to_string(before.samples) + ", or begin a new file with -o.");
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
    const std::string suffix = suffixOf(bench);
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
            if (size > stretch)
                throw Error(Code::WrongUse, std::to_string(count) + " needles do not fit into " +
                                                std::to_string(length) +
                                                " tokens; give longer --lengths");
            const std::int64_t at = stretchPosition(k * stretch, (k + 1) * stretch, N, size,
                                                    wantsCut && k == asked, place);
            isCut = isCut || (k == asked && at / N != (at + size - 1) / N);
            variant.edits.push_back({at, needle});
        }
        Ask ask;
        ask.variant = test.variants.size();
        ask.segments = length / N;
        ask.length = length;
        ask.cell = "book" + suffix + "/" + std::to_string(length) + "/" + std::to_string(count);
        ask.groups = {ask.cell, "book" + suffix + "/all/" + std::to_string(count) +
                                    (isCut ? "-cut" : "-whole")};
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
