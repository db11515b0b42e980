#pragma once
/// An answer as the engine reports it, for tests of the widgets that show one.

#include <QString>

#include <string>

#include "ui/exchange_model.h"

namespace fixture {

inline engine::Evidence evidence(int number,
                                 const std::string& quote = "A bow, a curtsey passed.") {
    engine::Evidence made;
    made.number = number;
    made.document.sha256 = std::string(64, 'a');
    made.title = "Persuasion";
    made.chapter = "Chapter 7";
    made.place = "ch. 7, ¶ 31 (loc. 58)";
    made.range = {number * 100, number * 100 + 24};
    made.quote = quote;
    return made;
}

inline engine::GistSentence sentence(const std::string& text, engine::Basis basis,
                                     std::vector<int> citations = {}) {
    return {text, basis, std::move(citations), 0};
}

inline engine::Coverage coverage(int read, int total) {
    engine::Coverage made;
    made.text = total;
    made.read = read;
    made.total = total;
    return made;
}

/// Fills one finished exchange in the order in which the engine reports; returns its number.
inline int answer(ui::ExchangeModel& model, const QString& question) {
    const int number = model.begin(question);
    model.addEvidence(number, evidence(1));
    model.addEvidence(number, evidence(2, "They were repeatedly in the same circle."));
    model.appendGist(number, QStringLiteral("They meet"));
    model.addSentence(number, sentence("They meet at her sister's.", engine::Basis::Evidence, {1}));
    model.addSentence(number, sentence("She regrets her choice.", engine::Basis::Memory));
    model.addCoverage(number, coverage(230, 230));
    model.finish(number, false);
    return number;
}

} // namespace fixture
