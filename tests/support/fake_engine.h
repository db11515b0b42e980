#pragma once
/// An engine of prepared answers: gives what a test put into it, and remembers what it was asked.
/// Long requests run on a worker thread of their own, as in the real one.

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/task.h"

namespace support {

class FakeEngine : public engine::Engine {
public:
    /// The events of each long request, by its name ("read", "ask", …); Done is added.
    std::map<std::string, std::vector<engine::Event>> script;
    /// Runs in a request before its last event; to wait for a cancel, or to throw as the engine
    /// would.
    std::function<void(const engine::Task::Impl&)> beforeDone = [](const engine::Task::Impl&) {};

    std::vector<engine::DocumentInfo> library, trash;
    std::vector<engine::ContentsEntry> outline;
    std::vector<engine::SnapshotInfo> memories;
    engine::ModelInfo modelInfo;
    std::string exported;

    std::vector<std::string> calls; ///< names of all requests and changes, in order
    engine::ReadRequest readRequest;
    std::vector<engine::AskRequest> askRequests;
    engine::SearchRequest searchRequest;
    engine::SummaryRequest summaryRequest;
    engine::VerifyRequest verifyRequest;
    engine::ExportRequest exportRequest;
    std::vector<engine::DocumentId> changed;

    std::vector<engine::DocumentInfo> documents() const override { return library; }
    std::vector<engine::DocumentInfo> removedDocuments() const override { return trash; }
    engine::DocumentInfo find(const std::string& spec) const override;
    std::vector<engine::DocumentInfo> collection(const std::string& name) const override;
    std::vector<engine::ContentsEntry> contents(const engine::DocumentId&) const override {
        return outline;
    }
    std::vector<engine::SnapshotInfo> snapshots(const engine::DocumentId&) const override {
        return memories;
    }
    std::string text(const engine::DocumentId&, engine::TextRange) const override { return {}; }
    engine::ModelInfo model() override { return modelInfo; }
    engine::Task read(const engine::ReadRequest& request, engine::Sink sink) override;
    engine::Task ask(const engine::AskRequest& request, engine::Sink sink) override;
    engine::Task search(const engine::SearchRequest& request, engine::Sink sink) override;
    engine::Task summarize(const engine::SummaryRequest& request, engine::Sink sink) override;
    engine::Task verify(const engine::VerifyRequest& request, engine::Sink sink) override;
    std::string exportDocument(const engine::ExportRequest& request) override;
    void remove(const std::vector<engine::DocumentId>& ids) override;
    void restore(const std::vector<engine::DocumentId>& ids) override;
    void purge() override { calls.push_back("purge"); }

private:
    engine::Task play(const std::string& name, engine::Sink sink);
    engine::Worker m_worker;
};

/// A document with an id of 64 times `digit`.
engine::DocumentInfo fakeDocument(char digit, const std::string& title);

} // namespace support
