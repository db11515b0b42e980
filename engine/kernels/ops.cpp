#include "engine/kernels/ops.h"
