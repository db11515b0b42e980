/// A million tokens in one go: whether anything grows or slows down with a book's length.
///
///     long_book [ROW...]
///
/// Rows: cpu_book_1m (speed of the last tenth / of the first, which is read again in turn with it,
/// because a machine that others use has no two tenths alike), cpu_book_growth (resident memory
/// from 10K tokens on, what was freed given back), cpu_book_memory (at most), snap_size (KV cache /
/// snapshot), snap_growth (snapshot at the end - at 10K), cpu_decode_deep and cpu_first_token
/// (after the end / after 10K). The book is tokenized while it is read. INFOLIO_BENCH_TOKENS:
/// another length than a million.

#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "tests/bench/bench.h"
#include "tests/bench/decode.h"
#include "tests/bench/machine.h"
#include "tests/bench/table.h"

using namespace engine::model;

namespace {

constexpr std::int64_t kSegment = 1024;
constexpr std::int64_t kEarly = 10; ///< segments after which sizes are taken first
constexpr std::size_t kPageBytes = 3000;
constexpr std::int64_t kQuestion = 256;

/// Tokens of a file, page by page.
class BookStream {
public:
    BookStream(const Tokenizer& tokenizer, const std::string& path)
        : m_tokenizer(tokenizer), m_file(path, std::ios::binary) {}

    /// The next N tokens; fewer at the end of the book.
    std::vector<std::int32_t> next(std::size_t N) {
        while (m_ids.size() < N && m_file) {
            std::string page, line;
            while (page.size() < kPageBytes && std::getline(m_file, line)) {
                page += line + "\n";
            }
            const auto ids = m_tokenizer.encodeIds(page);
            m_ids.insert(m_ids.end(), ids.begin(), ids.end());
        }
        const auto end = m_ids.begin() + static_cast<std::ptrdiff_t>(std::min(N, m_ids.size()));
        std::vector<std::int32_t> result(m_ids.begin(), end);
        m_ids.erase(m_ids.begin(), end);
        return result;
    }

private:
    const Tokenizer& m_tokenizer;
    std::ifstream m_file;
    std::vector<std::int32_t> m_ids;
};

/// A book on its way. Tokenizing counts: it is part of reading.
struct Reader {
    explicit Reader(const std::shared_ptr<const Model>& model)
        : book(*model->tokenizer, bench::setting().books),
          session(model, Mode::InfiniLinear, kSegment) {}

    /// Seconds for the next segment; 0 at the end of the book.
    double read() {
        const double begin = bench::now();
        const auto ids = book.next(kSegment);
        if (static_cast<std::int64_t>(ids.size()) < kSegment) {
            return 0;
        }
        session.push(ids);
        return bench::now() - begin;
    }

    BookStream book;
    ReadingSession session;
};

/// What is noted at two places of the book.
struct Place {
    ReadingState state;
    std::size_t snapshotBytes = 0;
    double heldMegabytes = 0; ///< resident without what was freed
};

class LongBook {
public:
    LongBook(const bench::Wanted& wanted, std::int64_t segments)
        : m_wanted(wanted), m_model(bench::loadModel()), m_segments(segments),
          m_length(bench::shown(static_cast<double>(segments * kSegment)) + " tokens") {}

    /// False when the book is too short.
    bool read() {
        // Both are there from the beginning: what the second one takes is no growth.
        Reader reader(m_model), again(m_model);
        const bench::Others others;
        for (std::int64_t segment = 1; segment <= m_segments; ++segment) {
            const double seconds = reader.read();
            if (seconds == 0) {
                return false;
            }
            m_mostMegabytes = std::max(m_mostMegabytes, residentMegabytes());
            if (segment == kEarly) {
                (void)again.read();
                m_early = place(reader.session);
            }
            if (segment > m_segments - m_segments / 10) {
                m_pairs.push_back({seconds, again.read()});
            }
        }
        m_note = others.note();
        m_end = place(reader.session);
        return true;
    }

    void printReading() const {
        std::vector<double> last, first, ratios;
        for (const Pair& pair : m_pairs) {
            last.push_back(kSegment / pair.last);
            first.push_back(kSegment / pair.first);
            ratios.push_back(pair.first / pair.last);
        }
        print("cpu_book_1m", "speed of the last tenth / first tenth, in turn, " + m_length,
              bench::shown(bench::median(last)) + " tokens/s",
              bench::shown(bench::median(first)) + " tokens/s of the first", bench::median(ratios),
              {bench::Bar::Sense::AtLeast, 0.97, 0.98, "×"}, m_note);
        print("cpu_book_growth", "resident memory held, from 10,240 tokens on, " + m_length,
              bench::shown(m_end.heldMegabytes) + " MB",
              bench::shown(m_early.heldMegabytes) + " MB at first",
              m_end.heldMegabytes - m_early.heldMegabytes,
              {bench::Bar::Sense::AtMost, 5, 0, " MB"});
        print("cpu_book_memory", "resident memory at most, " + m_length,
              bench::shown(m_mostMegabytes) + " MB", "–", m_mostMegabytes,
              {bench::Bar::Sense::AtMost, 500, 0, " MB"});
    }

    void printSnapshots() const {
        const Config& config = m_model->weights->config;
        // K and V of every token and layer in 16 bits.
        const double cache = static_cast<double>(m_segments * kSegment * config.layers * 4 *
                                                 config.kvHeads * config.headWidth);
        const double bytes = static_cast<double>(m_end.snapshotBytes);
        print("snap_size", "KV cache in 16 bits / snapshot, " + m_length,
              bench::shown(bytes / 1e3) + " kB", bench::shown(cache / 1e6) + " MB", cache / bytes,
              {bench::Bar::Sense::AtLeast, 14000, 0, "×"});
        print("snap_growth", "snapshot at the end - at 10,240 tokens",
              bench::shown(bytes) + " bytes",
              bench::shown(static_cast<double>(m_early.snapshotBytes)) + " bytes",
              bytes - static_cast<double>(m_early.snapshotBytes),
              {bench::Bar::Sense::AtMost, 0, 0, " bytes"});
    }

    void answer() const {
        if (!m_wanted("cpu_decode_deep") && !m_wanted("cpu_first_token")) {
            return;
        }
        bench::Endless text(bench::tokensOf(*m_model, bench::setting().book));
        const bench::Decoding early(m_model, m_early.state, text.next(kSegment)),
            deep(m_model, m_end.state, text.next(kSegment));
        early.run();
        const auto rounds = bench::Rounds::run(bench::roundsOf(8), [&]() -> bench::Rounds::Round {
            return {deep.run(), early.run()};
        });
        print("cpu_decode_deep", "generating after " + m_length + " / after 10,240",
              bench::shown(rounds.figure(0), " tokens/s"),
              bench::shown(rounds.figure(1), " tokens/s"), rounds.ratio(0, 1),
              {bench::Bar::Sense::AtLeast, 0.97, 0.98, "×"}, rounds.note());
        // The most that can be pending, and a question.
        ReadingState pending = m_end.state;
        const auto ids = text.next(kSegment - 1);
        pending.pending.assign(ids.begin(), ids.end());
        ReadingState earlyPending = m_early.state;
        earlyPending.pending = pending.pending;
        const bench::Decoding last(m_model, pending, text.next(kQuestion)),
            first(m_model, earlyPending, text.next(kQuestion));
        first.firstToken();
        const auto steps = bench::Rounds::run(bench::roundsOf(5), [&]() -> bench::Rounds::Round {
            return {1 / last.firstToken(), 1 / first.firstToken()};
        });
        print("cpu_first_token", "1,023 pending tokens and a question of 256 after " + m_length,
              bench::shown(1 / steps.figure(0).median) + " s",
              bench::shown(1 / steps.figure(1).median) + " s after 10,240",
              1 / steps.figure(0).median, {bench::Bar::Sense::AtMost, 1, 0, " s"}, steps.note());
    }

private:
    static double residentMegabytes() { return static_cast<double>(bench::residentBytes()) / 1e6; }

    [[nodiscard]] Place place(const ReadingSession& session) const {
        // How much of what a segment has freed is still resident is chance, 20 MB of it.
        malloc_trim(0);
        Place result{session.state(), 0, residentMegabytes()};
        result.snapshotBytes =
            saveSnapshot(*m_model, bench::snapshotHeader(*m_model, kSegment), result.state).size();
        return result;
    }

    void print(const std::string& name, const std::string& workload, const std::string& ours,
               const std::string& peer, double value, const bench::Bar& bar,
               const std::string& note = "") const {
        if (m_wanted(name)) {
            bench::print({name, workload, ours, peer, value, bar, note});
        }
    }

    const bench::Wanted& m_wanted;
    std::shared_ptr<const Model> m_model;
    std::int64_t m_segments;
    std::string m_length;
    struct Pair {
        double last, first; ///< seconds of a segment of the last tenth and of the first
    };
    std::vector<Pair> m_pairs;
    std::string m_note;         ///< of the reading
    double m_mostMegabytes = 0; ///< resident, after any segment
    Place m_early, m_end;
};

} // namespace

int main(int count, char** arguments) {
    const bench::Wanted wanted(count, arguments);
    if (bench::setting().books.empty()) {
        bench::printNotRun("cpu_book_1m", "a million tokens", "the books for training are missing");
        return 0;
    }
    const char* tokens = std::getenv("INFOLIO_BENCH_TOKENS");
    const std::int64_t wantedTokens = tokens != nullptr ? std::atoll(tokens) : 1000000;
    const std::int64_t segments = (wantedTokens + kSegment - 1) / kSegment;
    if (segments < 2 * kEarly) {
        std::fprintf(stderr, "INFOLIO_BENCH_TOKENS is %lld; at least %lld are needed\n",
                     static_cast<long long>(wantedTokens),
                     static_cast<long long>(2 * kEarly * kSegment));
        return 2;
    }
    LongBook book(wanted, segments);
    if (!book.read()) {
        bench::printNotRun("cpu_book_1m", "a million tokens", "the books are too short");
        return 0;
    }
    book.printReading();
    book.printSnapshots();
    book.answer();
    return 0;
}
