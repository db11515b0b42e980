#pragma once
/// An engine of prepared answers: gives what a test put into its scenario, and notes there what it
/// was asked. Long requests run on a worker thread of their own, as in the real one.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/task.h"

namespace support {

/// What a test prepares, and what it finds afterwards. Outlives the engine.
struct Scenario {
    /// The events of each long request, by its name ("read", "ask", …); Done is added. Without any,
    /// "links", "export", "useModel" and "device" answer from the values below.
    std::map<std::string, std::vector<engine::Event>> script;
    /// Runs in a request before its first event.
    std::function<void()> beforeAll = [] {};
    /// Runs in a request before its Done: to wait for a cancel, or to throw as the engine would.
    std::function<void(const engine::Task::Impl&)> beforeDone = [](const engine::Task::Impl&) {};
    std::vector<engine::DocumentInfo> library, trash;
    std::string gone; ///< the document that contents and chapters no longer find; empty: none
    std::vector<engine::ContentsEntry> outline;
    std::vector<engine::SnapshotInfo> memories;
    std::string text; ///< of every document
    std::vector<engine::PageInfo> pages;
    std::map<std::string, std::int64_t> bounds; ///< of every document, beside those of its pages
    std::vector<engine::LineBox> boxes;
    std::vector<engine::TextBlock> blocks;
    std::vector<engine::WordBox> words;
    std::vector<engine::SummaryRecord> summaries;
    std::vector<engine::AnswerRecord> answers; ///< of all conversations
    engine::ModelInfo model;
    std::optional<engine::Error> modelFailure; ///< thrown in place of `model`
    engine::DeviceInfo device{"cpu", ""};
    std::string exported;
    std::vector<engine::PageLink> links; ///< of every page

    std::vector<std::string> calls; ///< names of all requests and changes, in order
    engine::ReadRequest readRequest;
    std::vector<engine::AskRequest> askRequests;
    engine::SearchRequest searchRequest;
    engine::SummaryRequest summaryRequest;
    engine::VerifyRequest verifyRequest;
    std::vector<engine::RenderRequest> renderRequests;
    std::vector<engine::LinksRequest> linksRequests;
    engine::ExportRequest exportRequest;
    engine::ModelRequest modelRequest;
    engine::EvaluateRequest evaluateRequest;
    engine::AdaptRequest adaptRequest;
    std::vector<engine::DocumentId> changed; ///< removed or restored
};

class FakeEngine : public engine::Engine {
public:
    explicit FakeEngine(Scenario& scenario) : m_scenario(scenario) {}

    std::vector<engine::DocumentInfo> documents() const override { return m_scenario.library; }
    std::vector<engine::DocumentInfo> removedDocuments() const override { return m_scenario.trash; }
    engine::DocumentInfo find(const std::string& spec) const override;
    std::vector<engine::DocumentInfo> collection(const std::string& name) const override;
    std::vector<engine::ContentsEntry> contents(const engine::DocumentId& id) const override;
    std::vector<engine::ContentsEntry> chapters(const engine::DocumentId& id) const override {
        return contents(id);
    }
    std::int64_t boundOf(const engine::DocumentId& id,
                         const engine::PageSpec& place) const override;
    std::vector<engine::SnapshotInfo> snapshots(const engine::DocumentId&) const override {
        return m_scenario.memories;
    }
    std::string text(const engine::DocumentId&, engine::TextRange range) const override;
    std::vector<engine::PageInfo> pages(const engine::DocumentId&) const override {
        return m_scenario.pages;
    }
    std::vector<engine::LineBox> boxes(const engine::DocumentId&,
                                       engine::TextRange) const override {
        return m_scenario.boxes;
    }
    std::vector<engine::TextBlock> blocks(const engine::DocumentId&,
                                          engine::TextRange range) const override;
    std::vector<engine::WordBox> words(const engine::DocumentId&, int page) const override;
    std::vector<engine::SummaryRecord> summaries(const engine::DocumentId&) const override {
        return m_scenario.summaries;
    }
    std::vector<std::string> conversations() const override;
    std::vector<engine::AnswerRecord> answers(const std::string& conversation) const override;
    engine::ModelInfo model() override {
        if (m_scenario.modelFailure)
            throw engine::Error(*m_scenario.modelFailure);
        return m_scenario.model;
    }
    engine::Task read(const engine::ReadRequest& request, engine::Sink sink) override;
    engine::Task ask(const engine::AskRequest& request, engine::Sink sink) override;
    engine::Task search(const engine::SearchRequest& request, engine::Sink sink) override;
    engine::Task summarize(const engine::SummaryRequest& request, engine::Sink sink) override;
    engine::Task verify(const engine::VerifyRequest& request, engine::Sink sink) override;
    engine::Task render(const engine::RenderRequest& request, engine::Sink sink) override;
    engine::Task links(const engine::LinksRequest& request, engine::Sink sink) override;
    engine::Task exportDocument(const engine::ExportRequest& request, engine::Sink sink) override;
    engine::Task useModel(const engine::ModelRequest& request, engine::Sink sink) override;
    engine::Task evaluate(const engine::EvaluateRequest& request, engine::Sink sink) override;
    engine::Task adapt(const engine::AdaptRequest& request, engine::Sink sink) override {
        m_scenario.adaptRequest = request;
        return play("adapt", std::move(sink));
    }
    engine::Task device(engine::Sink sink) override {
        return play("device", std::move(sink), m_scenario.device);
    }
    engine::Task purge(engine::Sink sink) override { return play("purge", std::move(sink)); }
    engine::Task forgetAnswers(engine::Sink sink) override;
    void remove(const std::vector<engine::DocumentId>& ids) override;
    void restore(const std::vector<engine::DocumentId>& ids) override;

private:
    /// Plays the script of that name; without one the single event `otherwise`.
    engine::Task play(const std::string& name, engine::Sink sink,
                      std::optional<engine::Event> otherwise = std::nullopt);

    Scenario& m_scenario;
    engine::Worker m_worker;
};

/// A document that was read; its id is 64 times `digit`.
engine::DocumentInfo fakeDocument(char digit, const std::string& title);

} // namespace support
