#pragma once
/// What the tests of measuring share.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/error.h"
#include "engine/evaluate/evaluate.h"
#include "tests/unit/engine/support.h"

namespace tests {

template <typename Call> engine::Code codeOf(Call call) {
    try {
        call();
    } catch (const engine::Error& error) {
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return engine::Code::Internal;
}

inline std::string contentOf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The tiny model with a tokenizer that asks for <|im_start|> before every text.
inline std::shared_ptr<const engine::model::Model>
tinyModelThatBegins(const TemporaryFolder& folder) {
    const std::string path = folder.file("begins.gguf");
    if (!std::filesystem::exists(path)) {
        GgufFile file = tinyModel(1);
        file.set("tokenizer.ggml.add_bos_token", true);
        folder.write("begins.gguf", file.bytes());
    }
    return engine::model::Model::load(path, "", engine::model::Dtype::Float32);
}

/// The suites on the tiny model.
inline engine::evaluate::Measurement tinyRun(const TemporaryFolder& folder,
                                             std::vector<std::string> suites = {"smoke"}) {
    engine::evaluate::Measurement run;
    run.suites = std::move(suites);
    run.subject = {tinyModelLoaded(folder), engine::model::Mode::InfiniLinear, 64};
    run.modelName = "tiny";
    run.device = "cpu";
    run.dtype = "fp32";
    run.threads = 1;
    run.command = "evaluate";
    return run;
}

/// A folder of test material as it should be, with short texts.
inline std::string writeData(const TemporaryFolder& folder) {
    namespace fs = std::filesystem;
    const fs::path root = folder.file("data");
    const auto put = [&](const fs::path& path, const std::string& bytes) {
        fs::create_directories((root / path).parent_path());
        std::ofstream(root / path, std::ios::binary) << bytes;
    };
    for (const char* id : {"41", "78", "215", "1063", "35", "77", "105", "482"})
        put(std::string("narrativeqa/") + id + "_a-title.txt",
            pageText(std::stoi(id), 60) + " The end of " + id + ".\n");
    for (const char* name :
         {"irish-fairybook", "native-american-fairybook", "norwegian-fairybook"}) {
        const std::string base = std::string("fairytaleqa/") + name;
        put(base + ".txt",
            "Once é there was a king who lived near the river Shannon for many long years. " +
                pageText(9, 80) + " He was gone.\n");
        std::string questions;
        for (int i = 0; i < 6; ++i)
            questions += std::string(i == 0 ? "" : ",") + R"({"id":")" + name + "/" +
                         std::to_string(i) +
                         R"(","story":"one","question":"Who was there?","answers":["answer )" +
                         std::to_string(i) + R"("],"evidence_char_spans":[[5,23]]})";
        put(base + ".json", R"({"stories":[{"name":"one","char_start":0,"char_end":100}],)"
                            R"("questions":[)" +
                                questions + "]}");
    }
    put("squality/squality_v1.3_dev.json",
        R"([{"id":"1","document":"A ship came."},{"id":"2","document":"It left."}])");
    put("squad/squad_dev_en_500.json",
        R"({"data":[{"title":"Ships","paragraphs":[{"context":"A ship came in 1784.","qas":[)"
        R"({"id":"s1","question":"When did it come?","answers":[{"text":"1784"}]}]}]},)"
        R"({"title":"Towns","paragraphs":[{"context":"é is a town.","qas":[)"
        R"({"id":"t1","question":"What is it?","answers":[{"text":"a town"}]}]},)"
        R"({"context":"It is old.","qas":[]}]}]})");
    return root.string();
}

} // namespace tests
