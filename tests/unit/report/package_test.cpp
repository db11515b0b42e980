#include "engine/report/package.h"

#include "engine/error.h"
#include "tests/unit/report/package_reader.h"

using namespace engine::report;

TEST(Package, KeepsOrderAndStorage) {
    const std::string big(10000, 'x');
    const std::string bytes =
        zipped({{"z", "first", Part::Storage::Stored}, {"a/b.xml", big}, {"empty", ""}});
    const auto entries = tests::unzipped(bytes);
    EXPECT_EQ(tests::names(entries), (std::vector<std::string>{"z", "a/b.xml", "empty"}));
    EXPECT_TRUE(entries.at(0).isStored);
    EXPECT_FALSE(entries.at(1).isStored);
    EXPECT_EQ(entries.at(0).content, "first");
    EXPECT_EQ(entries.at(1).content, big);
    EXPECT_LT(bytes.size(), 1000U);
    EXPECT_EQ(bytes,
              zipped({{"z", "first", Part::Storage::Stored}, {"a/b.xml", big}, {"empty", ""}}));
}

TEST(Package, RefusesTwoPartsOfOneName) {
    try {
        zipped({{"a", "1"}, {"a", "2"}});
        FAIL() << "packed";
    } catch (const engine::Error& error) {
        EXPECT_EQ(error.code(), engine::Code::Internal);
    }
}

TEST(Package, XmlIsWrittenWithoutSpaceOfItsOwn) {
    pugi::xml_document xml;
    auto root = addElement(xml, "a", {{"b", "\"<&"}, {"c", "2"}});
    addElement(root, "d").text() = " ]]> ";
    EXPECT_EQ(xmlText(xml), "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
                            "<a b=\"&quot;&lt;&amp;\" c=\"2\"><d> ]]&gt; </d></a>");
}
