#pragma once
/// How idle threads of the OpenMP team wait.

namespace app {

/// Makes idle threads of the OpenMP team sleep instead of spin. On a machine that does anything
/// else beside, spinning threads take the core from the one they wait for: reading a book beside a
/// compiler took eight times the processor time. OpenMP looks at its environment once, when it is
/// loaded, so the program starts itself anew with the variable set; does nothing when the person
/// has set a policy. Call first in main.
void waitPassively(char** argv);

} // namespace app
