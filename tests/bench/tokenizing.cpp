/// How fast text becomes tokens, on one thread, in pieces of a page as reading hands them over.
///
///     tokenizing
///
/// Row tok_speed: MB/s, and the share of reading time that it takes.

#include <algorithm>
#include <cstdio>

#include "tests/bench/bench.h"
#include "tests/bench/table.h"

using namespace engine::model;

namespace {

constexpr std::size_t kTextBytes = 4 << 20;
constexpr std::size_t kPageBytes = 3000;

/// Tokens of the text, page by page; pages end at line ends.
std::size_t encodePages(const Tokenizer& tokenizer, std::string_view text) {
    std::size_t tokens = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n', std::min(text.size(), kPageBytes));
        const std::size_t bytes = end == std::string_view::npos ? text.size() : end + 1;
        tokens += tokenizer.encode(text.substr(0, bytes)).size();
        text.remove_prefix(bytes);
    }
    return tokens;
}

} // namespace

int main() {
    const auto model = bench::loadModel();
    const bench::Setting& setting = bench::setting();
    const std::string text =
        bench::textOf(setting.books.empty() ? setting.book : setting.books, kTextBytes);
    const std::size_t tokens = encodePages(*model->tokenizer, text);
    ReadingSession session(model, Mode::InfiniLinear, 1024);
    const std::vector<std::int32_t> ids = model->tokenizer->encodeIds(text.substr(0, 40000));
    const auto readSegment = [&] {
        const double begin = bench::now();
        session.push(std::span(ids).first(1024));
        return 1024 / (bench::now() - begin);
    };
    readSegment();
    const auto rounds = bench::Rounds::run(bench::roundsOf(5), [&]() -> bench::Rounds::Round {
        const double begin = bench::now();
        encodePages(*model->tokenizer, text);
        const double speed = static_cast<double>(text.size()) / (bench::now() - begin) / 1e6;
        return {speed, readSegment()};
    });
    const double bytesPerToken = static_cast<double>(text.size()) / static_cast<double>(tokens);
    const double speed = rounds.figure(0).median;
    bench::print({"tok_speed",
                  "one thread, pages of 3 kB",
                  bench::shown(rounds.figure(0), " MB/s"),
                  "–",
                  speed,
                  {bench::Bar::Sense::AtLeast, 8, 0, " MB/s"},
                  rounds.note()});
    // Seconds per token of both.
    const double share = bytesPerToken / (speed * 1e6) * rounds.figure(1).median;
    bench::print({"tok_share",
                  "time of tokenizing / time of reading",
                  bench::shown(speed * 1e6 / bytesPerToken) + " tokens/s",
                  bench::shown(rounds.figure(1), " tokens/s read"),
                  100 * share,
                  {bench::Bar::Sense::AtMost, 2, 0, " %"},
                  rounds.note()});
    return 0;
}
