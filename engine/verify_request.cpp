#include "engine/local_engine.h"

namespace engine {

void LocalEngine::runVerify(const VerifyRequest& request, Task::Impl& task) {
    const auto check = [&](const DocumentId& id, const std::string& what,
                           const std::vector<std::string>& faults,
                           const std::vector<std::string>& remarks = {}) {
        std::string detail;
        for (const auto* sentences : {&faults, &remarks})
            for (const std::string& sentence : *sentences)
                detail += (detail.empty() ? "" : " ") + sentence;
        task.emit(Check{id, what, faults.empty(), detail});
    };
    std::vector<store::DocumentRow> rows;
    if (request.documents.empty()) {
        check({}, "library", m_library->verify(std::nullopt));
        rows = m_library->documents();
    }
    for (const DocumentId& id : request.documents) {
        rows.push_back(rowOf(*m_library, id));
        check(id, "text", m_library->verify(rows.back().id));
    }
    if (!request.replay)
        return;
    const auto model = loadedModel();
    for (const store::DocumentRow& row : rows) {
        if (task.isCancelled())
            return;
        const auto reading = furthestReading(row, model);
        if (!reading)
            continue;
        // A check that did not finish holds nothing and finds nothing.
        if (const auto found = reading->replay([&task] { return task.isCancelled(); }))
            check({row.sha256}, "memory", found->faults, found->remarks);
    }
}

} // namespace engine
