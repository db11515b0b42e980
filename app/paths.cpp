#include "app/paths.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <pwd.h>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDefaultModel = "SmolLM2-135M-Instruct.Q4_1.gguf";
constexpr std::string_view kReader = "infolio-reader";

fs::path home() {
    if (const char* value = std::getenv("HOME"); value && *value == '/')
        return value;
    const passwd* entry = getpwuid(getuid());
    return entry && entry->pw_dir ? entry->pw_dir : "/";
}

fs::path xdgFolder(const char* variable, const char* fallback) {
    const char* value = std::getenv(variable);
    const fs::path base = value && *value == '/' ? fs::path(value) : home() / fallback;
    return base / "infolio";
}

std::optional<fs::path> modelIn(const fs::path& folder) {
    std::error_code error;
    if (fs::is_regular_file(folder / kDefaultModel, error))
        return folder / kDefaultModel;
    std::vector<fs::path> found;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        std::error_code ignored;
        if (it->path().extension() == ".gguf" && it->is_regular_file(ignored))
            found.push_back(it->path());
    }
    if (found.empty())
        return std::nullopt;
    return *std::min_element(found.begin(), found.end());
}

/// Where things that come with the program lie: beside it first, so that each installation has its
/// own.
std::array<fs::path, 3> shareFolders(const fs::path& program) {
    return {program.parent_path().parent_path() / "share/infolio", "/usr/local/share/infolio",
            "/usr/share/infolio"};
}

std::optional<fs::path> shared(const fs::path& program, const char* name) {
    for (const fs::path& share : shareFolders(program)) {
        std::error_code ignored;
        if (fs::is_regular_file(share / name, ignored))
            return share / name;
    }
    return std::nullopt;
}

bool isProgram(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

} // namespace

fs::path dataFolder() {
    return xdgFolder("XDG_DATA_HOME", ".local/share");
}
fs::path cacheFolder() {
    return xdgFolder("XDG_CACHE_HOME", ".cache");
}
fs::path stateFolder() {
    return xdgFolder("XDG_STATE_HOME", ".local/state");
}
fs::path defaultLibrary() {
    return dataFolder() / "library";
}

std::optional<fs::path> findModel(const fs::path& program) {
    for (const fs::path& folder : {dataFolder() / "models", cacheFolder() / "models"}) {
        if (auto model = modelIn(folder))
            return model;
    }
    for (const fs::path& share : shareFolders(program)) {
        if (auto model = modelIn(share / "models"))
            return model;
    }
    return std::nullopt;
}

fs::path programFile() {
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error);
}

fs::path findReader(const fs::path& program) {
    const fs::path folder = program.parent_path();
    for (const fs::path& candidate :
         {folder / kReader, folder.parent_path() / "libexec/infolio" / kReader}) {
        if (isProgram(candidate))
            return candidate;
    }
    std::string_view rest = std::getenv("PATH") ? std::getenv("PATH") : "";
    while (!rest.empty()) {
        const std::size_t colon = std::min(rest.find(':'), rest.size());
        const fs::path candidate = fs::path(rest.substr(0, colon)) / kReader;
        // An empty or relative entry would run whatever lies in the current folder.
        if (candidate.is_absolute() && isProgram(candidate))
            return candidate;
        rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
    return {};
}

std::optional<fs::path> findAdapter(const fs::path& program) {
    return shared(program, "adapters/smollm2-135m-instruct.safetensors");
}

std::optional<fs::path> findSampleBook(const fs::path& program) {
    return shared(program, "infolio-manual.pdf");
}

} // namespace app
