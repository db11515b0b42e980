#include "ui/failure_words.h"

#include <QCoreApplication>

#include "ui/exchange.h"

namespace ui {
namespace {

class Words {
    Q_DECLARE_TR_FUNCTIONS(ui::FailureWords)
};

/// Where the engine knows more than the code says (what is damaged, which limit was passed), its
/// own sentence is shown; it is empty here then.
QString sentenceOf(engine::Code code, const QString& name) {
    using engine::Code;
    switch (code) {
    case Code::Unsupported:
        return Words::tr("%1 is of a kind that Infolio does not read; it reads PDF, EPUB, text and "
                         "Markdown.")
            .arg(name);
    case Code::Locked:
        return Words::tr("%1 is locked and needs its password.").arg(name);
    case Code::Protected:
        return Words::tr("%1 is protected by its seller (DRM), and Infolio cannot read it.")
            .arg(name);
    case Code::NoText:
        return Words::tr("%1 has no text, only pictures of pages, and this version does not "
                         "recognise text in pictures. Add a text layer with another program.")
            .arg(name);
    case Code::FileMissing:
        return Words::tr("%1 is not there any more. Connect its drive or put it back; what was "
                         "read is kept.")
            .arg(name);
    case Code::FileChanged:
        return Words::tr("%1 was changed while it was read.").arg(name);
    case Code::DiskFull:
        return Words::tr("The disk is full. Reading is paused and nothing is lost: free some space "
                         "and go on.");
    case Code::NoMemory:
        return Words::tr("There is not enough memory. Reading is paused: close other programs and "
                         "go on.");
    case Code::NoModel:
        return Words::tr("There is no model to read with. The text can be searched without one.");
    default:
        return {};
    }
}

Remedy remedyOf(engine::Code code) {
    using engine::Code;
    switch (code) {
    case Code::Locked:
        return Remedy::EnterPassword;
    case Code::NoModel:
    case Code::BadWeights:
        return Remedy::ChooseModel;
    case Code::NoDevice:
        return Remedy::ChooseDevice;
    case Code::Unsupported:
    case Code::NotAFile:
    case Code::Protected:
    case Code::TooBig:
    case Code::NoText:
    case Code::Newer:
        return Remedy::None;
    default:
        return Remedy::TryAgain;
    }
}

QString actionOf(engine::Code code) {
    using engine::Code;
    switch (remedyOf(code)) {
    case Remedy::None:
        return {};
    case Remedy::EnterPassword:
        return Words::tr("Enter the Password…");
    case Remedy::ChooseModel:
        return Words::tr("Choose a Model…");
    case Remedy::ChooseDevice:
        return Words::tr("Choose a Device…");
    case Remedy::TryAgain:
        break;
    }
    if (code == Code::DiskFull || code == Code::NoMemory)
        return Words::tr("Go On");
    return code == Code::FileChanged ? Words::tr("Read Again") : Words::tr("Try Again");
}

} // namespace

FailureWords failureWords(const engine::Failed& failure, const QString& name) {
    QString sentence = sentenceOf(failure.code, name);
    if (sentence.isEmpty())
        sentence = shownLine(failure.message);
    return {sentence, actionOf(failure.code), remedyOf(failure.code)};
}

QString pagesFailureSentence(const engine::Failed& failure, const QString& title,
                             bool hasPassword) {
    using engine::Code;
    switch (failure.code) {
    case Code::Locked:
        return (hasPassword ? Words::tr("That password does not open the file of “%1”.")
                            : Words::tr("The file of “%1” is locked and needs its password."))
            .arg(title);
    case Code::FileMissing:
        return Words::tr("The file of “%1” is not where it was. Connect its drive, put it back, or "
                         "read it from its new place; what was read is kept.")
            .arg(title);
    case Code::FileChanged:
        return Words::tr("The file of “%1” is not the one that was read, so its pages do not show. "
                         "Read it again as it is now; what was read before is kept.")
            .arg(title);
    default:
        return shownLine(failure.message);
    }
}

bool concernsEveryFile(engine::Code code) {
    using engine::Code;
    switch (code) {
    case Code::ReaderFailed:
    case Code::BadWeights:
    case Code::NoModel:
    case Code::LibraryBusy:
    case Code::BadLibrary:
    case Code::Newer:
    case Code::ReadOnly:
    case Code::DiskFull:
    case Code::NoMemory:
    case Code::NoDevice:
        return true;
    default:
        return false;
    }
}

} // namespace ui
