#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/context.h"
#include "app/cli/text.h"

namespace app::cli {
namespace {

using engine::AskRequest;
using engine::Code;
using engine::Error;

void checkQuestion(const std::string& question, const std::string& where) {
    if (!isUtf8(question))
        throw Error(Code::WrongUse, where + " is not UTF-8; convert it and ask again.");
    if (question.find_first_not_of(" \t\r\n") == std::string::npos)
        throw Error(Code::WrongUse, where + " is empty; write what you want to know.");
}

struct Words {
    std::vector<std::string> documents;
    std::vector<std::string> questions;
};

Words takeApart(Context& context) {
    const Arguments& arguments = context.arguments();
    Words words{arguments.positionals, {}};
    if (const auto from = arguments.value("--questions")) {
        words.questions = context.lines("--questions", *from);
        if (words.questions.empty())
            throw Error(Code::WrongUse, "--questions: no question is there; write one per line.");
        for (std::size_t i = 0; i < words.questions.size(); ++i)
            checkQuestion(words.questions[i], "Question " + std::to_string(i + 1));
    } else if (!words.documents.empty()) {
        checkQuestion(words.documents.back(), "The question");
        words.questions.push_back(words.documents.back());
        words.documents.pop_back();
    }
    if (words.questions.empty() || (words.documents.empty() && !arguments.value("--collection")))
        throw Error(
            Code::WrongUse,
            "A document and a question are needed; the form is: infolio-cli ask DOC... QUESTION");
    return words;
}

/// Reads the files among `specs` that the library does not know.
int readUnknown(Context& context, const std::vector<std::string>& specs) {
    engine::ReadRequest request;
    for (const std::string& spec : specs) {
        try {
            context.engine().find(spec);
        } catch (const Error& error) {
            std::error_code ignored;
            if (error.code() != Code::NotInLibrary ||
                !std::filesystem::is_regular_file(spec, ignored))
                throw;
            request.paths.push_back(spec);
        }
    }
    return request.paths.empty() ? 0 : readFiles(context, request, {});
}

/// One answer on its way to the output.
struct Answer {
    std::vector<engine::GistSentence> sentences;
    std::vector<engine::Coverage> coverage;
    bool isRefused = false;
    bool hasEvidence = false;
};

int askOne(Context& context, const AskRequest& request,
           const std::vector<engine::DocumentInfo>& documents) {
    Output& output = context.output();
    Answer answer;
    const auto failures = context.carryOut(
        [&](engine::Sink sink) { return context.engine().ask(request, std::move(sink)); },
        [&](const engine::Event& event) {
            if (const auto* evidence = std::get_if<engine::Evidence>(&event)) {
                answer.hasEvidence = true;
                output.evidence(*evidence);
            } else if (const auto* sentence = std::get_if<engine::GistSentence>(&event)) {
                answer.sentences.push_back(*sentence);
            } else if (const auto* refusal = std::get_if<engine::Refusal>(&event)) {
                answer.isRefused = true;
                output.refusal(refusal->utf8);
            } else if (const auto* coverage = std::get_if<engine::Coverage>(&event)) {
                answer.coverage.push_back(*coverage);
            }
        });
    if (!answer.sentences.empty())
        output.gist(answer.sentences);
    for (std::size_t i = 0; i < answer.coverage.size(); ++i) {
        // One document needs no name beside its coverage; the marks are explained once, at the end.
        std::string title;
        for (const engine::DocumentInfo& info : documents) {
            if (documents.size() > 1 && info.id == answer.coverage[i].document)
                title = info.title;
        }
        const bool isLast = i + 1 == answer.coverage.size();
        output.coverage(answer.coverage[i], title, isLast ? basisLegend(answer.sentences) : "");
    }
    if (!failures.empty())
        return gravest(failures);
    return answer.isRefused || (answer.sentences.empty() && !answer.hasEvidence) ? 1 : 0;
}

int run(Context& context) {
    const Arguments& arguments = context.arguments();
    AskRequest request;
    request.channel = static_cast<AskRequest::Channel>(
        oneOf(arguments, "--channel", {"both", "gist", "evidence"}).value_or(0));
    request.evidenceCount = static_cast<int>(
        wholeNumber(arguments, "--evidence", 1, 50).value_or(request.evidenceCount));
    request.maxTokens = static_cast<int>(
        wholeNumber(arguments, "--max-tokens", 1, 4096).value_or(request.maxTokens));
    request.strict = arguments.has("--strict");
    request.conversation = arguments.value("--conversation").value_or("");
    request.asOf = pageOption(arguments, "--as-of");
    request.seed = context.options().seed;
    const Words words = takeApart(context);
    if (request.asOf && words.documents.size() != 1)
        throw Error(Code::WrongUse,
                    "--as-of needs exactly one document, because each has its own pages.");

    if (arguments.has("--read")) {
        if (const int status = readUnknown(context, words.documents); status != 0)
            return status;
    }
    const auto documents = context.documents(words.documents);
    request.documents = ids(documents);
    if (request.asOf && documents.size() != 1)
        throw Error(Code::WrongUse,
                    "--as-of needs exactly one document, because each has its own pages.");

    std::size_t found = 0;
    std::size_t failed = 0;
    int status = 0;
    for (const std::string& question : words.questions) {
        if (context.isInterrupted())
            break;
        request.question = question;
        if (words.questions.size() > 1)
            context.output().question(question);
        const int one = askOne(context, request, documents);
        found += one == 0 ? 1 : 0;
        failed += one > 1 ? 1 : 0;
        status = std::max(status, one);
        if (words.questions.size() > 1)
            context.output().line("");
    }
    // Of many questions some may fail: that is 3, as with files. None answered: the status of the
    // reason.
    if (failed > 0 && failed < words.questions.size())
        return 3;
    return failed == 0 && found > 0 ? 0 : status;
}

} // namespace

Command askCommand() {
    const auto later = [](const char* name, const char* value) {
        return OptionSpec{name, value, "", "is not part of this version; leave it out.", ""};
    };
    return {"ask",
            "DOC... QUESTION",
            "answers a question with quotes and pages",
            {
                {"--questions", "FILE|-", "many questions, one per line", "", ""},
                {"--collection", "NAME", "ask all documents of this collection", "", ""},
                {"--as-of", "PAGE", "nothing after this page has any influence (one DOC)", "", ""},
                {"--channel", "CHANNEL", "both (default), gist or evidence", "", ""},
                {"--evidence", "K", "at most K quotes (5)", "", ""},
                {"--strict", "", "only sentences with a citation", "", ""},
                {"--conversation", "NAME", "keep the answer under this name", "", ""},
                {"--max-tokens", "N", "length of the gist at most (160)", "", ""},
                {"--read", "", "read unknown files first", "", ""},
                later("--scan", ""),
                later("--timeline", ""),
                later("--ledger", ""),
                later("--language", "L"),
                later("--endpoint", "URL"),
                later("--endpoint-model", "NAME"),
            },
            {},
            run,
            ""};
}

} // namespace app::cli
