#pragma once
/// Kept answers and summaries, and evidence, as the interface gives them.

#include "engine/answer/answer.h"
#include "engine/engine.h"
#include "engine/store/library.h"

namespace engine {

/// A quote with its title, chapter and place. Its document must be in the library.
Evidence evidenceOf(const store::Library& library, const answer::Quote& quote);

/// Both compare each quote with the stored text again and leave out what differs.
AnswerRecord answerRecord(const store::Library& library, const store::AnswerRow& row);
SummaryRecord summaryRecord(const store::Library& library, const store::SummaryRow& row);

} // namespace engine
