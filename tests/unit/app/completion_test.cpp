/// What bash offers behind some words of a command line.

#include <cstdio>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "app/cli/commands.h"

namespace {

using Words = std::vector<std::string>;

/// `words` are words of bash; the last one is being typed.
Words offered(const std::string& words) {
    const std::string script = "source '" TEST_SOURCES "/resources/infolio-cli.bash'; "
                               "COMP_WORDS=(infolio-cli " +
                               words +
                               "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _infolio_cli; "
                               "printf \"%s\\n\" \"${COMPREPLY[@]}\"";
    std::string quoted;
    for (const char letter : script)
        quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    FILE* const pipe = popen(("bash -c '" + quoted + "'").c_str(), "r");
    EXPECT_NE(pipe, nullptr);
    if (!pipe)
        return {};
    std::string text;
    char buffer[256];
    for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
        text.append(buffer, n);
    EXPECT_EQ(pclose(pipe), 0);
    std::istringstream lines(text);
    return {std::istream_iterator<std::string>(lines), {}};
}

} // namespace

TEST(Completion, OffersEveryCommand) {
    Words names;
    for (const app::cli::Command& command : app::cli::commands())
        if (command.refusal.empty())
            names.push_back(command.name);
    EXPECT_EQ(offered("''"), names);
    EXPECT_EQ(offered("ad"), Words{"adapt"});
}

TEST(Completion, OffersValuesThatSuitTheCommand) {
    EXPECT_EQ(offered("adapt --method ''"), (Words{"infini", "rmt", "autocompressor"}));
    EXPECT_EQ(offered("--seed 1 adapt --method r"), Words{"rmt"});
    EXPECT_EQ(offered("evaluate passkey --method ''"), (Words{"stream", "increment"}));
    EXPECT_EQ(offered("adapt --stage ''"), (Words{"all", "gates"}));
}
