#include "engine/reader/archive.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <zip.h>

#include "engine/reader/book.h"

namespace engine::reader {
namespace {

using document::wire::Refusal;

constexpr zip_int64_t kMaxEntries = 20'000;
constexpr std::size_t kMaxRatio = 200;
constexpr std::size_t kRatioFrom = 1u << 20;

int hexDigit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    const char folded = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

std::string percentDecoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool isEscape = text[i] == '%' && i + 2 < text.size() && hexDigit(text[i + 1]) >= 0 &&
                              hexDigit(text[i + 2]) >= 0;
        if (!isEscape) {
            result += text[i];
            continue;
        }
        result += static_cast<char>(hexDigit(text[i + 1]) * 16 + hexDigit(text[i + 2]));
        i += 2;
    }
    return result;
}

} // namespace

void Archive::Discard::operator()(zip* archive) const {
    zip_discard(archive);
}

Archive Archive::open(std::string_view bytes, std::size_t maxUnpacked) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    zip_t* opened = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
    if (opened == nullptr) {
        const std::string reason = zip_error_strerror(&error);
        zip_source_free(source);
        zip_error_fini(&error);
        throw RefusedError(Refusal::BadFile, "its archive cannot be opened (" + reason + ")");
    }
    Archive archive(opened, maxUnpacked);
    if (zip_get_num_entries(opened, 0) > kMaxEntries)
        throw RefusedError(Refusal::TooBig, "its archive holds more than 20,000 files");
    return archive;
}

std::optional<std::string> Archive::read(const std::string& name) {
    if (!has(name))
        return std::nullopt;
    zip_stat_t status;
    zip_stat_init(&status);
    if (zip_stat(m_zip.get(), name.c_str(), 0, &status) != 0)
        return std::nullopt;
    if ((status.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && status.encryption_method != ZIP_EM_NONE)
        throw RefusedError(Refusal::Protected, "its archive is encrypted");
    const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(
        zip_fopen(m_zip.get(), name.c_str(), 0), zip_fclose);
    if (!file)
        throw RefusedError(Refusal::BadFile, "the part " + name + " cannot be unpacked");
    // The sizes in the archive are claims; only what arrives is counted.
    const std::size_t packed =
        (status.valid & ZIP_STAT_COMP_SIZE) != 0 ? static_cast<std::size_t>(status.comp_size) : 0;
    std::string content;
    std::array<char, 65536> piece;
    for (;;) {
        const zip_int64_t count = zip_fread(file.get(), piece.data(), piece.size());
        if (count < 0)
            throw RefusedError(Refusal::BadFile, "the part " + name + " is damaged");
        if (count == 0)
            return content;
        content.append(piece.data(), static_cast<std::size_t>(count));
        m_total += static_cast<std::size_t>(count);
        if (content.size() > kMaxTextPart)
            throw RefusedError(Refusal::TooBig,
                               "the part " + name + " unpacks to more than 64 MiB");
        if (content.size() > kRatioFrom && content.size() / kMaxRatio > packed)
            throw RefusedError(Refusal::TooBig,
                               "the part " + name + " unpacks to more than 200 times its size");
        if (m_total > m_maxUnpacked)
            throw RefusedError(Refusal::TooBig, "it unpacks to more than " +
                                                    std::to_string(m_maxUnpacked >> 20) + " MiB");
    }
}

bool Archive::has(const std::string& name) const {
    return isPlainName(name) && zip_name_locate(m_zip.get(), name.c_str(), 0) >= 0;
}

std::string Archive::findSuffix(std::string_view suffix) const {
    for (zip_int64_t i = 0; i < zip_get_num_entries(m_zip.get(), 0); ++i) {
        const char* name = zip_get_name(m_zip.get(), static_cast<zip_uint64_t>(i), 0);
        if (name != nullptr && std::string_view(name).ends_with(suffix) && isPlainName(name))
            return name;
    }
    return "";
}

bool isPlainName(std::string_view name) {
    if (name.empty() || name.front() == '/' || name.find('\\') != std::string_view::npos ||
        name.find('\0') != std::string_view::npos)
        return false;
    return ("/" + std::string(name) + "/").find("/../") == std::string::npos;
}

std::string resolve(std::string_view base, std::string_view href) {
    const std::size_t colon = href.find(':');
    if (href.empty())
        return "";
    if (colon != std::string_view::npos && href.find('/') > colon && href.find('#') > colon)
        return "";
    const std::size_t hash = std::min(href.find('#'), href.size());
    const std::string path = percentDecoded(href.substr(0, hash));
    const std::string fragment = percentDecoded(href.substr(hash));
    if (path.empty())
        return std::string(base) + fragment;
    std::vector<std::string> steps;
    const std::size_t folder = path.front() == '/' ? 0 : base.rfind('/') + 1;
    std::string whole = std::string(base.substr(0, folder)) + path + '/';
    for (std::size_t slash = whole.find('/'); slash != std::string::npos; slash = whole.find('/')) {
        const std::string step = whole.substr(0, slash);
        whole.erase(0, slash + 1);
        if (step == "..") {
            if (steps.empty())
                return "";
            steps.pop_back();
        } else if (!step.empty() && step != ".") {
            steps.push_back(step);
        }
    }
    std::string result;
    for (const std::string& step : steps)
        result += (result.empty() ? "" : "/") + step;
    return isPlainName(result) ? result + fragment : "";
}

} // namespace engine::reader
