#include "engine/report/odt_parts.h"

namespace engine::report {
namespace {

const std::string kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

std::string paragraphStyle(const std::string& name, const std::string& paragraph,
                           const std::string& text = "") {
    std::string out = "<style:style style:name=\"" + name +
                      "\" style:family=\"paragraph\" style:parent-style-name=\"Standard\">"
                      "<style:paragraph-properties " +
                      paragraph + "/>";
    if (!text.empty())
        out += "<style:text-properties " + text + "/>";
    return out + "</style:style>";
}

std::string textStyle(const std::string& name, const std::string& text) {
    return "<style:style style:name=\"" + name +
           "\" style:family=\"text\"><style:text-properties " + text + "/></style:style>";
}

std::string headings() {
    constexpr const char* kSizes[] = {"18pt", "15pt", "13pt", "12pt", "11pt", "11pt"};
    std::string out;
    for (int level = 1; level <= 6; ++level) {
        const std::string number = std::to_string(level);
        out += "<style:style style:name=\"Heading_20_" + number +
               "\" style:display-name=\"Heading " + number +
               "\" style:family=\"paragraph\" style:parent-style-name=\"Standard\" "
               "style:default-outline-level=\"" +
               number +
               "\"><style:paragraph-properties fo:margin-top=\"0.42cm\" "
               "fo:margin-bottom=\"0.21cm\" fo:keep-with-next=\"always\"/>"
               "<style:text-properties fo:font-weight=\"bold\" fo:font-size=\"" +
               kSizes[level - 1] + "\"/></style:style>";
    }
    return out;
}

std::string list(const std::string& name, bool isOrdered) {
    std::string out = "<text:list-style style:name=\"" + name + "\">";
    for (int level = 1; level <= 10; ++level) {
        const std::string number = std::to_string(level);
        const std::string kind = isOrdered ? "number" : "bullet";
        const std::string mark = isOrdered ? "style:num-format=\"1\" style:num-suffix=\".\""
                                           : "text:bullet-char=\"\u2022\"";
        out += "<text:list-level-style-" + kind + " text:level=\"" + number + "\" " + mark +
               "><style:list-level-properties "
               "text:list-level-position-and-space-mode=\"label-alignment\">"
               "<style:list-level-label-alignment text:label-followed-by=\"listtab\" "
               "fo:text-indent=\"-0.63cm\" fo:margin-left=\"" +
               std::to_string(level * 63 / 100) + "." + (level * 63 % 100 < 10 ? "0" : "") +
               std::to_string(level * 63 % 100) + "cm\"/></style:list-level-properties>" +
               "</text:list-level-style-" + kind + ">";
    }
    return out + "</text:list-style>";
}

} // namespace

std::string odtManifest() {
    std::string out =
        kDeclaration +
        "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" "
        "manifest:version=\"1.2\"><manifest:file-entry manifest:full-path=\"/\" "
        "manifest:version=\"1.2\" manifest:media-type=\"" +
        std::string(kOdtType) + "\"/>";
    for (const std::string part : {"content.xml", "styles.xml", "meta.xml"})
        out += "<manifest:file-entry manifest:full-path=\"" + part +
               "\" manifest:media-type=\"text/xml\"/>";
    return out + "</manifest:manifest>";
}

std::string odtStyles() {
    const std::string mono = "style:font-name=\"Mono\"";
    std::string out =
        kDeclaration +
        "<office:document-styles "
        "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" "
        "xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" "
        "xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" "
        "xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\" "
        "xmlns:svg=\"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0\" "
        "office:version=\"1.2\"><office:font-face-decls>"
        "<style:font-face style:name=\"Serif\" svg:font-family=\"'Liberation Serif'\" "
        "style:font-family-generic=\"roman\"/>"
        "<style:font-face style:name=\"Mono\" svg:font-family=\"'Liberation Mono'\" "
        "style:font-family-generic=\"modern\" style:font-pitch=\"fixed\"/>"
        "</office:font-face-decls><office:styles>"
        "<style:style style:name=\"Standard\" style:family=\"paragraph\">"
        "<style:paragraph-properties fo:margin-bottom=\"0.21cm\" fo:line-height=\"115%\"/>"
        "<style:text-properties style:font-name=\"Serif\" fo:font-size=\"11pt\"/></style:style>";
    out += headings();
    out += paragraphStyle("Quotations", "fo:margin-left=\"1cm\"", "fo:font-style=\"italic\"");
    out +=
        paragraphStyle("Code", "fo:background-color=\"#f3f3f3\"", mono + " fo:font-size=\"10pt\"");
    out += paragraphStyle("TableHeading", "fo:margin-bottom=\"0cm\"", "fo:font-weight=\"bold\"");
    out += paragraphStyle("TableText", "fo:margin-bottom=\"0cm\"");
    out += paragraphStyle("Rule", "fo:border-bottom=\"0.5pt solid #b0b0b0\"");
    out += paragraphStyle("Footnote",
                          "fo:margin-bottom=\"0.1cm\" fo:margin-left=\"0.6cm\" "
                          "fo:text-indent=\"-0.6cm\" fo:line-height=\"100%\"",
                          "fo:font-size=\"9pt\"");
    out += textStyle("Emphasis", "fo:font-style=\"italic\"");
    out += textStyle("Strong", "fo:font-weight=\"bold\"");
    out += textStyle("StrongEmphasis", "fo:font-weight=\"bold\" fo:font-style=\"italic\"");
    out += textStyle("CodeText", mono);
    out += textStyle("NoteMark", "style:text-position=\"super 58%\"");
    out += textStyle("Link", "fo:color=\"#1a4f8a\" style:text-underline-style=\"solid\"");
    out += list("Bullets", false) + list("Numbers", true);
    out += "<text:notes-configuration text:note-class=\"footnote\" "
           "text:citation-body-style-name=\"NoteMark\" style:num-format=\"1\" "
           "text:start-value=\"0\" text:footnotes-position=\"page\" "
           "text:start-numbering-at=\"document\"/></office:styles><office:automatic-styles>"
           "<style:page-layout style:name=\"Page\"><style:page-layout-properties "
           "fo:page-width=\"21cm\" fo:page-height=\"29.7cm\" fo:margin=\"2.54cm\"/>"
           "</style:page-layout></office:automatic-styles><office:master-styles>"
           "<style:master-page style:name=\"Standard\" style:page-layout-name=\"Page\"/>"
           "</office:master-styles></office:document-styles>";
    return out;
}

} // namespace engine::report
