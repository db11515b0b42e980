#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "app/cli/commands.h"
#include "app/cli/options.h"

using app::cli::OptionSpec;

namespace {

std::string resource(const char* path) {
    std::ifstream file(std::string(TEST_SOURCES "/resources/") + path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The page as a person reads it: roff's hyphens are plain ones.
std::string page() {
    std::string result = resource("man/infolio-cli.1");
    for (std::size_t at = 0; (at = result.find("\\-", at)) != std::string::npos; ++at)
        result.erase(at, 1);
    return result;
}

/// The part of the page under a heading, up to the next one of its kind.
std::string part(const std::string& text, const std::string& heading) {
    const std::size_t start = text.find("\n" + heading);
    if (start == std::string::npos)
        return {};
    return text.substr(start, text.find("\n.S", start + 1) - start);
}

void expectPart(const std::string& text, const std::string& heading,
                const std::vector<OptionSpec>& options) {
    const std::string under = part(text, heading);
    EXPECT_FALSE(under.empty()) << "the manual page lacks " << heading;
    for (const OptionSpec& option : options) {
        if (!option.refusal.empty())
            continue;
        EXPECT_TRUE(under.find("\n.B " + option.name + "\n") != std::string::npos ||
                    under.find("\n.BI " + option.name + " ") != std::string::npos)
            << "the manual page lacks " << option.name << " under " << heading;
    }
}

} // namespace

TEST(ManPage, TellsOfEveryCommandAndOption) {
    const std::string text = page();
    ASSERT_FALSE(text.empty());
    expectPart(text, ".SH \"COMMON OPTIONS\"", app::cli::commonOptionSpecs());
    for (const app::cli::Command& command : app::cli::commands()) {
        if (!command.refusal.empty())
            continue;
        if (command.actions.empty())
            expectPart(text, ".SS \"" + command.name + " ", command.options);
        for (const app::cli::Command& action : command.actions) {
            if (action.refusal.empty() && action.actions.empty())
                expectPart(text, ".SS \"" + command.name + " " + action.name, action.options);
        }
    }
}

TEST(Manual, HasASectionForEveryCommandAndARowForEveryOption) {
    const std::string chapter = resource("manual/34-command-line.md");
    ASSERT_FALSE(chapter.empty());
    for (const app::cli::Command& command : app::cli::commands()) {
        if (!command.refusal.empty())
            continue;
        const std::size_t start = chapter.find("\n## " + command.name + "\n");
        ASSERT_NE(start, std::string::npos) << "the manual lacks " << command.name;
        const std::string section = chapter.substr(start, chapter.find("\n## ", start + 1) - start);
        for (const OptionSpec& option : command.options)
            EXPECT_TRUE(!option.refusal.empty() ||
                        section.find("\n| `" + option.name + "` ") != std::string::npos ||
                        section.find("\n| `" + option.name + " ") != std::string::npos)
                << "the manual lacks " << option.name << " of " << command.name;
    }
}
