#pragma once
/// The texts and questions that suites measure on, as their folder holds them: sets `narrativeqa`,
/// `fairytaleqa`, `squality` and `squad`. Nothing of it is kept anywhere.

#include <cstdint>
#include <string>
#include <vector>

namespace engine::evaluate {

/// A text of a set.
struct Text {
    std::string set, id; ///< "narrativeqa", "35"
    std::string utf8;
    std::string sha256; ///< of the file that it came from
    [[nodiscard]] std::string name() const { return set + "/" + id; }
};

/// A question whose answer stands at a known place.
struct Question {
    /// One of its own in the collection; of questions that the set gives one id, the second has it
    /// with "#2".
    std::string id, story, text;
    std::vector<std::string> answers;
    std::int64_t begin = 0, end = 0; ///< bytes of the text that hold all of its evidence
};

/// A part of a text with a name of its own.
struct Story {
    std::string name;
    std::int64_t begin = 0, end = 0; ///< bytes
};

/// A text with stories and questions.
struct Collection {
    Text text;
    std::vector<Story> stories;
    std::vector<Question> questions;
};

/// Everything that a suite may read.
struct Data {
    std::vector<Text> books;             ///< narrativeqa, of the part, by number
    std::vector<Collection> collections; ///< fairytaleqa, of the part, by name
    /// Controls only: a collection beside those of the part, whose memory is another text's.
    std::vector<Collection> others;
    /// squad, the questions of the part: all paragraphs as one text, each a story of its own.
    Collection articles;
    std::vector<Text> haystack; ///< all three sets, whatever the part; never a training text
};

/// Takes away the texts with one of these hashes, and returns their names.
std::vector<std::string> withoutSeen(Data& data, const std::vector<std::string>& sha256);

/// Reads the sets from `folder`. `part`: "dev", "test" or "all". Throws WrongUse for another part,
/// FileMissing naming what is not there, BadFile naming a file that is not what it should be.
Data loadData(const std::string& folder, const std::string& part);

/// Texts made of numbered sentences, each of `sentences` of them, for trying the suites without a
/// folder: their figures mean nothing.
Data sampleData(int sentences);

/// The byte offset of each code point of a text, and its size at the end.
std::vector<std::int64_t> codePointOffsets(const std::string& utf8);

} // namespace engine::evaluate
