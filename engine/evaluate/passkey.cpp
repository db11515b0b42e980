#include <algorithm>
#include <map>
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

std::vector<std::int32_t> haystackOf(const Bench& bench, const std::string& name,
                                     std::span<const std::int32_t> book, std::int64_t group,
                                     std::int64_t tokens) {
    if (name == "repeat")
        return fillerTokens(*bench.subject.model->tokenizer, tokens);
    return around(book, group * kOffsetStep, tokens);
}

/// Whether the stretches of a book that groups of samples begin with are nearly one text: it goes
/// on from its beginning behind its end.
bool isSameText(const std::vector<std::int32_t>& book, const std::vector<std::int64_t>& lengths) {
    return 2 * lengths.back() > std::ssize(book);
}

} // namespace

bool measurePasskey(Bench& bench) {
    const Plan& plan = bench.plan;
    const std::int64_t N = bench.subject.N;
    const std::vector<std::int64_t> lengths = lengthsOf(plan, N);
    requireDepths(plan);
    const model::Tokenizer& tokenizer = *bench.subject.model->tokenizer;
    const std::string suffix = plan.method == Method::Increment ? "-increment" : "";
    for (const std::string& name : plan.haystacks) {
        if (name != "repeat" && name != "book")
            throw Error(Code::WrongUse, "\"" + name + "\" is not a haystack; use repeat or book");
        const auto book =
            name == "book" ? bookTokens(tokenizer, bench.data.haystack) : std::vector<int>{};
        const bool isSame = name == "repeat" || isSameText(book, lengths);
        const std::int64_t group = groupSize(plan.method, isSame);
        for (std::int64_t first = 0; first < plan.samples; first += group) {
            NumberTest test;
            test.suite = "passkey";
            test.document = name;
            test.firstSample = first;
            test.haystack =
                haystackOf(bench, name, book, isSame ? 0 : first / group, lengths.back() + kAhead);
            test.samples = std::min(group, plan.samples - first);
            std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> known;
            for (std::int64_t i = 0; i < test.samples; ++i) {
                Random key(seedOf(plan.seed, "passkey " + name, first + i));
                const std::string number = fiveDigits(key);
                test.hidden.push_back({"What is the pass key? The pass key is", number});
                const auto needle =
                    tokenizer.encodeIds(" The pass key is " + number + ". Remember it. " + number +
                                        " is the pass key.");
                const bool isCut = (first + i) % 5 == 4;
                for (const std::int64_t length : lengths) {
                    for (const int depth : plan.depths) {
                        // The same segment has the same place in texts of any length, so that
                        // these are one text up to the shorter one's end.
                        const std::int64_t segments = length / N;
                        const std::int64_t segment = std::min(segments * depth / 100, segments - 1);
                        Random place(seedOf(plan.seed, "place in " + name, first + i, segment));
                        const std::int64_t position =
                            needlePosition(segments, N, depth,
                                           static_cast<std::int64_t>(needle.size()), isCut, place);
                        const auto [at, isNew] =
                            known.try_emplace({i, position}, test.variants.size());
                        if (isNew)
                            test.variants.push_back({{{position, needle}}, {}});
                        Ask ask;
                        ask.variant = at->second;
                        ask.isLocal = depth == 100;
                        ask.segments = ask.isLocal ? segments - 1 : segments;
                        ask.length = length;
                        ask.cell = name + suffix + "/" + std::to_string(length) + "/" +
                                   std::to_string(depth);
                        ask.groups = {ask.cell};
                        if (!ask.isLocal)
                            ask.groups.push_back(name + suffix +
                                                 (isCut ? "/all/cut" : "/all/whole"));
                        ask.sample = i;
                        ask.hidden = test.hidden.size() - 1;
                        test.asks.push_back(std::move(ask));
                    }
                }
            }
            if (!measureNumbers(bench, std::move(test)))
                return false;
        }
    }
    return true;
}

namespace {

constexpr auto kNameCount = static_cast<std::int64_t>(std::size(kNames));

/// One sample of `count` named needles, each in one of as many equal stretches; one is asked for.
void hide(NumberTest& test, const Bench& bench, const std::vector<std::int64_t>& lengths,
          const std::string& suffix, int count, std::int64_t i) {
    const std::int64_t N = bench.subject.N;
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
    const std::int64_t N = bench.subject.N;
    const std::vector<std::int64_t> lengths = lengthsOf(plan, N);
    const model::Tokenizer& tokenizer = *bench.subject.model->tokenizer;
    const std::string suffix = plan.method == Method::Increment ? "-increment" : "";
    const auto book = bookTokens(tokenizer, bench.data.haystack);
    const bool isSame = isSameText(book, lengths);
    const std::int64_t group = groupSize(plan.method, isSame);
    for (const int count : plan.needles)
        if (count < 1 || count > kNameCount)
            throw Error(Code::WrongUse, std::to_string(count) +
                                            " needles cannot be named; give --needles from 1 to " +
                                            std::to_string(kNameCount));
    for (std::int64_t first = 0; first < plan.samples; first += group) {
        NumberTest test;
        test.suite = "needle";
        test.document = "book";
        test.firstSample = first;
        test.samples = std::min(group, plan.samples - first);
        test.haystack =
            haystackOf(bench, "book", book, isSame ? 0 : first / group, lengths.back() + kAhead);
        for (const int count : std::set<int>(plan.needles.begin(), plan.needles.end()))
            for (std::int64_t i = 0; i < test.samples; ++i)
                hide(test, bench, lengths, suffix, count, i);
        if (!measureNumbers(bench, std::move(test)))
            return false;
    }
    return true;
}

} // namespace engine::evaluate
