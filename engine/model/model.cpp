#include "engine/model/session.h"
