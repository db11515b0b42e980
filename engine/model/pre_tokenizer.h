#pragma once
/// Splits text into the pieces inside which byte-level BPE may merge, by the pattern that the model
/// was trained with.

#include <memory>
#include <string>
#include <string_view>

namespace engine::model {

/// A compiled pattern; immutable and safe to share between threads.
class PreTokenizer {
public:
    enum class Jit { IfAvailable, Off };

    /// By GGUF's name: "gpt-2", "smollm", "qwen2", "llama-bpe". Nothing for another name.
    static std::unique_ptr<const PreTokenizer> create(std::string_view name,
                                                      Jit jit = Jit::IfAvailable);
    ~PreTokenizer();
    PreTokenizer(const PreTokenizer&) = delete;
    PreTokenizer& operator=(const PreTokenizer&) = delete;

    /// Whether a piece that is a token as a whole is taken without merging.
    [[nodiscard]] bool takesWholeTokens() const;

    /// Walks over the pieces of one text. One thread at a time.
    class Pieces {
    public:
        explicit Pieces(const PreTokenizer& splitter);
        ~Pieces();
        Pieces(const Pieces&) = delete;
        Pieces& operator=(const Pieces&) = delete;

        /// `text` must be UTF-8 and stay valid.
        void start(std::string_view text);
        /// The end of the piece that begins at `begin`, which must lie before the end of the text.
        std::size_t end(std::size_t begin);

    private:
        struct Impl;
        std::unique_ptr<Impl> m_impl;
    };

private:
    PreTokenizer();
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace engine::model
