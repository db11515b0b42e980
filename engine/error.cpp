#include "engine/error.h"

namespace engine {

std::string_view name(Code code) {
    switch (code) {
    case Code::WrongUse:
        return "WrongUse";
    case Code::Ambiguous:
        return "Ambiguous";
    case Code::NotInLibrary:
        return "NotInLibrary";
    case Code::Unsupported:
        return "Unsupported";
    case Code::NotAFile:
        return "NotAFile";
    case Code::Locked:
        return "Locked";
    case Code::Protected:
        return "Protected";
    case Code::BadFile:
        return "BadFile";
    case Code::TooBig:
        return "TooBig";
    case Code::NoText:
        return "NoText";
    case Code::FileMissing:
        return "FileMissing";
    case Code::FileChanged:
        return "FileChanged";
    case Code::ReaderFailed:
        return "ReaderFailed";
    case Code::BadWeights:
        return "BadWeights";
    case Code::NoModel:
        return "NoModel";
    case Code::BadSnapshot:
        return "BadSnapshot";
    case Code::DoesNotFit:
        return "DoesNotFit";
    case Code::LibraryBusy:
        return "LibraryBusy";
    case Code::BadLibrary:
        return "BadLibrary";
    case Code::Newer:
        return "Newer";
    case Code::ReadOnly:
        return "ReadOnly";
    case Code::DiskFull:
        return "DiskFull";
    case Code::NoMemory:
        return "NoMemory";
    case Code::NoDevice:
        return "NoDevice";
    case Code::CannotWrite:
        return "CannotWrite";
    case Code::CheckFailed:
        return "CheckFailed";
    case Code::Internal:
        return "Internal";
    }
    return "Internal";
}

int exitStatus(Code code) {
    switch (code) {
    case Code::WrongUse:
    case Code::Ambiguous:
    case Code::NotInLibrary:
    case Code::DoesNotFit:
    case Code::CannotWrite:
        return 2;
    case Code::Unsupported:
    case Code::NotAFile:
    case Code::Locked:
    case Code::Protected:
    case Code::BadFile:
    case Code::TooBig:
    case Code::NoText:
    case Code::FileMissing:
    case Code::FileChanged:
    case Code::ReaderFailed:
        return 4;
    case Code::BadWeights:
    case Code::NoModel:
    case Code::BadSnapshot:
        return 5;
    case Code::LibraryBusy:
    case Code::BadLibrary:
    case Code::Newer:
    case Code::ReadOnly:
        return 6;
    case Code::DiskFull:
    case Code::NoMemory:
    case Code::NoDevice:
        return 7;
    case Code::CheckFailed:
        return 8;
    case Code::Internal:
        return 70;
    }
    return 70;
}

} // namespace engine
