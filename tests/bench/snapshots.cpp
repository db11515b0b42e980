/// What it costs to keep and to take up a reading.
///
///     snapshots [ROW...]
///
/// Rows: snap_restore (file to state), snap_cost (state to file after every segment / reading a
/// segment). Files are written without waiting for the disk.

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/bench/bench.h"
#include "tests/bench/table.h"

using namespace engine::model;

namespace {

constexpr std::int64_t kSegment = 1024;

} // namespace

int main(int count, char** arguments) {
    const bench::Wanted wanted(count, arguments);
    const auto model = bench::loadModel();
    bench::Endless text(bench::tokensOf(*model, bench::setting().book));
    const SnapshotHeader header = bench::snapshotHeader(*model, kSegment);
    const auto path = std::filesystem::temp_directory_path() /
                      ("infolio-bench-" + std::to_string(getpid()) + ".snapshot");
    ReadingSession session(model, Mode::InfiniLinear, kSegment);
    bench::readSome(session, text, 4 * kSegment);
    const auto save = [&] {
        const double begin = bench::now();
        const std::string bytes = saveSnapshot(*model, header, session.state());
        std::ofstream(path, std::ios::binary) << bytes;
        return bench::now() - begin;
    };
    const auto restore = [&] {
        const double begin = bench::now();
        const std::string bytes = bench::textOf(path);
        const LoadedSnapshot loaded = loadSnapshot(*model, header, bytes);
        const double time = bench::now() - begin;
        return loaded.state.tokens == session.state().tokens ? time : 0;
    };
    save();
    restore();
    // Each is short; a round takes the mean of several.
    constexpr int kTimes = 50;
    const auto rounds = bench::Rounds::run(bench::roundsOf(5), [&]() -> bench::Rounds::Round {
        const double reading = bench::readSome(session, text, 2 * kSegment);
        double saving = 0, restoring = 0;
        for (int i = 0; i < kTimes; ++i) {
            saving += save() / kTimes;
            restoring += restore() / kTimes;
        }
        return {1 / restoring, 1 / saving, reading};
    });
    std::filesystem::remove(path);
    const double restoring = 1e3 / rounds.figure(0).median, saving = 1e3 / rounds.figure(1).median,
                 segment = 1e3 * kSegment / rounds.figure(2).median;
    if (wanted("snap_restore")) {
        bench::print({"snap_restore",
                      "file to state",
                      bench::shown(restoring) + " ms",
                      "–",
                      restoring,
                      {bench::Bar::Sense::AtMost, 5, 0, " ms"},
                      rounds.note()});
    }
    if (wanted("snap_cost")) {
        bench::print({"snap_cost",
                      "state to file after every segment / reading it, N = 1,024",
                      bench::shown(saving) + " ms",
                      bench::shown(segment) + " ms a segment",
                      100 * saving / segment,
                      {bench::Bar::Sense::AtMost, 1, 0.5, " %"},
                      rounds.note()});
    }
    return 0;
}
