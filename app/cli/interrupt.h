#pragma once
/// Ctrl-C and the end of a request, as bytes in one pipe, so that the waiting thread hears of both
/// without polling.

#include <atomic>

namespace app::cli {

class Interrupt {
public:
    enum class Wake : char { Done, OutputGone, Signal };

    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    /// From here on SIGINT, SIGTERM and SIGHUP reach this object, but for those that whoever
    /// started the process wants ignored, as nohup does. SIGPIPE is ignored. One object in a
    /// process.
    void install();

    /// Blocks until somebody notifies.
    Wake wait();
    /// Any thread.
    void notify(Wake wake);
    /// What a signal does. The second one ends the process at once. Async-signal-safe.
    void onSignal(int signal);

    /// The signal that came, or 0.
    [[nodiscard]] int signal() const { return m_signal; }

private:
    int m_pipe[2];
    std::atomic<int> m_signal = 0;
};

} // namespace app::cli
