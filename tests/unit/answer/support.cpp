#include "tests/unit/answer/support.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>

#include "engine/document/document_text.h"
#include "engine/store/hash.h"
#include "tests/support/tiny_model.h"

namespace tests {

using namespace engine;

Folder::Folder() {
    static std::atomic<int> count = 0;
    m_path = std::filesystem::temp_directory_path() /
             ("infolio-answer-test-" + std::to_string(getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(m_path);
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

std::shared_ptr<const model::Model> tinyModel() {
    static const auto kModel = [] {
        const Folder folder;
        const std::string path = folder.path() / "tiny.gguf";
        writeTinyModel(path);
        return model::Model::load(path, "", model::Dtype::Float32);
    }();
    return kModel;
}

std::shared_ptr<const model::Model> tinyModelThatBegins() {
    static const auto kModel = [] {
        const Folder folder;
        const std::string path = folder.path() / "tiny.gguf";
        GgufFile file = tinyModel(1);
        file.set("tokenizer.ggml.add_bos_token", true);
        std::ofstream(path, std::ios::binary) << file.bytes();
        return model::Model::load(path, "", model::Dtype::Float32);
    }();
    return kModel;
}

Book::Book(const std::string& text, std::int64_t pageCharacters) : m_text(text) {
    m_library = store::Library::open(m_folder.path(), store::Library::Access::ReadWrite);
    const document::DocumentText stored(m_text);
    std::vector<std::int64_t> ends;
    for (std::size_t at = text.find("\n\n"); at != std::string::npos;
         at = text.find("\n\n", at + 2))
        ends.push_back(stored.offsetOf(at + 2));
    if (ends.empty() || ends.back() < stored.length())
        ends.push_back(stored.length());

    store::DocumentRow row;
    row.sha256 = row.textSha256 = store::sha256(text);
    row.kind = "text";
    row.title = "Tale";
    row.characters = stored.length();
    row.hasLocations = true;
    row.state = "text ready";
    store::DocumentContent content;
    for (std::int64_t begin = 0; begin < stored.length(); begin += pageCharacters) {
        store::PageRow page;
        page.index = static_cast<int>(content.pages.size()) + 1;
        page.label = std::to_string(page.index);
        page.begin = begin;
        page.end = std::min(begin + pageCharacters, stored.length());
        page.status = 1;
        content.pages.push_back(page);
    }
    row.pages = static_cast<std::int64_t>(content.pages.size());
    std::int64_t begin = 0;
    for (const std::int64_t end : ends) {
        store::PassageRow passage;
        passage.ordinal = static_cast<int>(content.passages.size());
        passage.begin = begin;
        passage.end = end;
        passage.text = stored.slice(begin, end);
        content.passages.push_back(passage);
        begin = end;
    }
    m_id = m_library->addDocument(row, content);
}

answer::Source Book::source(std::optional<std::int64_t> bound) const {
    answer::Source source;
    source.documentId = m_id;
    source.characters = document::codePoints(m_text);
    source.bound = bound;
    const std::string read(
        document::DocumentText(m_text).slice(0, bound.value_or(source.characters)));
    source.state = [read] {
        model::ReadingSession session(tinyModel(), model::Mode::InfiniLinear, 64);
        const auto ids = tinyModel()->tokenizer->encodeIds(read);
        for (std::size_t done = 0; done < ids.size();)
            done += session.push(std::span(ids).subspan(done));
        return std::optional(session.state());
    };
    return source;
}

const std::string& tale() {
    static const std::string kTale = [] {
        const std::vector<std::string> paragraphs = {
            "A giant named Finn lived on Knockmany Hill with his wife Oonagh. The giant was afraid "
            "of another giant, Far Rua, who had flattened "
            "a thunderbolt with one blow of his fist. Every morning Finn climbed to the top of the "
            "hill and looked out over the causeway for his "
            "enemy. Oonagh baked griddle bread with iron inside it, and the giant broke his teeth "
            "on the bread when he came to visit them. ",
            "Far to the north stood a lighthouse whose keeper counted 214 steps each evening. The "
            "keeper of the lighthouse was called Marten. He "
            "wrote the weather into a blue book and sent the book to the harbour office once a "
            "year. In the winter of the great storm the lamp of "
            "the lighthouse went out, and Marten rang the bell through the whole night so that no "
            "ship would run aground below the cliffs. ",
            "In the town a bakery opened at four in the morning. The baker, Mrs. Alving, sold rye "
            "loaves to the fishermen and sweet rolls to the "
            "children. She had learned her trade in Bergen, where her mother owned a mill. One day "
            "a stranger paid for a single roll with a gold "
            "coin, and the baker kept the coin under the oven because she thought that it would "
            "bring luck to the bakery. ",
            "The railway reached the valley in the year 1887. The first train carried timber, two "
            "cows and the mayor. Children ran beside the "
            "train until the bridge, where the engine stopped to take on water. The stationmaster "
            "had painted the clock himself, and its hands "
            "showed the wrong hour for eleven years, but nobody in the valley ever missed a train "
            "because the driver waited for everyone. ",
            "When the stranger came back he asked for Marten. He said that the bell had saved his "
            "ship in the storm, and that he had looked for the "
            "man who rang it ever since. They sat together in the lighthouse and ate rye bread "
            "from the bakery. In spring the stranger took the "
            "train to the south and left a gold watch on the table, and Marten hung the watch "
            "beside the lamp, where it ticked for many years. ",
        };
        std::string text;
        for (const std::string& paragraph : paragraphs)
            text += paragraph + paragraph.substr(0, paragraph.find(". ") + 1) + "\n\n";
        return text;
    }();
    return kTale;
}

} // namespace tests
