#include "engine/document/document_text.h"
