/// Writes the adapter of the PyTorch prototype as a file that the program reads, so that `evaluate`
/// can show what is known of it (infini-attention.md, section 10): it finds 32 of 32 numbers over
/// 131,072 tokens.
///
///     prototype OUT [REFERENCE]

#include <cstdio>
#include <exception>
#include <fstream>

#include "engine/model/session.h"
#include "tests/support/prototype_adapter.h"

int main(int count, char** arguments) {
    if (count < 2) {
        std::fprintf(stderr, "use: prototype OUT [REFERENCE]\n");
        return 2;
    }
    try {
        const std::string reference = count > 2 ? arguments[2] : TEST_DATA "/../reference";
        const auto base =
            engine::model::Model::load(TEST_MODEL, "", engine::model::Dtype::BFloat16);
        const std::string bytes =
            tests::prototypeAdapter(reference, base->weights->sha256, /*gatesByPosition=*/false);
        std::ofstream out(arguments[1], std::ios::binary);
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        out.close();
        if (!out) {
            std::fprintf(stderr, "prototype: %s could not be written\n", arguments[1]);
            return 1;
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "prototype: %s\n", error.what());
        return 1;
    }
    return 0;
}
