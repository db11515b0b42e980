#pragma once
/// What a failure of the engine means to a person: a sentence and what may help, by its code.

#include <QString>

#include "engine/engine.h"

namespace ui {

enum class Remedy { None, TryAgain, EnterPassword, ChooseModel, ChooseDevice };

struct FailureWords {
    QString sentence;
    QString action; ///< text of a button; empty: nothing helps from here
    Remedy remedy = Remedy::None;
};

/// `name` is the file that was to be read.
FailureWords failureWords(const engine::Failed& failure, const QString& name);

/// Why the pages of a document that was read do not show; `title` is its name. `hasPassword`: one
/// was given.
QString pagesFailureSentence(const engine::Failed& failure, const QString& title, bool hasPassword);

/// Whether every other file would fail in the same way: the library, the model or the machine is
/// the reason, not the file.
bool concernsEveryFile(engine::Code code);

} // namespace ui
