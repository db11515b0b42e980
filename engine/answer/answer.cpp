#include "engine/answer/answer.h"
