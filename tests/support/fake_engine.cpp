#include "tests/support/fake_engine.h"

#include <algorithm>

namespace support {

using engine::DocumentInfo;
using engine::Sink;
using engine::Task;

DocumentInfo FakeEngine::find(const std::string& spec) const {
    for (const DocumentInfo& info : m_scenario.library) {
        if (info.title == spec || (spec.size() >= 4 && info.id.sha256.rfind(spec, 0) == 0))
            return info;
    }
    throw engine::Error(engine::Code::NotInLibrary, spec + " is not in the library.");
}

std::vector<DocumentInfo> FakeEngine::collection(const std::string& name) const {
    std::vector<DocumentInfo> result;
    for (const DocumentInfo& info : m_scenario.library) {
        if (std::find(info.collections.begin(), info.collections.end(), name) !=
            info.collections.end())
            result.push_back(info);
    }
    return result;
}

std::vector<engine::ContentsEntry> FakeEngine::contents(const engine::DocumentId& id) const {
    if (id.sha256 == m_scenario.gone)
        throw engine::Error(engine::Code::NotInLibrary, "It is not in this library.");
    return m_scenario.outline;
}

std::int64_t FakeEngine::boundOf(const engine::DocumentId&, const engine::PageSpec& place) const {
    if (const auto found = m_scenario.bounds.find(place.text); found != m_scenario.bounds.end())
        return found->second;
    for (const engine::PageInfo& page : m_scenario.pages) {
        const std::string index = std::to_string(page.index);
        if (place.text == page.label || place.text == "index:" + index ||
            place.text == "loc:" + index)
            return page.range.end;
    }
    throw engine::Error(engine::Code::WrongUse, "\"" + place.text + "\" names no place here.");
}

std::string FakeEngine::text(const engine::DocumentId&, engine::TextRange range) const {
    std::string result;
    std::int64_t offset = -1;
    for (const char byte : m_scenario.text) {
        offset += (static_cast<unsigned char>(byte) & 0xC0) != 0x80 ? 1 : 0;
        if (offset >= range.begin && offset < range.end)
            result += byte;
    }
    return result;
}

std::vector<engine::TextBlock> FakeEngine::blocks(const engine::DocumentId&,
                                                  engine::TextRange range) const {
    std::vector<engine::TextBlock> result;
    for (const engine::TextBlock& block : m_scenario.blocks)
        if (block.range.begin < range.end && block.range.end > range.begin)
            result.push_back(block);
    return result;
}

std::vector<engine::WordBox> FakeEngine::words(const engine::DocumentId&, int page) const {
    std::vector<engine::WordBox> result;
    for (const engine::PageInfo& info : m_scenario.pages)
        for (const engine::WordBox& word : m_scenario.words)
            if (info.index == page && word.range.begin >= info.range.begin &&
                word.range.begin < info.range.end)
                result.push_back(word);
    return result;
}

std::vector<std::string> FakeEngine::conversations() const {
    std::vector<std::string> names;
    for (auto answer = m_scenario.answers.rbegin(); answer != m_scenario.answers.rend(); ++answer)
        if (std::find(names.begin(), names.end(), answer->conversation) == names.end())
            names.push_back(answer->conversation);
    return names;
}

std::vector<engine::AnswerRecord> FakeEngine::answers(const std::string& conversation) const {
    std::vector<engine::AnswerRecord> result;
    for (const engine::AnswerRecord& answer : m_scenario.answers)
        if (answer.conversation == conversation)
            result.push_back(answer);
    return result;
}

Task FakeEngine::play(const std::string& name, Sink sink, std::optional<engine::Event> otherwise) {
    m_scenario.calls.push_back(name);
    std::vector<engine::Event> events = m_scenario.script[name];
    if (events.empty() && otherwise)
        events.push_back(std::move(*otherwise));
    return m_worker.submit(engine::Worker::Kind::Other, std::move(sink),
                           [this, events = std::move(events)](Task::Impl& task) {
                               m_scenario.beforeAll();
                               for (const engine::Event& event : events)
                                   task.emit(event);
                               m_scenario.beforeDone(task);
                           });
}

Task FakeEngine::read(const engine::ReadRequest& request, Sink sink) {
    m_scenario.readRequest = request;
    return play("read", std::move(sink));
}

Task FakeEngine::ask(const engine::AskRequest& request, Sink sink) {
    m_scenario.askRequests.push_back(request);
    return play("ask", std::move(sink));
}

Task FakeEngine::search(const engine::SearchRequest& request, Sink sink) {
    m_scenario.searchRequest = request;
    return play("search", std::move(sink));
}

Task FakeEngine::summarize(const engine::SummaryRequest& request, Sink sink) {
    m_scenario.summaryRequest = request;
    return play("summarize", std::move(sink));
}

Task FakeEngine::verify(const engine::VerifyRequest& request, Sink sink) {
    m_scenario.verifyRequest = request;
    return play("verify", std::move(sink));
}

Task FakeEngine::render(const engine::RenderRequest& request, Sink sink) {
    m_scenario.renderRequests.push_back(request);
    return play("render", std::move(sink));
}

Task FakeEngine::links(const engine::LinksRequest& request, Sink sink) {
    m_scenario.linksRequests.push_back(request);
    return play("links", std::move(sink),
                engine::PageLinks{request.document, request.page, m_scenario.links});
}

Task FakeEngine::exportDocument(const engine::ExportRequest& request, Sink sink) {
    m_scenario.exportRequest = request;
    return play("export", std::move(sink), engine::Exported{m_scenario.exported});
}

Task FakeEngine::useModel(const engine::ModelRequest& request, Sink sink) {
    m_scenario.modelRequest = request;
    engine::ModelInfo info = m_scenario.model;
    info.adapterPath = request.adapterPath == "none" ? "" : request.adapterPath;
    return play("useModel", std::move(sink), info);
}

Task FakeEngine::evaluate(const engine::EvaluateRequest& request, Sink sink) {
    m_scenario.evaluateRequest = request;
    return play("evaluate", std::move(sink));
}

Task FakeEngine::forgetAnswers(Sink sink) {
    m_scenario.answers.clear();
    return play("forgetAnswers", std::move(sink));
}

void FakeEngine::remove(const std::vector<engine::DocumentId>& ids) {
    m_scenario.changed = ids;
    m_scenario.calls.push_back("remove");
}

void FakeEngine::restore(const std::vector<engine::DocumentId>& ids) {
    m_scenario.changed = ids;
    m_scenario.calls.push_back("restore");
}

DocumentInfo fakeDocument(char digit, const std::string& title) {
    DocumentInfo info;
    info.id.sha256 = std::string(64, digit);
    info.title = title;
    info.state = engine::State::Read;
    info.kind = "epub";
    info.coverage.text = info.coverage.read = info.coverage.total = 230;
    info.coverage.isLocation = true;
    return info;
}

} // namespace support
