#include "engine/report/docx_parts.h"

namespace engine::report {
namespace {

const std::string kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const std::string kMain = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

std::string paragraphStyle(const std::string& id, const std::string& name,
                           const std::string& properties) {
    return "<w:style w:type=\"paragraph\" w:styleId=\"" + id + "\"><w:name w:val=\"" + name +
           "\"/><w:basedOn w:val=\"Normal\"/>" + properties + "</w:style>";
}

std::string characterStyle(const std::string& id, const std::string& name,
                           const std::string& properties) {
    return "<w:style w:type=\"character\" w:styleId=\"" + id + "\"><w:name w:val=\"" + name +
           "\"/><w:rPr>" + properties + "</w:rPr></w:style>";
}

std::string headingStyle(int level) {
    constexpr int kHalfPoints[] = {36, 30, 26, 24, 22, 22};
    const std::string number = std::to_string(level);
    const std::string size = std::to_string(kHalfPoints[level - 1]);
    return paragraphStyle("Heading" + number, "heading " + number,
                          "<w:next w:val=\"Normal\"/><w:qFormat/><w:pPr><w:keepNext/>"
                          "<w:spacing w:before=\"240\" w:after=\"120\"/><w:outlineLvl w:val=\"" +
                              std::to_string(level - 1) +
                              "\"/></w:pPr><w:rPr><w:b/><w:sz w:val=\"" + size + "\"/></w:rPr>");
}

} // namespace

std::string docxContentTypes() {
    const std::string word = "application/vnd.openxmlformats-officedocument.wordprocessingml.";
    std::string out =
        kDeclaration +
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
        "<Default Extension=\"rels\" "
        "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
        "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
        "<Override PartName=\"/docProps/core.xml\" "
        "ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>"
        "<Override PartName=\"/word/document.xml\" ContentType=\"" +
        word + "document.main+xml\"/>";
    for (const std::string part : {"styles", "numbering", "settings", "footnotes"})
        out += "<Override PartName=\"/word/" + part + ".xml\" ContentType=\"" + word + part +
               "+xml\"/>";
    return out + "</Types>";
}

std::string docxRelationships() {
    return kDeclaration +
           "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
           "<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/"
           "relationships/officeDocument\" Target=\"word/document.xml\"/>"
           "<Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/package/2006/"
           "relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/>"
           "</Relationships>";
}

std::string docxSettings() {
    return kDeclaration + "<w:settings xmlns:w=\"" + kMain +
           "\"><w:footnotePr><w:footnote w:id=\"-1\"/><w:footnote w:id=\"0\"/></w:footnotePr>"
           "<w:compat><w:compatSetting w:name=\"compatibilityMode\" "
           "w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat>"
           "</w:settings>";
}

std::string docxStyles() {
    const std::string border = " w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"B0B0B0\"/>";
    const std::string fonts = "<w:rFonts w:ascii=\"Liberation Mono\" w:hAnsi=\"Liberation Mono\" "
                              "w:cs=\"Liberation Mono\"/>";
    std::string out =
        kDeclaration + "<w:styles xmlns:w=\"" + kMain +
        "\"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"Liberation Serif\" "
        "w:hAnsi=\"Liberation Serif\" w:cs=\"Liberation Serif\"/><w:sz w:val=\"22\"/></w:rPr>"
        "</w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after=\"120\" w:line=\"276\" "
        "w:lineRule=\"auto\"/></w:pPr></w:pPrDefault></w:docDefaults>"
        "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\">"
        "<w:name w:val=\"Normal\"/><w:qFormat/></w:style>"
        "<w:style w:type=\"table\" w:default=\"1\" w:styleId=\"TableNormal\">"
        "<w:name w:val=\"Normal Table\"/><w:tblPr><w:tblCellMar><w:left w:w=\"108\" "
        "w:type=\"dxa\"/><w:right w:w=\"108\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr></w:style>";
    for (int level = 1; level <= 6; ++level)
        out += headingStyle(level);
    out += paragraphStyle("Quote", "Quote", "<w:rPr><w:i/></w:rPr>");
    out += paragraphStyle("Code", "HTML Preformatted",
                          "<w:pPr><w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"F3F3F3\"/>"
                          "</w:pPr><w:rPr>" +
                              fonts + "<w:sz w:val=\"20\"/></w:rPr>");
    out +=
        paragraphStyle("ListParagraph", "List Paragraph", "<w:pPr><w:contextualSpacing/></w:pPr>");
    out += paragraphStyle("TableHeading", "Table Heading", "<w:rPr><w:b/></w:rPr>");
    out += paragraphStyle("Rule", "Horizontal Line",
                          "<w:pPr><w:pBdr><w:bottom" + border + "</w:pBdr></w:pPr>");
    out += paragraphStyle("FootnoteText", "footnote text",
                          "<w:pPr><w:spacing w:after=\"60\" w:line=\"240\" w:lineRule=\"auto\"/>"
                          "</w:pPr><w:rPr><w:sz w:val=\"18\"/></w:rPr>");
    out += characterStyle("FootnoteReference", "footnote reference",
                          "<w:vertAlign w:val=\"superscript\"/>");
    out += characterStyle("CodeText", "HTML Code", fonts);
    out += characterStyle("Hyperlink", "Hyperlink",
                          "<w:color w:val=\"1A4F8A\"/><w:u w:val=\"single\"/>");
    out += "<w:style w:type=\"table\" w:styleId=\"TableGrid\"><w:name w:val=\"Table Grid\"/>"
           "<w:basedOn w:val=\"TableNormal\"/><w:tblPr><w:tblBorders>";
    for (const std::string side : {"top", "left", "bottom", "right", "insideH", "insideV"})
        out += "<w:" + side + border;
    return out + "</w:tblBorders></w:tblPr></w:style></w:styles>";
}

} // namespace engine::report
