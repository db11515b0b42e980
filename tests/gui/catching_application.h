#pragma once
/// For tests of slots that throw: what the engine's calls throw ends in the application, as it does
/// in the program.

#include <QCoreApplication>

#include "engine/error.h"

namespace fixture {

class CatchingApplication : public QCoreApplication {
public:
    using QCoreApplication::QCoreApplication;

    bool notify(QObject* receiver, QEvent* event) override {
        try {
            return QCoreApplication::notify(receiver, event);
        } catch (const engine::Error&) {
            return true;
        }
    }
};

/// As another process makes the engine's calls fail.
[[noreturn]] inline void fail() {
    throw engine::Error(engine::Code::NotInLibrary, "It is not in this library.");
}

} // namespace fixture
