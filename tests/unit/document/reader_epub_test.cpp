#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>
#include <zip.h>

#include "engine/reader/archive.h"
#include "engine/reader/book.h"
#include "engine/reader/xhtml.h"
#include "tests/unit/document/reader_test_files.h"

namespace engine::document {
namespace {

using reader::PartContext;
using reader::readXhtml;
using reader::RefusedError;
using wire::Refusal;

const std::string kContainer =
    R"(<container><rootfiles><rootfile full-path="a/b.opf"/></rootfiles></container>)";

std::string package(const std::string& items, const std::string& spine,
                    const std::string& metadata = "") {
    return "<package><metadata>" + metadata + "</metadata><manifest>" + items +
           "</manifest><spine toc='ncx'>" + spine + "</spine></package>";
}

std::string item(const std::string& id, const std::string& href, const std::string& more = "") {
    return "<item id='" + id + "' href='" + href + "' media-type='application/xhtml+xml' " + more +
           "/>";
}

class ReaderEpub : public ReaderTest {
protected:
    using Parts = std::map<std::string, std::string>;

    std::string archive(const Parts& parts, const std::string& secret = "",
                        std::int32_t packing = ZIP_CM_DEFAULT) const {
        const std::string name = path("book.epub");
        std::filesystem::remove(name);
        zip_t* made = zip_open(name.c_str(), ZIP_CREATE, nullptr);
        for (const auto& [part, content] : parts) {
            const zip_int64_t index = zip_file_add(
                made, part.c_str(), zip_source_buffer(made, content.data(), content.size(), 0), 0);
            zip_set_file_compression(made, static_cast<zip_uint64_t>(index), packing, 0);
            if (!secret.empty())
                zip_file_set_encryption(made, static_cast<zip_uint64_t>(index), ZIP_EM_AES_256,
                                        secret.c_str());
        }
        zip_close(made);
        return name;
    }

    std::string book(const Parts& more, const std::string& opf) const {
        Parts parts = more;
        parts["META-INF/container.xml"] = kContainer;
        parts["a/b.opf"] = opf;
        return archive(parts);
    }

    std::string bookOfOne(const std::string& content) const {
        return book({{"a/one.xhtml", content}},
                    package(item("one", "one.xhtml"), "<itemref idref='one'/>"));
    }
};

std::vector<std::string> texts(const std::vector<RawBlock>& blocks) {
    std::vector<std::string> result;
    for (const RawBlock& block : blocks)
        result.push_back(block.utf8);
    return result;
}

std::size_t visibleCharacters(const RawDocument& document) {
    std::size_t count = 0;
    for (const RawSection& section : document.sections)
        for (const RawBlock& block : section.blocks)
            for (const char c : block.utf8)
                count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    return count;
}

TEST_F(ReaderEpub, EveryRealBookOpensOrIsNamed) {
    NEED_TEST_DATA();
    const auto manifest = nlohmann::json::parse(contentOf(TEST_DATA "/epub/MANIFEST.json"));
    ASSERT_EQ(manifest.size(), 18U);
    for (const auto& entry : manifest) {
        const std::string name = entry["file"];
        const std::string where = TEST_DATA "/epub/" + name;
        if (!entry["zip_ok"].get<bool>()) {
            EXPECT_EQ(failure(where), Code::BadFile) << name;
            continue;
        }
        const RawDocument document = readWhole(where);
        EXPECT_EQ(document.opened.kind, Kind::Epub) << name;
        EXPECT_FALSE(document.sections.empty()) << name;
        EXPECT_TRUE(document.opened.warnings.empty()) << name;
        if (!entry["title"].is_null()) {
            EXPECT_EQ(document.opened.title, entry["title"].get<std::string>()) << name;
        }
        // The manifest counts every character of the markup's text: titles, ruby, formulas and
        // white space included.
        if (entry["text_chars"] > 20'000 && name != "epub3-samples__linear-algebra.epub") {
            EXPECT_GT(visibleCharacters(document) * 100,
                      entry["text_chars"].get<std::size_t>() * 70)
                << name;
        }
    }
}

TEST_F(ReaderEpub, ANovelHasItsChaptersInOrder) {
    NEED_TEST_DATA();
    const RawDocument document =
        readWhole(TEST_DATA "/epub/time-machine-h-g-wells_standardebooks.epub");
    EXPECT_EQ(document.opened.author, "H. G. Wells");
    EXPECT_EQ(document.opened.language, "en-GB");
    EXPECT_EQ(document.opened.outline.size(), 18U);
    EXPECT_EQ(document.sections.size(), 18U);
    // Every entry of the outline names a part that is there.
    for (const RawOutlineEntry& entry : document.opened.outline) {
        const std::string part = entry.anchor.substr(0, entry.anchor.find('#'));
        EXPECT_TRUE(std::any_of(document.sections.begin(), document.sections.end(),
                                [&](const RawSection& section) { return section.name == part; }))
            << entry.anchor;
    }
}

TEST_F(ReaderEpub, OutlineAnchorsAreFoundInTheText) {
    NEED_TEST_DATA();
    const RawDocument document = readWhole(TEST_DATA "/epub/epub3-samples__epub30-spec.epub");
    std::set<std::string> anchors;
    for (const RawSection& section : document.sections)
        for (const RawBlock& block : section.blocks)
            anchors.insert(block.anchor);
    for (const RawOutlineEntry& entry : document.opened.outline)
        if (entry.anchor.find('#') != std::string::npos) {
            EXPECT_TRUE(anchors.contains(entry.anchor)) << entry.anchor;
        }
}

TEST_F(ReaderEpub, SpineNcxAndPageListAreFollowed) {
    const std::string ncx = "<ncx><navMap><navPoint><navLabel><text>First</text></"
                            "navLabel><content src='t%20wo.xhtml#here'/>"
                            "<navPoint><navLabel><text>Inner</text></navLabel><content "
                            "src='one.xhtml'/></navPoint></navPoint></navMap>"
                            "<pageList><pageTarget><navLabel><text>xii</text></navLabel><content "
                            "src='one.xhtml#p'/></pageTarget></pageList></ncx>";
    const std::string made =
        book({{"a/one.xhtml", "<p>before</p><p id='p'>one</p>"},
              {"a/t wo.xhtml", "<h1 id='here'>two</h1>"},
              {"a/toc.ncx", ncx}},
             package(item("one", "one.xhtml") + item("two", "t%20wo.xhtml") +
                         "<item id='ncx' href='toc.ncx' media-type='application/x-dtbncx+xml'/>",
                     "<itemref idref='two'/><itemref idref='one' linear='no'/>",
                     "<dc:title>T</dc:title><dc:creator>A</dc:creator><dc:creator>B</dc:creator>"));
    const RawDocument document = readWhole(made);
    EXPECT_EQ(document.opened.author, "A, B");
    ASSERT_EQ(document.sections.size(), 2U);
    EXPECT_EQ(document.sections[0].name, "a/t wo.xhtml");
    EXPECT_EQ(document.sections[0].blocks[0].anchor, "a/t wo.xhtml#here");
    EXPECT_EQ(document.sections[1].blocks[1].pageLabel, "xii");
    EXPECT_EQ(document.sections[1].blocks[0].pageLabel, "");
    ASSERT_EQ(document.opened.outline.size(), 2U);
    EXPECT_EQ(document.opened.outline[0].anchor, "a/t wo.xhtml#here");
    EXPECT_EQ(document.opened.outline[1].level, 2);
    EXPECT_EQ(document.opened.outline[1].anchor, "a/one.xhtml");
}

TEST_F(ReaderEpub, NavigationDocumentGivesOutlineAndPages) {
    const std::string nav =
        "<nav epub:type='toc'><ol><li><a href='one.xhtml'>One</a><ol><li><a "
        "href='one.xhtml#x'>Sub</a></li></ol></li>"
        "<li><span>No link</span></li></ol></nav><nav epub:type='page-list'><ol><li><a "
        "href='one.xhtml#p9'>9</a></li></ol></nav>";
    const RawDocument document = readWhole(book(
        {{"a/nav.xhtml", nav}, {"a/one.xhtml", "<p id='p9'>one</p><p id='x'>x</p>"}},
        package(item("nav", "nav.xhtml", "properties='scripted nav'") + item("one", "one.xhtml"),
                "<itemref idref='one'/>")));
    ASSERT_EQ(document.opened.outline.size(), 3U);
    EXPECT_EQ(document.opened.outline[1].title, "Sub");
    EXPECT_EQ(document.opened.outline[1].level, 2);
    EXPECT_EQ(document.opened.outline[2].anchor, "");
    EXPECT_EQ(document.sections[0].blocks[0].pageLabel, "9");
    EXPECT_EQ(document.sections[0].blocks[1].anchor, "a/one.xhtml#x");
}

TEST_F(ReaderEpub, MissingPartsAndMissingContainersAreTolerated) {
    const RawDocument document =
        readWhole(archive({{"x.opf", package(item("one", "one.xhtml") + item("two", "two.xhtml"),
                                             "<itemref idref='one'/><itemref idref='two'/>")},
                           {"one.xhtml", "<p>one</p>"}}));
    EXPECT_EQ(document.sections.size(), 2U);
    EXPECT_EQ(document.opened.warnings,
              std::vector<std::string>{"The part two.xhtml is missing from the file."});
}

TEST_F(ReaderEpub, ArchivesThatAreNoBooksAreNamed) {
    EXPECT_EQ(failure(archive({{"word/document.xml", "<w/>"}})), Code::Unsupported);
    EXPECT_EQ(failure(book({}, "")), Code::BadFile);
    EXPECT_EQ(failure(book({}, package("", ""))), Code::BadFile);
    EXPECT_EQ(failure(file("cut.epub", std::string("PK\3\4") + std::string(200, 'x'))),
              Code::BadFile);
    std::string deep;
    for (int i = 0; i < 1000; ++i)
        deep += "<a>";
    EXPECT_EQ(failure(book({}, deep)), Code::BadFile);
}

TEST_F(ReaderEpub, EncryptedContentIsProtectedAndObfuscatedFontsAreNot) {
    const auto encryption = [&](const std::string& algorithm) {
        return book({{"META-INF/encryption.xml",
                      "<encryption><enc:EncryptedData><enc:EncryptionMethod Algorithm='" +
                          algorithm + "'/></enc:EncryptedData></encryption>"},
                     {"a/one.xhtml", "<p>one</p>"}},
                    package(item("one", "one.xhtml"), "<itemref idref='one'/>"));
    };
    EXPECT_EQ(failure(encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc")), Code::Protected);
    EXPECT_EQ(readWhole(encryption("http://www.idpf.org/2008/embedding")).sections.size(), 1U);
    EXPECT_EQ(
        failure(archive({{"META-INF/container.xml", kContainer}, {"a/b.opf", "x"}}, "secret")),
        Code::Protected);
}

TEST_F(ReaderEpub, BombsAreTooBig) {
    EXPECT_EQ(failure(bookOfOne(std::string(10u << 20, ' '))), Code::TooBig);
    Parts many;
    for (int i = 0; i <= 20'000; ++i)
        many["part" + std::to_string(i)] = "";
    EXPECT_EQ(failure(archive(many)), Code::TooBig);
}

TEST_F(ReaderEpub, APartOfMoreThan64MebibytesIsTooBig) {
    const std::string bytes =
        contentOf(archive({{"part", std::string((64u << 20) + 1, 'x')}}, "", ZIP_CM_STORE));
    reader::Archive opened = reader::Archive::open(bytes);
    try {
        opened.read("part");
        ADD_FAILURE() << "the part was read";
    } catch (const RefusedError& error) {
        EXPECT_EQ(error.refusal(), Refusal::TooBig);
        EXPECT_STREQ(error.what(), "the part part unpacks to more than 64 MiB");
    }
}

TEST_F(ReaderEpub, AllPartsTogetherAreLimited) {
    const std::string bytes = contentOf(archive({{"part", std::string(600'000, 'x')}}));
    reader::Archive opened = reader::Archive::open(bytes, 1u << 20);
    EXPECT_TRUE(opened.read("part").has_value());
    EXPECT_THROW(opened.read("part"), RefusedError);
}

TEST_F(ReaderEpub, DamagedPartsAreNamed) {
    std::string bytes = contentOf(
        archive({{"part", "some text that is stored in the archive as it is, or nearly so"}}));
    bytes[bytes.find("part") + 8] ^= 0x55;
    reader::Archive opened = reader::Archive::open(bytes);
    EXPECT_THROW(opened.read("part"), RefusedError);
    bytes = contentOf(archive({{"part", "text"}}));
    // A way of packing that nobody knows.
    bytes[bytes.find("PK\1\2") + 10] = 77;
    reader::Archive other = reader::Archive::open(bytes);
    EXPECT_THROW(other.read("part"), RefusedError);
}

TEST_F(ReaderEpub, NamesStayInsideTheArchive) {
    EXPECT_EQ(reader::resolve("a/b/c.opf", "../d%20e.xhtml#f%C3%A9"), "a/d e.xhtml#fé");
    EXPECT_EQ(reader::resolve("a/b.opf", "./c//d.xhtml"), "a/c/d.xhtml");
    EXPECT_EQ(reader::resolve("a/b.opf", "#x"), "a/b.opf#x");
    EXPECT_EQ(reader::resolve("a/b.opf", "/c.xhtml"), "c.xhtml");
    EXPECT_EQ(reader::resolve("a/b.opf", "../../etc/passwd"), "");
    EXPECT_EQ(reader::resolve("a/b.opf", "%2e%2e/%2e%2e/etc/passwd"), "");
    EXPECT_EQ(reader::resolve("a/b.opf", "http://host/x"), "");
    EXPECT_EQ(reader::resolve("a/b.opf", "a\\b"), "");
    EXPECT_EQ(reader::resolve("a/b.opf", "100%.xhtml"), "a/100%.xhtml");
    EXPECT_FALSE(reader::isPlainName("a/../b"));
    EXPECT_FALSE(reader::isPlainName("/a"));
    EXPECT_FALSE(reader::isPlainName(std::string_view("a\0b", 3)));
    EXPECT_TRUE(reader::isPlainName("a/..b"));
}

TEST_F(ReaderEpub, BlocksAreWhatAReaderSees) {
    const std::vector<RawBlock> blocks = readXhtml(
        "<?xml "
        "version='1.0'?><html><head><title>no</title><style>no</style></head><body>loose<h2>A "
        "<em>head</em><br/>line</h2>"
        "<p>One&nbsp;two\n three<br/>four<script>no</script></p><ul><li>item</li><li><p>in "
        "item</p></li></ul>"
        "<blockquote><p>quoted</p></blockquote><pre>\na\n  "
        "b\n</pre><ruby>漢<rt>kan</rt></ruby><div><div> </div></div>"
        "<table><caption>cap</caption><tr><td>1</td><th>2</th></tr></table><aside "
        "epub:type='footnote'><p>note</p></aside>"
        "<figure><img alt='a map'/></figure><p><img alt='O'/>nce</p><p>see<a epub:type='noteref' "
        "href='#n'>1</a> and<sup><a href='#m'>2</a></sup></p>"
        "<p>E=mc<sup>2</sup></p><div hidden='hidden'>no</div><p>a <q>b</q></p></body></html>",
        {});
    EXPECT_EQ(texts(blocks),
              (std::vector<std::string>{"loose", "A head line", "One\u00A0two three four", "item",
                                        "in item", "quoted", "a\n  b", "漢", "cap", "1 | 2", "note",
                                        "a map", "Once", "see and", "E=mc2", "a “b”"}));
    EXPECT_EQ(blocks[1].kind, BlockKind::Heading);
    EXPECT_EQ(blocks[1].level, 2);
    EXPECT_EQ(blocks[3].kind, BlockKind::ListItem);
    EXPECT_EQ(blocks[4].kind, BlockKind::ListItem);
    EXPECT_EQ(blocks[5].kind, BlockKind::Quote);
    EXPECT_EQ(blocks[6].kind, BlockKind::Code);
    EXPECT_EQ(blocks[8].kind, BlockKind::Caption);
    EXPECT_EQ(blocks[9].kind, BlockKind::TableRow);
    EXPECT_EQ(blocks[10].kind, BlockKind::Note);
    EXPECT_EQ(blocks[11].kind, BlockKind::Caption);
}

TEST_F(ReaderEpub, TablesForLayoutAreReadAsText) {
    EXPECT_EQ(texts(readXhtml("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>", {})),
              (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(ReaderEpub, FormulasKeepTheirNumbersTogether) {
    EXPECT_EQ(
        texts(readXhtml(
            "<p>so <math> <mn>1</mn> <mn>2</mn> <mo>=</mo> <mfrac> <mi>a</mi> <mi>b</mi> </mfrac> "
            "<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup></math> holds</p>",
            {})),
        std::vector<std::string>{"so 12=a/bx_1^2 holds"});
}

TEST_F(ReaderEpub, AnchorsAndPagesGoToTheirBlocks) {
    const PartContext context{"p.xhtml", {"a", "b"}, {{"n", "12"}}};
    const std::vector<RawBlock> blocks =
        readXhtml("<p>x</p><a id='a'></a><a name='b'></a><p>first</p><p>second <span "
                  "id='n'></span>goes on</p><p>third</p>"
                  "<p><span class='pagenum'>[Pg 13]</span>fourth</p><p><span epub:type='pagebreak' "
                  "title='14'/>fifth</p>",
                  context);
    ASSERT_EQ(blocks.size(), 6U);
    EXPECT_EQ(blocks[1].anchor, "p.xhtml#a");
    EXPECT_EQ(blocks[2].anchor, "p.xhtml#b");
    EXPECT_EQ(blocks[2].pageLabel, "");
    EXPECT_EQ(blocks[3].pageLabel, "12");
    EXPECT_EQ(blocks[4].utf8, "fourth");
    EXPECT_EQ(blocks[4].pageLabel, "13");
    EXPECT_EQ(blocks[5].pageLabel, "14");
}

TEST_F(ReaderEpub, NothingIsFetchedAndNestingIsBounded) {
    const std::string outside = "<!DOCTYPE html [<!ENTITY e SYSTEM 'file://" +
                                file("secret", "SECRET") +
                                "'>]><html><body><p>a&e;b</p></body></html>";
    for (const std::string& text : texts(readXhtml(outside, {})))
        EXPECT_EQ(text.find("SECRET"), std::string::npos);
    std::string deep;
    for (int i = 0; i < 100'000; ++i)
        deep += "<div>";
    EXPECT_NO_THROW(readXhtml(deep + "text", {}));
    EXPECT_EQ(readWhole(bookOfOne(deep + "text")).sections.size(), 1U);
}

TEST_F(ReaderEpub, OldEncodingsAreRead) {
    EXPECT_EQ(
        texts(readXhtml("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><p>na\xEFve</p>", {})),
        std::vector<std::string>{"naïve"});
    EXPECT_EQ(texts(readXhtml("\xEF\xBB\xBF<p>é</p>", {})), std::vector<std::string>{"é"});
    EXPECT_EQ(texts(readXhtml("<p>\xFF</p>", {})), std::vector<std::string>{"\uFFFD"});
}

} // namespace
} // namespace engine::document
