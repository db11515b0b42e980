#pragma once
/// Kept answers and summaries, and evidence, as the interface gives them.

#include <vector>

#include "engine/answer/answer.h"
#include "engine/engine.h"
#include "engine/store/library.h"

namespace engine {

/// A quote with its title, chapter and place. Throws NotInLibrary when its document was deleted.
Evidence evidenceOf(const store::Library& library, const answer::Quote& quote);

/// Outcome of an answer in the library: "not in this document". Else it is "answered".
inline constexpr const char* kRefused = "refused";

/// Of kept evidence what the stored text says, character by character.
std::vector<store::EvidenceRow> verified(const store::Library& library,
                                         const std::vector<store::EvidenceRow>& rows);

/// A kept gist without the citations of what is not in `evidence`.
std::vector<store::GistRow> citing(const std::vector<store::EvidenceRow>& evidence,
                                   std::vector<store::GistRow> gist);

/// Both compare each quote with the stored text again and leave out what differs, and its
/// citations.
AnswerRecord answerRecord(const store::Library& library, const store::AnswerRow& row);
SummaryRecord summaryRecord(const store::Library& library, const store::SummaryRow& row);

} // namespace engine
