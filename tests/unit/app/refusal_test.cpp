#include "tests/unit/app/cli_run.h"

namespace {

struct Case {
    std::vector<std::string> words;
    const char* says; ///< in the one line of standard error
};

} // namespace

class Refusal : public CliTest {
protected:
    void expectWrongUse(const Case& one) {
        std::string shown;
        for (const std::string& word : one.words)
            shown += word + " ";
        SCOPED_TRACE(shown);
        const Result result = run(one.words);
        EXPECT_EQ(result.status, 2);
        EXPECT_EQ(result.out, "");
        EXPECT_NE(result.err.find(one.says), std::string::npos) << result.err;
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        EXPECT_TRUE(scenario.calls.empty()) << "work was started";
        int status = 0;
        const auto all = records(one.words, &status);
        EXPECT_EQ(status, 2);
        ASSERT_EQ(types(all), std::vector<std::string>{"error"});
        EXPECT_EQ(all[0]["code"], "WrongUse");
    }
};

TEST_F(Refusal, NamesTheNearestCommandOrOption) {
    for (const Case& one : std::vector<Case>{
             {{}, "No command"},
             {{"reed", "x"}, "did you mean 'read'"},
             {{"Summarise", "x"}, "did you mean 'summarize'"},
             {{"frobnicate"}, "infolio-cli --help"},
             {{"library"}, "list, show, snapshots"},
             {{"library", "lst"}, "did you mean 'list'"},
             {{"library", "collection", "drop", "x"}, "Unknown collection action"},
             {{"read", "--recursve", "x"}, "did you mean '--recursive'"},
             {{"--libary=/x", "search", "x"}, "did you mean '--library'"},
             {{"search", "--limt", "5", "x"}, "did you mean '--limit'"},
             {{"search", "-json", "x"}, "did you mean '--json'"},
             {{"search", "--replay", "x"}, "Unknown option '--replay'"},
             {{"library", "verify", "--replya"}, "did you mean '--replay'"},
             {{"search", "--fr\x1b[2Job", "x"}, "\\x1b"},
         })
        expectWrongUse(one);
}

TEST_F(Refusal, RefusesWhatIsForLaterByName) {
    for (const Case& one : std::vector<Case>{
             {{"evaluate", "--via", "pdf", "passkey"}, "--via is not part"},
             {{"evaluate", "--channel", "both", "passkey"}, "--channel is not part"},
             {{"library", "compact"}, "compact is not part"},
             {{"library", "backup", "/x"}, "backup is not part"},
             {{"library", "merge", "/x"}, "merge is not part"},
             {{"library", "set", "x", "title=y"}, "set is not part"},
             {{"library", "card", "x"}, "card is not part"},
             {{"library", "collection", "add", "x"}, "collection add is not part"},
             {{"read", "--ocr", "auto", "x"}, "--ocr is not part"},
             {{"read", "--ocr-lang=eng", "x"}, "--ocr-lang is not part"},
             {{"read", "--continues", "x", "y"}, "--continues is not part"},
             {{"read", "--shard", "1/4", "x"}, "--shard is not part"},
             {{"read", "--no-card", "x"}, "--no-card is not part"},
             {{"ask", "--scan", "x", "y"}, "--scan is not part"},
             {{"ask", "--timeline", "x", "y"}, "--timeline is not part"},
             {{"ask", "--ledger", "x", "y"}, "--ledger is not part"},
             {{"ask", "--language", "de", "x", "y"}, "--language is not part"},
             {{"ask", "--endpoint", "http://h", "x", "y"}, "--endpoint is not part"},
             {{"ask", "--endpoint-model", "m", "x", "y"}, "--endpoint-model is not part"},
             {{"export", "--what", "card", "x"}, "--what card is not part"},
             {{"export", "--format", "pdf", "x"}, "write md and print"},
         })
        expectWrongUse(one);
}

TEST_F(Refusal, ChecksValuesBeforeWorkStarts) {
    scenario.library = {support::fakeDocument('a', "Emma")};
    const std::string book = write("emma.epub", "x");
    for (const Case& one : std::vector<Case>{
             {{"search", "x", "--limit"}, "--limit needs a value: N"},
             {{"search", "x", "--limit", "0"}, "from 1 to 100000"},
             {{"search", "x", "--limit", "5x"}, "whole number"},
             {{"search", "--in", "--all", "x"}, "--in needs a value"},
             {{"search", "--json=perhaps", "x"}, "--json takes no value"},
             {{"search", "x", "--as-of", "3"}, "--as-of needs one document"},
             {{"search", "Emma", "--in", "Emma", "--as-of", "index:x"}, "page label"},
             {{"search", ""}, "no words"},
             {{"search", "\"\""}, "no words"},
             {{"search", "caf\xe9"}, "UTF-8"},
             {{"search", "two", "words"}, "QUERY"},
             {{"--threads", "0", "search", "x"}, "from 1 to 1024"},
             {{"--seed", "-1", "search", "x"}, "--seed"},
             {{"--wait", "soon", "search", "x"}, "number of seconds"},
             {{"--wait", "nan", "search", "x"}, "number of seconds"},
             {{"--device", "gpu", "search", "x"}, "cuda:N"},
             {{"--device", "cuda:x", "search", "x"}, "cuda:N"},
             {{"--mode", "locl", "search", "x"}, "did you mean local"},
             {{"--weights", "int4", "search", "x"}, "bf16 or int8"},
             {{"--progress", "fast", "search", "x"}, "auto, plain or never"},
             {{"--color", "blue", "search", "x"}, "auto, always or never"},
             {{"read"}, "read PATH..."},
             {{"read", "--segment", "100", book}, "multiple of 64"},
             {{"read", "--segment", "0", book}, "from 64"},
             {{"read", "--snapshot-every", "0", book}, "from 1"},
             {{"read", "--password-file", "/nowhere", book}, "--password-file"},
             {{"read", "--password-file", write("empty", "\nx"), book}, "is empty"},
             {{"read", "--files-from", "/nowhere"}, "--files-from"},
             {{"read", "--files-from", folder.string()}, "--files-from"},
             {{"ask", "Emma"}, "ask DOC... QUESTION"},
             {{"ask", "Emma", ""}, "question is empty"},
             {{"ask", "Emma", " \n"}, "question is empty"},
             {{"ask", "Emma", "caf\xe9?"}, "UTF-8"},
             {{"ask", "Emma", "Emma", "--as-of", "3", "Why?"}, "exactly one document"},
             {{"ask", "Emma", "Why?", "--as-of", ""}, "page label"},
             {{"ask", "Emma", "Why?", "--channel", "memory"}, "both, gist or evidence"},
             {{"ask", "Emma", "Why?", "--evidence", "0"}, "from 1 to 50"},
             {{"ask", "Emma", "Why?", "--max-tokens", "many"}, "whole number"},
             {{"ask", "Emma", "--questions", write("none", "\n\n")}, "no question"},
             {{"ask", "Emma", "--questions", write("latin", "caf\xe9\n")},
              "Question 1 is not UTF-8"},
             {{"ask", "--collection", "Austen", "Why?"}, "No document is in a collection"},
             {{"summarize"}, "summarize DOC"},
             {{"summarize", "Emma", "--of", "3"}, "PAGE..PAGE"},
             {{"summarize", "Emma", "--of", "chapter:0"}, "chapter:3"},
             {{"summarize", "Emma", "--of", "chapter:x"}, "chapter:3"},
             {{"summarize", "Emma", "--of", "3.."}, "last page of --of"},
             {{"summarize", "Emma", "--length", "tiny"}, "short, medium or long"},
             {{"summarize", "Emma", "--style", "poem"}, "prose, points or outline"},
             {{"export"}, "export DOC"},
             {{"export", "Emma", "--what", "answer"}, "did you mean answers"},
             {{"export", "Emma", "--format", "rtf"}, "md, html, docx, odt, txt or json"},
             {{"library", "list", "Emma"}, "library list"},
             {{"library", "show"}, "library show DOC"},
             {{"library", "remove"}, "library remove DOC..."},
         })
        expectWrongUse(one);
}

TEST_F(Refusal, StandardInputMustNotBeATerminal) {
    terminals.in = true;
    expectWrongUse({{"read", "--files-from", "-"}, "is a terminal"});
    expectWrongUse({{"ask", "Emma", "--questions", "-"}, "is a terminal"});
}

TEST_F(Refusal, NamesTheVariableThatGaveABadValue) {
    const Variable threads("INFOLIO_THREADS", "many");
    expectWrongUse({{"search", "x"}, "INFOLIO_THREADS is 'many'"});
}

TEST_F(Refusal, TellsTheReadCommandForAnUnknownDocument) {
    const std::string book = write("my book.epub", "x");
    int status = 0;
    const auto all = records({"ask", book, "Why?"}, &status);
    EXPECT_EQ(status, 2);
    ASSERT_EQ(types(all), std::vector<std::string>{"error"});
    EXPECT_EQ(all[0]["code"], "NotInLibrary");
    EXPECT_NE(run({"ask", book, "Why?"}).err.find("infolio-cli read '" + book + "'"),
              std::string::npos);
    EXPECT_NE(run({"export", "Emma"}).err.find("infolio-cli read PATH"), std::string::npos);
    EXPECT_TRUE(scenario.calls.empty());
}
