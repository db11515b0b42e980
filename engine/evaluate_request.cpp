#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/records.h"
#include "engine/local_engine.h"
#include "engine/throttle.h"

namespace engine {

namespace {

/// `seed` 0: the plan's own.
evaluate::Plan planOf(const EvaluateRequest& request, std::uint64_t seed) {
    evaluate::Plan plan;
    if (seed != 0)
        plan.seed = seed;
    plan.arms = request.arms;
    plan.method = evaluate::methodFromName(request.method);
    plan.limit = request.limit;
    plan.samples = request.samples;
    plan.lengths = request.lengths;
    if (!request.haystacks.empty())
        plan.haystacks = request.haystacks;
    if (!request.depths.empty())
        plan.depths = request.depths;
    if (!request.needles.empty())
        plan.needles = request.needles;
    return plan;
}

} // namespace

void LocalEngine::runEvaluate(const EvaluateRequest& request, Task::Impl& task) {
    std::vector<evaluate::Requirement> requirements;
    for (const std::string& text : request.requirements)
        requirements.push_back(evaluate::requirement(text));
    std::vector<evaluate::LinesFile> files;
    if (request.suites.empty()) {
        if (request.reportOf.empty())
            throw Error(Code::WrongUse, "no lines file was named; name those that the report is "
                                        "to be made of");
        for (const std::string& path : request.reportOf)
            files.push_back({path, evaluate::linesText(path)});
    } else {
        evaluate::Measurement run;
        run.suites = request.suites;
        run.plan = planOf(request, m_options.seed);
        run.part = request.part;
        run.dataFolder = request.dataPath;
        run.linesPath = request.linesPath;
        run.isResumed = request.resume;
        run.command = request.command;
        evaluate::requireMeaning(run.suites, run.plan, run.part);
        const ModelInfo info = model();
        run.subject = {loadedModel(), model::modeFromName(m_options.mode), m_options.segmentTokens};
        run.modelName = info.name;
        run.device = info.device;
        run.dtype = info.dtype;
        run.threads = info.threads;
        const double start = evaluate::now();
        std::string what;
        std::int64_t before = 0;
        double since = start;
        Throttle throttle;
        evaluate::Listener listener;
        listener.onLine = [&](const std::string& line) { task.emit(MeasuredLine{line}); };
        listener.onStep = [&](const evaluate::Step& step) {
            const double time = evaluate::now();
            if (step.what != what) {
                what = step.what;
                before = step.done;
                since = time;
            }
            if (!throttle.isDue(step.done == step.total))
                return !task.isCancelled();
            Progress progress;
            progress.stage = Stage::Check;
            progress.title = step.what;
            progress.unit = step.unit;
            progress.done = step.done;
            progress.total = step.total;
            if (time > since && step.done > before) {
                progress.perSecond = static_cast<double>(step.done - before) / (time - since);
                progress.etaSeconds =
                    static_cast<double>(step.total - step.done) / progress.perSecond;
            }
            task.emit(progress);
            return !task.isCancelled();
        };
        files.push_back({request.linesPath.empty() ? "not kept" : request.linesPath,
                         evaluate::measure(run, listener)});
    }
    evaluate::Report report = evaluate::report(files);
    task.emit(MeasuredReport{std::move(report.markdown), std::move(report.charts)});
    if (task.isCancelled())
        return;
    for (const evaluate::Requirement& one : requirements)
        if (const std::string sentence = evaluate::missed(one, report.figures); !sentence.empty())
            task.emit(Failed{Code::CheckFailed, sentence, one.name});
}

} // namespace engine
