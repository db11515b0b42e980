#pragma once
/// The zip file around the parts of a DOCX or ODT.

#include <string>
#include <vector>

namespace pugi {
class xml_document;
class xml_node;
} // namespace pugi

namespace engine::report {

struct Part {
    enum class Storage { Deflated, Stored };
    std::string name;
    std::string content;
    Storage storage = Storage::Deflated;
};

/// The parts in this order, all of the same day in 1980: the same bytes for the same parts. Throws
/// Internal for parts that make no file, such as two of one name.
std::string zipped(const std::vector<Part>& parts);

/// With its declaration and without white space of its own.
std::string xmlText(const pugi::xml_document& document);

/// A child with attributes, given as name and value in turn.
pugi::xml_node addElement(pugi::xml_node parent, const char* name,
                          const std::vector<std::pair<const char*, std::string>>& attributes = {});

} // namespace engine::report
