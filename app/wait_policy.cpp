#include "app/wait_policy.h"

#include <cstdlib>
#include <unistd.h>

#include "app/paths.h"

namespace app {

void spinBriefly(char** argv) {
    if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT"))
        return;
    if (setenv("GOMP_SPINCOUNT", "1000", 0) != 0)
        return;
    // Returns only when it fails, and then the program runs as it is.
    execv(programFile().c_str(), argv);
}

} // namespace app
