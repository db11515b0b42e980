#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "app/paths.h"
#include "app/wait_policy.h"

int main(int argc, char** argv) {
    app::spinBriefly(argv);
    app::cli::Interrupt interrupt;
    interrupt.install();
    app::cli::Environment environment{std::cout, std::cerr, std::cin, interrupt};
    environment.terminals = {isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1,
                             isatty(STDIN_FILENO) == 1};
    winsize size = {};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        environment.columns = size.ws_col;
    environment.readerProgram = app::findReader(app::programFile()).string();
    environment.openEngine = engine::Engine::open;
    return app::cli::run(std::vector<std::string>(argv + 1, argv + argc), environment);
}
