// What holds for every document: tiling, the way from an offset to a place and back, nothing
// invisible, prefixes.

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "engine/document/passages.h"
#include "engine/document/word_map.h"
#include "layout_pages.h"

using namespace layout;

namespace {

/// Words of prose with whatever makes layout hard.
rc::Gen<std::string> genWord() {
    return rc::gen::weightedOneOf<std::string>(
        {{12, rc::gen::element<std::string>("the", "river", "mill", "stood", "and", "wheel", "Mr.",
                                            "corn,", "well-known", "it.")},
         {2, rc::gen::element<std::string>("exam-", "ple", "re-", "of\uFB01ce", "end.", "\"Yes!\"",
                                           "ex\u00ADact", "caf\u00E9", "1.", "\u2022")},
         {1, rc::gen::element<std::string>("\u4E2D\u6587\u3002", "\u05E9\u05DC\u05D5\u05DD",
                                           "e\u0301", "\uE000", "\xFF", "12", "Chapter", "IV",
                                           ". . .", "....")}});
}

rc::Gen<std::string> genText(int most) {
    return rc::gen::map(
        rc::gen::resize(most, rc::gen::container<std::vector<std::string>>(genWord())),
        [](const std::vector<std::string>& words) {
            std::string out;
            for (const std::string& word : words)
                out += (out.empty() ? "" : " ") + word;
            return out;
        });
}

RawDocument genPdf() {
    const int count = *rc::gen::inRange(1, 5);
    std::vector<RawPage> pages;
    for (int i = 1; i <= count; ++i) {
        PageBuilder page(i);
        float y = 40;
        const int lines = *rc::gen::inRange(0, 30);
        for (int n = 0; n < lines; ++n) {
            y += *rc::gen::element(12.0F, 12.0F, 12.0F, 12.0F, 20.0F, 40.0F, -90.0F);
            const float x = *rc::gen::element(50.0F, 50.0F, 50.0F, 65.0F, 220.0F);
            const float size = *rc::gen::element(10.0F, 10.0F, 10.0F, 10.0F, 8.0F, 16.0F);
            page.line(x, y, *genText(12), size,
                      *rc::gen::element(kRegular, kRegular, kBold, kMono));
        }
        pages.push_back(page.page());
    }
    return pdf(std::move(pages));
}

RawDocument genSections() {
    RawDocument raw;
    raw.opened.kind = Kind::Epub;
    const int count = *rc::gen::inRange(1, 4);
    for (int s = 0; s < count; ++s) {
        RawSection section;
        section.name = "part" + std::to_string(s);
        const int blocks = *rc::gen::inRange(0, 12);
        for (int b = 0; b < blocks; ++b) {
            RawBlock block;
            block.kind = static_cast<BlockKind>(*rc::gen::inRange(1, 9));
            block.level = *rc::gen::inRange(0, 8);
            block.utf8 = *genText(*rc::gen::element(5, 60, 400));
            section.blocks.push_back(block);
        }
        raw.opened.outline.push_back({1, "Part", 0, section.name});
        raw.sections.push_back(std::move(section));
    }
    return raw;
}

void checkTiling(const Document& document) {
    RC_ASSERT(isUtf8(document.text));
    RC_ASSERT(document.characters == codePoints(document.text));
    std::int64_t at = 0;
    for (std::size_t i = 0; i < document.pages.size(); ++i) {
        RC_ASSERT(document.pages[i].index == static_cast<int>(i) + 1);
        RC_ASSERT(document.pages[i].begin == at);
        RC_ASSERT(document.pages[i].end >= at);
        at = document.pages[i].end;
    }
    RC_ASSERT(at == document.characters);
    at = 0;
    for (std::size_t i = 0; i < document.passages.size(); ++i) {
        const Passage& passage = document.passages[i];
        RC_ASSERT(passage.ordinal == static_cast<int>(i));
        RC_ASSERT(passage.begin == at);
        RC_ASSERT(passage.end > at);
        RC_ASSERT(passage.end - at <= kPassageLongest);
        const Page& first = document.pages.at(static_cast<std::size_t>(passage.pageFirst) - 1);
        const Page& last = document.pages.at(static_cast<std::size_t>(passage.pageLast) - 1);
        RC_ASSERT(first.begin <= passage.begin && passage.begin < first.end);
        RC_ASSERT(last.begin < passage.end && passage.end <= last.end);
        at = passage.end;
    }
    RC_ASSERT(at == document.characters);
    at = 0;
    for (const Block& block : document.blocks) {
        RC_ASSERT(block.begin >= at);
        RC_ASSERT(block.end > block.begin);
        at = block.end;
    }
    at = 0;
    for (std::size_t i = 0; i < document.outline.size(); ++i) {
        RC_ASSERT(document.outline[i].begin >= at);
        RC_ASSERT(document.outline[i].parent < static_cast<int>(i));
        at = document.outline[i].begin;
    }
    RC_ASSERT(at <= document.characters);
}

void checkCharacters(const std::string& text) {
    for (const char* bad : {"\uFB00", "\uFB01", "\uFB06", "\u00AD", "\uE000", "\u00A0", "e\u0301"})
        RC_ASSERT(text.find(bad) == std::string::npos);
    RC_ASSERT(text.find('\0') == std::string::npos);
}

} // namespace

RC_GTEST_PROP(LayoutProperties, pagesAreTiledAndPlaced, ()) {
    const RawDocument raw = genPdf();
    const Document document = repair(raw);
    checkTiling(document);
    checkCharacters(document.text);
    const DocumentText text(document.text);
    for (const Page& page : document.pages) {
        std::int64_t at = page.begin;
        for (const WordBox& word : boxes(page.words, page, page.begin, page.end)) {
            RC_ASSERT(word.begin >= at);
            RC_ASSERT(word.end > word.begin);
            RC_ASSERT(word.end <= page.end);
            for (std::int64_t i = at; i < word.begin; ++i)
                RC_ASSERT(text.slice(i, i + 1) == " " || text.slice(i, i + 1) == "\n");
            const auto found = boxes(page.words, page, word.begin, word.begin + 1);
            RC_ASSERT(found.size() == 1U);
            RC_ASSERT(found[0].begin == word.begin && found[0].end == word.end);
            at = word.end;
        }
        for (; at < page.end; ++at)
            RC_ASSERT(text.slice(at, at + 1) == " " || text.slice(at, at + 1) == "\n");
    }
}

RC_GTEST_PROP(LayoutProperties, everyWordKeepsItsBox, ()) {
    // One word a line, so that a box names its word.
    const int count = *rc::gen::inRange(1, 20);
    PageBuilder page(1, 400, 2000);
    std::vector<std::string> words;
    for (int i = 0; i < count; ++i) {
        words.push_back("word" + std::to_string(i));
        page.line(100, 400 + 40.0F * static_cast<float>(i), words.back());
    }
    const Document document = repair(pdf({page.page()}));
    const DocumentText text(document.text);
    const Page& only = document.pages[0];
    const auto found = boxes(only.words, only, only.begin, only.end);
    RC_ASSERT(found.size() == words.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        RC_ASSERT(text.slice(found[i].begin, found[i].end) == words[i]);
        const float y = 398 + 40.0F * static_cast<float>(i);
        RC_ASSERT(found[i].box.x0 <= 105 && found[i].box.x1 >= 105);
        RC_ASSERT(found[i].box.y0 <= y && found[i].box.y1 >= y);
    }
}

RC_GTEST_PROP(LayoutProperties, sectionsAreTiled, ()) {
    const Document document = repair(genSections());
    checkTiling(document);
    checkCharacters(document.text);
}

RC_GTEST_PROP(LayoutProperties, repairIsDeterministic, ()) {
    const RawDocument raw = *rc::gen::arbitrary<bool>() ? genPdf() : genSections();
    const Document a = repair(raw);
    const Document b = repair(raw);
    RC_ASSERT(a.text == b.text);
    RC_ASSERT(a.passages.size() == b.passages.size());
    for (std::size_t i = 0; i < a.pages.size(); ++i)
        RC_ASSERT(a.pages[i].words == b.pages[i].words);
}

RC_GTEST_PROP(LayoutProperties, laterCharactersDoNotChangeEarlierPassages, ()) {
    const RawDocument raw = genSections();
    const Document before = repair(raw);
    // Everything from a random place on is written anew.
    std::vector<std::pair<std::size_t, std::size_t>> places;
    for (std::size_t s = 0; s < raw.sections.size(); ++s)
        for (std::size_t b = 0; b < raw.sections[s].blocks.size(); ++b)
            places.emplace_back(s, b);
    RC_PRE(!places.empty());
    const auto [section, index] = *rc::gen::elementOf(places);
    RawDocument changed = raw;
    RawBlock& block = changed.sections[section].blocks[index];
    const std::size_t keep = *rc::gen::inRange<std::size_t>(0, block.utf8.size() + 1);
    block.utf8 = block.utf8.substr(0, keep) +
                 *rc::gen::element<std::string>("", "x", ". Then", "!\u201D he", "\n\n") +
                 *genText(200);
    const Document after = repair(changed);
    std::size_t same = 0;
    while (same < before.text.size() && same < after.text.size() &&
           before.text[same] == after.text[same])
        ++same;
    while (same > 0 && same < before.text.size() &&
           (static_cast<unsigned char>(before.text[same]) & 0xC0) == 0x80)
        --same;
    std::int64_t bound = codePoints(std::string_view(before.text).substr(0, same));
    // What the block was, and where it ended, is only known up to its own begin.
    std::int64_t begin = 0;
    RawDocument head = raw;
    head.sections.resize(section + 1);
    head.sections[section].blocks.resize(index);
    begin = repair(head).characters;
    bound = std::min(bound, begin + static_cast<std::int64_t>(keep));
    for (std::size_t i = 0;
         i < before.passages.size() && before.passages[i].end + kPassageLookAhead <= bound; ++i) {
        RC_ASSERT(i < after.passages.size());
        RC_ASSERT(after.passages[i].begin == before.passages[i].begin);
        RC_ASSERT(after.passages[i].end == before.passages[i].end);
        RC_ASSERT(after.passages[i].outline == before.passages[i].outline);
        RC_ASSERT(after.passages[i].isContents == before.passages[i].isContents);
        RC_ASSERT(after.passages[i].pageFirst == before.passages[i].pageFirst);
    }
}
