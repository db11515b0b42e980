#include "engine/report/package.h"

#include <memory>
#include <sstream>

#include <pugixml.hpp>
#include <zip.h>

#include "engine/error.h"

namespace engine::report {
namespace {

/// The first day that a zip file can name.
constexpr zip_uint16_t kDay = (1 << 5) | 1;

[[noreturn]] void fail(const std::string& what) {
    throw Error(Code::Internal, "The export could not be packed: " + what + ".");
}

struct SourceDeleter {
    void operator()(zip_source_t* source) const { zip_source_free(source); }
};

struct ArchiveDeleter {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};

using Source = std::unique_ptr<zip_source_t, SourceDeleter>;
using Archive = std::unique_ptr<zip_t, ArchiveDeleter>;

void add(zip_t* archive, const Part& part) {
    Source source(zip_source_buffer(archive, part.content.data(), part.content.size(), 0));
    const zip_int64_t index =
        source ? zip_file_add(archive, part.name.c_str(), source.get(), ZIP_FL_ENC_UTF_8) : -1;
    if (index < 0)
        fail(zip_strerror(archive));
    source.release();
    const auto entry = static_cast<zip_uint64_t>(index);
    const bool isStored = part.storage == Part::Storage::Stored;
    zip_set_file_compression(archive, entry, isStored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 0);
    zip_file_set_dostime(archive, entry, 0, kDay, 0);
}

std::string bytesOf(zip_source_t* source) {
    zip_stat_t stat;
    if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0)
        fail(zip_error_strerror(zip_source_error(source)));
    std::string bytes(static_cast<std::size_t>(stat.size), '\0');
    zip_source_read(source, bytes.data(), bytes.size());
    zip_source_close(source);
    return bytes;
}

} // namespace

std::string zipped(const std::vector<Part>& parts) {
    zip_error_t error;
    zip_error_init(&error);
    const Source target(zip_source_buffer_create(nullptr, 0, 0, &error));
    if (!target)
        fail(zip_error_strerror(&error));
    // The archive takes one share of the target, and this function keeps another.
    zip_source_keep(target.get());
    Archive archive(zip_open_from_source(target.get(), ZIP_TRUNCATE, &error));
    if (!archive) {
        zip_source_free(target.get());
        fail(zip_error_strerror(&error));
    }
    for (const Part& part : parts)
        add(archive.get(), part);
    if (zip_close(archive.get()) != 0)
        fail(zip_strerror(archive.get()));
    archive.release();
    return bytesOf(target.get());
}

std::string xmlText(const pugi::xml_document& document) {
    std::ostringstream stream;
    stream << "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
    document.save(stream, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
    return stream.str();
}

pugi::xml_node addElement(pugi::xml_node parent, const char* name,
                          const std::vector<std::pair<const char*, std::string>>& attributes) {
    pugi::xml_node node = parent.append_child(name);
    for (const auto& [key, value] : attributes)
        node.append_attribute(key).set_value(value.c_str());
    return node;
}

} // namespace engine::report
