#include "engine/store/library.h"
