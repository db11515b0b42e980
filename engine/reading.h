#pragma once
/// One stored document on its way into the memory: token stream, snapshots, resume, and the state
/// as of an offset.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/model/snapshot.h"
#include "engine/store/library.h"

namespace engine {

/// How readings are made; part of a reading's identity but for the last three.
struct ReadingOptions {
    model::Mode mode = model::Mode::InfiniLinear;
    std::int64_t segmentTokens = 1024;
    std::int64_t snapshotEvery = 8;
    int threads = 0;
    std::string dtype;
    std::string device = "cpu"; ///< of the model
};

/// Where a reading stands, asked between two segments.
struct ReadingPosition {
    std::int64_t offset = 0; ///< consumed characters
    int page = 0;            ///< pages consumed
    std::int64_t tokens = 0;
    std::int64_t memoryBytes = 0;
};

/// What the conductor wants of a reading between two segments.
enum class Next { GoOn, Pause, Stop };

/// Worker thread only. Keeps no text: pages are fetched one at a time.
class Reading {
public:
    /// Finds or creates the reading of this document by this model. One in a mode whose states
    /// cannot be stored leaves no trace in the library.
    Reading(store::Library& library, std::shared_ptr<const model::Model> model,
            const ReadingOptions& options, const store::DocumentRow& document);

    /// Reads on from the newest usable snapshot to the end. `between` is asked after every segment;
    /// `wait` is called for Pause, after a snapshot was taken, and returns when the reading may go
    /// on or must stop. `notice` receives sentences about snapshots that could not be used. Returns
    /// true when the end was reached.
    bool run(const std::function<Next(const ReadingPosition&)>& between,
             const std::function<void()>& wait,
             const std::function<void(const std::string&)>& notice);

    /// The state of a run that stopped at `bound`: newest snapshot before it, replay to the last
    /// boundary, rest pending. `bound` must not lie beyond `consumed()` unless the caller accepts
    /// the reading that this costs.
    [[nodiscard]] model::ReadingState stateAsOf(std::int64_t bound,
                                                const std::function<bool()>& isCancelled) const;

    /// What a second reading found, in sentences.
    struct Replay {
        std::vector<std::string> faults;
        std::vector<std::string> remarks; ///< what a person should know and is no fault
    };
    /// Reads again from the first token and compares every stored snapshot, bit by bit; of one that
    /// was made with another device, number format or number of threads only what does not depend
    /// on them. Nothing when it was cancelled.
    [[nodiscard]] std::optional<Replay> replay(const std::function<bool()>& isCancelled) const;

    /// Offset that the newest snapshot has consumed; 0 without one. All of the text in a mode whose
    /// states cannot be stored: `stateAsOf` reads it anew.
    [[nodiscard]] std::int64_t consumed() const;
    [[nodiscard]] std::int64_t id() const { return m_id; }
    [[nodiscard]] std::int64_t segmentTokens() const { return m_options.segmentTokens; }
    void forget(); ///< drops all snapshots

private:
    struct Start {
        model::ReadingState state;
        std::int64_t charEnd = 0;
        std::int64_t snapshot = 0; ///< id, 0: none
    };
    struct PageTokens {
        std::vector<std::int32_t> ids;
        std::vector<std::int64_t> ends; ///< offset after each token: characters it completes
    };

    [[nodiscard]] model::SnapshotHeader header(std::int64_t charEnd, std::int64_t page,
                                               std::int64_t parent,
                                               const std::string& prefixSha256) const;
    /// Whether a snapshot was made with the same device, number format and threads.
    [[nodiscard]] bool isMadeHere(const model::SnapshotHeader& header) const;
    void compare(const store::SnapshotRow& row, const model::ReadingState& again,
                 Replay& found) const;
    [[nodiscard]] Start newestStart(std::int64_t limit,
                                    const std::function<void(const std::string&)>& notice) const;
    [[nodiscard]] std::string prefixSha256(std::int64_t charEnd) const;
    /// Of the text [begin, end); where a book begins, with the token that the model's file asks
    /// for.
    [[nodiscard]] PageTokens tokens(std::int64_t begin, std::int64_t end) const;

    store::Library& m_library;
    std::shared_ptr<const model::Model> m_model;
    ReadingOptions m_options;
    store::DocumentRow m_document;
    std::vector<store::PageRow> m_pages;
    std::int64_t m_id = 0;
};

} // namespace engine
