#include "engine/local_engine.h"

namespace engine {

void LocalEngine::runVerify(const VerifyRequest& request, Task::Impl& task) {
    const auto check = [&](const DocumentId& id, const std::string& what,
                           const std::vector<std::string>& faults) {
        std::string detail;
        for (const std::string& fault : faults)
            detail += (detail.empty() ? "" : " ") + fault;
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
        if (const auto reading = furthestReading(row, model))
            check({row.sha256}, "memory", reading->replay([&task] { return task.isCancelled(); }));
    }
}

} // namespace engine
