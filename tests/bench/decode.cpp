#include "tests/bench/decode.h"

#include <algorithm>

#include "tests/bench/bench.h"

using namespace engine::model;

namespace bench {

double Decoding::run() const {
    AnswerSession answer(m_model, Mode::InfiniLinear, m_state);
    answer.feed(m_window);
    // A seed, so that the model does not end after a few words; the same in every run.
    GenerateOptions options;
    options.seed = 7;
    std::size_t tokens = 0;
    double time = 0;
    while (tokens < kDecodedTokens) {
        options.maxTokens = kDecodedTokens - static_cast<int>(tokens);
        const double begin = now();
        const std::size_t made = answer.generate(options, {}).ids.size();
        time += now() - begin;
        // The step that gave a stop token took as long as any other.
        tokens += std::max<std::size_t>(made, 1);
        ++*options.seed;
    }
    return static_cast<double>(tokens) / time;
}

double Decoding::runTogether(std::size_t count) const {
    std::vector<AnswerSession> answers;
    std::vector<GenerateOptions> options(count);
    for (std::size_t i = 0; i < count; ++i) {
        answers.emplace_back(m_model, Mode::InfiniLinear, m_state).feed(m_window);
        options[i].seed = 7 + i;
        options[i].maxTokens = kDecodedTokens;
    }
    std::vector<AnswerSession*> all;
    for (AnswerSession& answer : answers) {
        all.push_back(&answer);
    }
    const double begin = now();
    std::size_t tokens = 0;
    for (const Generated& made : generateTogether(all, options, {})) {
        tokens += made.ids.size();
    }
    return static_cast<double>(tokens) / (now() - begin);
}

double Decoding::firstToken() const {
    const double begin = now();
    AnswerSession answer(m_model, Mode::InfiniLinear, m_state);
    answer.feed(m_window);
    GenerateOptions options;
    options.maxTokens = 1;
    answer.generate(options, {});
    return now() - begin;
}

} // namespace bench
