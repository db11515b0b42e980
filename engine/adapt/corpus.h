#pragma once
/// The texts of a training: read, hashed, checked against the texts that may not be trained on, and
/// tokenised once.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/model/tokenizer.h"
#include "engine/random.h"

namespace engine::adapt {

struct Text {
    std::string path, sha256;
    std::vector<std::int32_t> ids;
};

struct Corpus {
    std::vector<Text> train;
    std::vector<Text> dev;            ///< held out: never trained on
    std::vector<std::string> hashes;  ///< of all files, sorted
    std::string sha256;               ///< `hashOver` these
    std::string devSha256;            ///< `hashOver` the sorted ones of those held out
    std::vector<std::string> skipped; ///< too short to be of use

    /// Reads the files of `paths` (of folders all *.txt, with those in them). A file is known by
    /// the hash of its bytes: its order, and what is held out, depend on the seed and not on names.
    /// The last eight of the shuffled files are held out, of few files one in four. `refused` is
    /// empty or a file of lines, each a SHA-256 or the path of a file or folder. `goOn` is asked
    /// between files, with files done and files in all; when it says no, what was read so far is
    /// returned.
    ///
    /// Throws FileMissing; WrongUse for a text that is refused, and for fewer than two texts of at
    /// least `leastTokens` tokens.
    static Corpus load(const std::vector<std::string>& paths, const std::string& refused,
                       const model::Tokenizer& tokenizer, std::uint64_t seed,
                       std::int64_t leastTokens,
                       const std::function<bool(std::int64_t, std::int64_t)>& goOn);

    /// `count` consecutive tokens from anywhere in one of `texts`.
    static std::vector<std::int32_t> piece(const std::vector<Text>& texts, Random& random,
                                           std::int64_t count);
};

/// SHA-256 over `hashes`, a line each.
std::string hashOver(const std::vector<std::string>& hashes);

/// Rows of a segment of N tokens that are to have a loss, in order, always as many: most of the
/// first 64, where memory has most to give, and a quarter of the rest, the last left out.
std::vector<std::int64_t> rowsWithLoss(std::int64_t N, Random& random);

} // namespace engine::adapt
