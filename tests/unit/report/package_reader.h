#pragma once
/// Takes a written DOCX or ODT apart again.

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <pugixml.hpp>
#include <zip.h>

namespace tests {

struct Entry {
    std::string name;
    std::string content;
    bool isStored = false;
};

inline std::vector<Entry> unzipped(const std::string& bytes) {
    std::vector<Entry> entries;
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    zip_t* archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (archive == nullptr) {
        ADD_FAILURE() << zip_error_strerror(&error);
        zip_source_free(source);
        return entries;
    }
    for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); ++i) {
        zip_stat_t stat;
        zip_stat_index(archive, static_cast<zip_uint64_t>(i), 0, &stat);
        zip_file_t* file = zip_fopen_index(archive, static_cast<zip_uint64_t>(i), 0);
        std::string content(stat.size, '\0');
        EXPECT_EQ(zip_fread(file, content.data(), content.size()),
                  static_cast<zip_int64_t>(stat.size));
        zip_fclose(file);
        entries.push_back({stat.name, content, stat.comp_method == ZIP_CM_STORE});
    }
    zip_close(archive);
    return entries;
}

inline std::vector<std::string> names(const std::vector<Entry>& entries) {
    std::vector<std::string> all;
    for (const Entry& entry : entries)
        all.push_back(entry.name);
    return all;
}

/// The XML of a part, which must be well-formed.
inline pugi::xml_document part(const std::string& bytes, const std::string& name) {
    pugi::xml_document xml;
    for (const Entry& entry : unzipped(bytes)) {
        if (entry.name != name)
            continue;
        const auto result = xml.load_buffer(entry.content.data(), entry.content.size(),
                                            pugi::parse_full | pugi::parse_ws_pcdata);
        EXPECT_TRUE(result) << name << ": " << result.description();
        return xml;
    }
    ADD_FAILURE() << "no " << name;
    return xml;
}

/// All text below a node; `skipped` elements are left out.
inline std::string textOf(const pugi::xml_node& node, const std::string& skipped = "-") {
    std::string text;
    for (const pugi::xml_node& child : node.children()) {
        if (child.type() == pugi::node_pcdata)
            text += child.value();
        else if (child.name() != skipped)
            text += textOf(child, skipped);
    }
    return text;
}

inline std::vector<std::string> texts(const pugi::xml_node& node, const std::string& path) {
    std::vector<std::string> all;
    for (const auto& found : node.select_nodes(path.c_str()))
        all.push_back(textOf(found.node()));
    return all;
}

/// Book text that tries everything; as Markdown it arrives escaped.
inline const std::string kHostile =
    "<script>alert(1)</script> ]]> &amp; \x01\x1b[31m [1] [^1] | ` ``` **b** \xEF\xBF\xBE \xFF \"'";

} // namespace tests
