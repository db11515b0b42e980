// export_sample html|docx|odt: Markdown from standard input as such a file on standard output, for
// the test that opens it in a word processor.

#include <iostream>
#include <iterator>
#include <string_view>

#include "engine/report/docx.h"
#include "engine/report/html.h"
#include "engine/report/odt.h"

int main(int argc, char** argv) {
    const std::string_view format = argc == 2 ? argv[1] : "";
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    const engine::report::Markup markup = engine::report::parseMarkdown(text);
    if (format == "html")
        std::cout << engine::report::html(markup);
    else if (format == "docx")
        std::cout << engine::report::docx(markup);
    else if (format == "odt")
        std::cout << engine::report::odt(markup);
    else
        return 2;
    return std::cout.flush() ? 0 : 1;
}
