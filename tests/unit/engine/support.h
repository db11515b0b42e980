#pragma once
/// A temporary library with documents put together by hand, and the tiny model.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include "engine/document/document_text.h"
#include "engine/model/session.h"
#include "engine/store/hash.h"
#include "engine/store/library.h"
#include "tests/support/tiny_model.h"

namespace tests {

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "infolio-test-XXXXXX").string();
        if (!mkdtemp(name.data()))
            throw std::runtime_error("no temporary folder");
        m_path = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const {
        return (m_path / name).string();
    }
    std::string write(const std::string& name, const std::string& bytes) const {
        std::ofstream stream(m_path / name, std::ios::binary);
        stream << bytes;
        return file(name);
    }

private:
    std::filesystem::path m_path;
};

inline std::shared_ptr<const engine::model::Model> tinyModelLoaded(const TemporaryFolder& folder) {
    const std::string path = folder.file("tiny.gguf");
    if (!std::filesystem::exists(path))
        writeTinyModel(path);
    return engine::model::Model::load(path, "", engine::model::Dtype::Float32);
}

/// A page of `words` numbered words, the same for the same arguments.
inline std::string pageText(int page, int words) {
    std::string text;
    for (int i = 0; i < words; ++i)
        text +=
            "w" + std::to_string((page * 7919 + i * 104729) % 997) + (i % 11 == 10 ? ". " : " ");
    return text + "\n\n";
}

/// Stores pages as a document with a passage a page; `chapterPages` are the pages (from 1) at which
/// chapters begin.
inline engine::store::DocumentRow addDocument(engine::store::Library& library,
                                              const std::vector<std::string>& pages,
                                              const std::vector<int>& chapterPages = {}) {
    engine::store::DocumentRow row;
    engine::store::DocumentContent content;
    std::string all;
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < pages.size(); ++i) {
        const std::int64_t end = offset + engine::document::codePoints(pages[i]);
        engine::store::PageRow page;
        page.index = static_cast<int>(i) + 1;
        page.label = std::to_string(i + 1);
        page.begin = offset;
        page.end = end;
        page.status = 1;
        content.pages.push_back(page);
        if (end == offset)
            continue; // a page without text has no passage
        engine::store::PassageRow passage;
        passage.ordinal = static_cast<int>(content.passages.size());
        passage.pageFirst = passage.pageLast = page.index;
        passage.begin = offset;
        passage.end = end;
        passage.text = pages[i];
        content.passages.push_back(passage);
        offset = end;
        all += pages[i];
    }
    int ordinal = 0;
    for (const int page : chapterPages) {
        engine::store::OutlineRow chapter;
        chapter.ordinal = ordinal++;
        chapter.title = "Chapter " + std::to_string(ordinal);
        chapter.pageIndex = page;
        chapter.begin = content.pages[static_cast<std::size_t>(page - 1)].begin;
        chapter.source = "file";
        content.outline.push_back(chapter);
    }
    row.sha256 = engine::store::sha256(all);
    row.kind = "text";
    row.title = "Numbers " + row.sha256.substr(0, 4);
    row.bytes = static_cast<std::int64_t>(all.size());
    row.pages = static_cast<std::int64_t>(pages.size());
    row.characters = offset;
    row.textSha256 = engine::store::sha256(all);
    row.state = "text ready";
    row.id = library.addDocument(row, content);
    return *library.document(row.id);
}

} // namespace tests
