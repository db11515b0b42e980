#include "engine/report/report.h"
