#include "app/window_options.h"

#include <QFile>

#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "app/cli/options.h"
#include "app/paths.h"

namespace app {

namespace {

std::string local(const QString& path) {
    return QFile::encodeName(path).toStdString();
}

/// The variables of infolio-cli but its seed: the window asks with the one that is set there.
cli::Arguments environment() {
    std::vector<cli::OptionSpec> specs;
    for (const cli::OptionSpec& spec : cli::commonOptionSpecs())
        if (!spec.environment.empty() && spec.name != "--seed")
            specs.push_back(spec);
    return cli::parse({}, specs, {}).arguments;
}

void forgetOverruled(std::map<std::string, std::string>& variables, const ui::Settings& settings,
                     const ui::Settings& former) {
    variables.erase("--library");
    if (settings.modelPath != former.modelPath)
        variables.erase("--model");
    if (settings.adapterPath != former.adapterPath)
        variables.erase("--adapter");
    if (settings.device != former.device)
        variables.erase("--device");
    if (settings.threads != former.threads)
        variables.erase("--threads");
    if (settings.segmentTokens != former.segmentTokens)
        variables.erase("--segment");
}

} // namespace

engine::Options windowOptions(const ui::Settings& settings, const ui::Settings* former) {
    cli::Arguments arguments = environment();
    std::map<std::string, std::string>& variables = arguments.environment;
    if (former != nullptr)
        forgetOverruled(variables, settings, *former);
    // The window opens without its model and says what is missing.
    const auto model = arguments.value("--model");
    variables.erase("--model");

    engine::Options options =
        cli::commonOptions(arguments, {}, findReader(programFile()).string()).engine;
    if (model)
        options.modelPath = *model;
    else if (!settings.modelPath.isEmpty())
        options.modelPath = local(settings.modelPath);
    const auto isOpen = [&variables](const char* name) { return !variables.contains(name); };
    if (isOpen("--library") && !settings.libraryPath.isEmpty())
        options.libraryPath = local(settings.libraryPath);
    if (isOpen("--adapter"))
        options.adapterPath = local(settings.adapterPath);
    if (isOpen("--device"))
        options.device = settings.device.toStdString();
    if (isOpen("--threads"))
        options.threads = settings.threads;
    if (isOpen("--segment"))
        options.segmentTokens = settings.segmentTokens;
    options.snapshotEvery = settings.snapshotEvery;
    // Windows of one library find each other by its path.
    std::error_code error;
    const std::filesystem::path library = std::filesystem::absolute(options.libraryPath, error);
    if (error) {
        const std::string source =
            isOpen("--library") ? "The folder of the library" : "INFOLIO_LIBRARY";
        throw engine::Error(engine::Code::WrongUse,
                            source + " is '" + options.libraryPath +
                                "', which begins in a working folder that is not there any more; "
                                "name the whole path.");
    }
    options.libraryPath = library.lexically_normal();
    return options;
}

} // namespace app
