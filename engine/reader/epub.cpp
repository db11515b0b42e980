#include "engine/reader/epub.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <pugixml.hpp>

#include "engine/reader/archive.h"
#include "engine/reader/text.h"
#include "engine/reader/unicode.h"
#include "engine/reader/xhtml.h"

namespace engine::reader {
namespace {

using document::RawOutlineEntry;
using document::wire::Refusal;

constexpr int kMaxDepth = 256;
constexpr int kMaxLevel = 16;
constexpr std::size_t kMaxEntries = 20'000;

/// Whether elements nest deeper than `kMaxDepth`; the parser's clean-up recurses.
bool isTooDeep(std::string_view xml) {
    int depth = 0;
    for (std::size_t at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at)) {
        const std::size_t end = xml.find('>', at);
        if (end == std::string_view::npos)
            return false;
        const std::string_view tag = xml.substr(at, end - at);
        at = end;
        if (tag.starts_with("<!") || tag.starts_with("<?"))
            continue;
        if (tag.starts_with("</"))
            --depth;
        else if (!tag.ends_with('/') && ++depth > kMaxDepth)
            return true;
    }
    return false;
}

/// Elements are known by their local names; prefixes vary from maker to maker.
std::string_view localName(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    return name.substr(name.rfind(':') + 1);
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) {
    return parent.find_child([&](const pugi::xml_node& node) { return localName(node) == name; });
}

pugi::xml_node descendant(const pugi::xml_node& parent, std::string_view name) {
    return parent.find_node([&](const pugi::xml_node& node) { return localName(node) == name; });
}

std::string textOf(const pugi::xml_node& node) {
    std::string text;
    for (const pugi::xml_node& part : node.children())
        text += part.type() == pugi::node_element ? textOf(part) : std::string(part.value());
    return foldSpace(text);
}

bool hasWord(std::string_view list, std::string_view word) {
    return (" " + foldSpace(list) + " ").find(" " + std::string(word) + " ") != std::string::npos;
}

struct Item {
    std::string name, mediaType, properties;
};

class EpubBook : public Book {
public:
    explicit EpubBook(std::string_view bytes) : m_archive(Archive::open(bytes)) {
        m_packageName = packageName();
        refuseEncrypted();
        if (!load(m_package, m_packageName))
            throw RefusedError(Refusal::BadFile,
                               "its package document " + m_packageName + " cannot be read");
        readManifest();
        readSpine();
        if (m_spine.empty())
            throw RefusedError(Refusal::BadFile, "its package document names no readable parts");
        readNavigation();
    }

    document::wire::OpenedFile opened() override {
        document::wire::OpenedFile file;
        file.opened.kind = document::Kind::Epub;
        file.parts = static_cast<int>(m_spine.size());
        readMetadata(file.opened);
        file.opened.outline = m_outline;
        for (const std::string& part : m_spine)
            if (!m_archive.has(part))
                file.opened.warnings.push_back("The part " + part + " is missing from the file.");
        return file;
    }

    Part read(int index) override {
        const std::string& name = m_spine[static_cast<std::size_t>(index - 1)];
        document::RawSection section{name, {}};
        if (const std::optional<std::string> bytes = m_archive.read(name))
            section.blocks = readXhtml(*bytes, m_contexts[name]);
        return section;
    }

private:
    bool load(pugi::xml_document& into, const std::string& name) {
        const std::optional<std::string> bytes = m_archive.read(name);
        if (!bytes)
            return false;
        const std::string text = decodeXml(*bytes);
        if (isTooDeep(text))
            throw RefusedError(Refusal::BadFile,
                               "the part " + name + " nests more than 256 elements");
        // What was parsed before an error is still there; makers leave many small ones.
        into.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
        return static_cast<bool>(into.document_element());
    }

    std::string packageName() {
        pugi::xml_document container;
        if (load(container, "META-INF/container.xml")) {
            const std::string name =
                resolve("", descendant(container, "rootfile").attribute("full-path").value());
            if (m_archive.has(name))
                return name;
        }
        const std::string found = m_archive.findSuffix(".opf");
        if (!found.empty())
            return found;
        throw RefusedError(Refusal::Unsupported, "it is an archive, but no EPUB");
    }

    void refuseEncrypted() {
        static const std::set<std::string> kFontObfuscation{"http://www.idpf.org/2008/embedding",
                                                            "http://ns.adobe.com/pdf/enc#RC"};
        pugi::xml_document encryption;
        if (!load(encryption, "META-INF/encryption.xml"))
            return;
        const pugi::xml_node other = encryption.find_node([&](const pugi::xml_node& node) {
            return localName(node) == "EncryptionMethod" &&
                   localName(node.parent()) == "EncryptedData" &&
                   !kFontObfuscation.contains(node.attribute("Algorithm").value());
        });
        if (other)
            throw RefusedError(Refusal::Protected, "its content is encrypted");
    }

    void readManifest() {
        for (const pugi::xml_node& node : descendant(m_package, "manifest").children()) {
            const std::string name = resolve(m_packageName, node.attribute("href").value());
            if (localName(node) == "item" && !name.empty())
                m_items[node.attribute("id").value()] = {name, node.attribute("media-type").value(),
                                                         node.attribute("properties").value()};
        }
    }

    void readSpine() {
        for (const pugi::xml_node& node : descendant(m_package, "spine").children()) {
            const auto item = m_items.find(node.attribute("idref").value());
            if (localName(node) != "itemref" || item == m_items.end())
                continue;
            const std::string& type = item->second.mediaType;
            if (type.find("html") == std::string::npos && type.find("xml") == std::string::npos &&
                !type.empty())
                continue;
            if (type.find("svg") == std::string::npos && m_spine.size() < document::wire::kMaxParts)
                m_spine.push_back(item->second.name);
        }
        for (const std::string& name : m_spine)
            m_contexts[name].name = name;
    }

    void readMetadata(document::Opened& opened) const {
        for (const pugi::xml_node& node : descendant(m_package, "metadata").children()) {
            const std::string_view name = localName(node);
            const std::string text = textOf(node);
            if (name == "title" && opened.title.empty())
                opened.title = text;
            else if (name == "creator" && !text.empty())
                opened.author += (opened.author.empty() ? "" : ", ") + text;
            else if (name == "language" && opened.language.empty())
                opened.language = text;
        }
    }

    void readNavigation() {
        const auto nav = std::find_if(m_items.begin(), m_items.end(), [](const auto& item) {
            return hasWord(item.second.properties, "nav");
        });
        if (nav != m_items.end()) {
            if (const std::optional<std::string> bytes = m_archive.read(nav->second.name)) {
                for (const NavEntry& entry : readNav(*bytes, "toc"))
                    addOutline(entry.level, entry.title, resolve(nav->second.name, entry.href));
                for (const NavEntry& entry : readNav(*bytes, "page-list"))
                    addPage(entry.title, resolve(nav->second.name, entry.href));
            }
        }
        const std::string tableId = descendant(m_package, "spine").attribute("toc").value();
        auto table = m_items.find(tableId);
        if (table == m_items.end())
            table = std::find_if(m_items.begin(), m_items.end(), [](const auto& item) {
                return item.second.mediaType == "application/x-dtbncx+xml";
            });
        pugi::xml_document ncx;
        if (table == m_items.end() || !m_outline.empty() || !load(ncx, table->second.name))
            return;
        readPoints(descendant(ncx, "navMap"), 1, table->second.name);
        for (const pugi::xml_node& node : descendant(ncx, "pageList").children())
            if (localName(node) == "pageTarget")
                addPage(
                    textOf(child(node, "navLabel")),
                    resolve(table->second.name, child(node, "content").attribute("src").value()));
    }

    void readPoints(const pugi::xml_node& parent, int level, const std::string& base) {
        if (level > kMaxLevel)
            return;
        for (const pugi::xml_node& node : parent.children()) {
            if (localName(node) != "navPoint")
                continue;
            addOutline(level, textOf(child(node, "navLabel")),
                       resolve(base, child(node, "content").attribute("src").value()));
            readPoints(node, level + 1, base);
        }
    }

    void addOutline(int level, const std::string& title, const std::string& anchor) {
        if (m_outline.size() >= kMaxEntries || title.empty())
            return;
        m_outline.push_back({level, title, 0, anchor});
        const std::size_t hash = anchor.find('#');
        if (hash != std::string::npos)
            m_contexts[anchor.substr(0, hash)].targets.insert(anchor.substr(hash + 1));
    }

    void addPage(const std::string& label, const std::string& anchor) {
        const std::size_t hash = anchor.find('#');
        if (hash != std::string::npos)
            m_contexts[anchor.substr(0, hash)].labels[anchor.substr(hash + 1)] = label;
    }

    Archive m_archive;
    std::string m_packageName;
    pugi::xml_document m_package;
    std::map<std::string, Item> m_items; ///< by id
    std::vector<std::string> m_spine;    ///< names, in reading order
    std::vector<RawOutlineEntry> m_outline;
    std::map<std::string, PartContext> m_contexts; ///< by name
};

} // namespace

std::unique_ptr<Book> openEpub(std::string_view bytes) {
    return std::make_unique<EpubBook>(bytes);
}

} // namespace engine::reader
