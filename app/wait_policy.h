#pragma once
/// How idle threads of the OpenMP team wait.

namespace app {

/// Makes idle threads of the OpenMP team spin briefly and then sleep. On a machine that does
/// anything else beside, a thread that spins for long takes the core from the one it waits for:
/// beside two busy processes reading took four times as long; not spinning at all costs a fifth of
/// the speed on an idle machine. OpenMP looks at its environment once, when it is loaded, so the
/// program starts itself anew with the variable set; does nothing when the person has set a policy.
/// Call first in main.
void spinBriefly(char** argv);

} // namespace app
