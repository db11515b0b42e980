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

Task FakeEngine::play(const std::string& name, Sink sink) {
    m_scenario.calls.push_back(name);
    return m_worker.submit(engine::Worker::Kind::Other, std::move(sink),
                           [this, events = m_scenario.script[name]](Task::Impl& task) {
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

std::string FakeEngine::exportDocument(const engine::ExportRequest& request) {
    m_scenario.exportRequest = request;
    m_scenario.calls.push_back("export");
    return m_scenario.exported;
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
