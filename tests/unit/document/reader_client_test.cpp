#include <cerrno>
#include <set>

#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/document/reader_test_files.h"

namespace engine::document {
namespace {

/// Against a reader that does what the document asks for.
class ReaderClient : public ReaderTest {
protected:
    ReaderClient() : m_options(readerOptions("hostile_reader")) {
        m_options.pageCpuSeconds = 1;
        m_options.pageWallSeconds = 1;
    }
    ~ReaderClient() override {
        // Every process was waited for.
        EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
        EXPECT_EQ(errno, ECHILD);
        EXPECT_EQ(openDescriptors(), m_descriptors);
    }

    RawDocument read(const std::string& mode) {
        return readWhole(file("document", mode), m_options);
    }
    Code failureOf(const std::string& mode) { return failure(file("document", mode), m_options); }

    /// All pages but the third are read; returns why the third was not.
    std::string reasonOfThird(const std::string& mode) {
        const RawDocument document = read(mode);
        EXPECT_EQ(document.pages.size(), 5U);
        EXPECT_EQ(document.opened.sizes.size(), 5U);
        std::string reason;
        for (std::size_t i = 0; i < document.pages.size(); ++i) {
            const RawPage& page = document.pages[i];
            EXPECT_EQ(page.index, static_cast<int>(i) + 1);
            EXPECT_EQ(page.state, i == 2 ? PageState::Failed : PageState::Text);
            if (page.state == PageState::Failed)
                reason = page.reason;
        }
        return reason;
    }

    ReaderOptions m_options;

private:
    static std::ptrdiff_t openDescriptors() {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
    }
    std::ptrdiff_t m_descriptors = openDescriptors();
};

std::set<std::string> processes(const RawDocument& document) {
    std::set<std::string> result;
    for (const RawPage& page : document.pages)
        for (const RawWord& word : page.words)
            result.insert(word.utf8);
    return result;
}

TEST_F(ReaderClient, OneProcessReadsAllPages) {
    const RawDocument document = read("well");
    EXPECT_EQ(document.pages.size(), 5U);
    EXPECT_EQ(processes(document).size(), 1U);
    EXPECT_EQ(document.opened.sizes.front(), std::make_pair(100.0F, 200.0F));
}

TEST_F(ReaderClient, AFreshProcessComesAfterSoManyPages) {
    m_options.recyclePages = 2;
    const RawDocument document = read("well");
    EXPECT_EQ(document.pages.size(), 5U);
    EXPECT_EQ(processes(document).size(), 3U);
}

TEST_F(ReaderClient, APageThatCrashesTwiceFails) {
    EXPECT_EQ(reasonOfThird("crash3"), "it crashes the reader");
}

TEST_F(ReaderClient, APageThatCrashesOnceIsReadAlone) {
    const RawDocument document = read("crashonce3");
    EXPECT_EQ(document.pages.size(), 5U);
    for (const RawPage& page : document.pages)
        EXPECT_EQ(page.state, PageState::Text);
    EXPECT_EQ(processes(document).size(), 2U);
}

TEST_F(ReaderClient, APageThatHangsFails) {
    EXPECT_EQ(reasonOfThird("hang3"), "reading it took longer than 1 s");
}

TEST_F(ReaderClient, APageThatComputesForeverFails) {
    m_options.pageWallSeconds = 60;
    EXPECT_EQ(reasonOfThird("spin3"), "reading it took longer than 1 s");
}

TEST_F(ReaderClient, NonsenseFailsThePage) {
    for (const char* mode :
         {"long3", "type3", "garbage3", "other3", "state3", "kind3", "request3", "nobegin3"})
        EXPECT_TRUE(reasonOfThird(mode).starts_with("the reader answers nonsense")) << mode;
}

TEST_F(ReaderClient, AMessageWithoutEndFailsThePage) {
    m_options.pageWallSeconds = 60;
    m_options.pageCpuSeconds = 60;
    EXPECT_EQ(reasonOfThird("endless3"), "the reader answers nonsense: a message without end");
}

TEST_F(ReaderClient, AReaderThatDoesNotEndItsAnswerLosesNoPage) {
    const RawDocument document = read("nodone");
    EXPECT_EQ(document.pages.size(), 5U);
}

TEST_F(ReaderClient, ADamagedPageKeepsItsReason) {
    EXPECT_EQ(reasonOfThird("failed3"), "the page is damaged");
    EXPECT_EQ(reasonOfThird("damaged3"), "it is damaged");
}

TEST_F(ReaderClient, TooManyRestartsFailTheRest) {
    const RawDocument document = read("crashall");
    EXPECT_EQ(document.pages.size(), 60U);
    for (const RawPage& page : document.pages)
        EXPECT_EQ(page.state, PageState::Failed);
    EXPECT_EQ(document.pages.front().reason, "it crashes the reader");
    EXPECT_EQ(document.pages.back().reason, "the reader was restarted too often");
}

TEST_F(ReaderClient, AFileThatShrinksBetweenProcessesLosesItsPages) {
    m_options.recyclePages = 2;
    m_options.maxRestarts = 3;
    const RawDocument document = read("shrinks");
    EXPECT_EQ(document.pages.size(), 5U);
    EXPECT_EQ(document.pages[1].state, PageState::Text);
    EXPECT_EQ(document.pages[2].state, PageState::Failed);
}

TEST_F(ReaderClient, ABusErrorMeansThatTheFileChanged) {
    EXPECT_EQ(failureOf("bus3"), Code::FileChanged);
}

TEST_F(ReaderClient, AFileThatGrowsWhileItIsReadIsRefused) {
    const std::string document = file("document", "well");
    try {
        readFile(document, m_options, [&](int, int) {
            std::ofstream(document, std::ios::app) << "more";
            return true;
        });
        ADD_FAILURE() << "the change went unnoticed";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::FileChanged);
    }
}

TEST_F(ReaderClient, ProgressCountsAndStops) {
    std::vector<int> done;
    const RawDocument document =
        readFile(file("document", "well"), m_options, [&](int count, int total) {
            EXPECT_EQ(total, 5);
            done.push_back(count);
            return count < 3;
        });
    EXPECT_EQ(done, (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(document.pages.size(), 3U);
}

TEST_F(ReaderClient, SectionsThatCannotBeReadLeaveAWarning) {
    const RawDocument document = read("sections-crash2");
    ASSERT_EQ(document.sections.size(), 3U);
    EXPECT_TRUE(document.sections[1].blocks.empty());
    EXPECT_EQ(document.sections[2].blocks.front().utf8, "Part 3");
    ASSERT_EQ(document.opened.warnings.size(), 1U);
    EXPECT_EQ(document.opened.warnings[0], "Part 2 of 3 could not be read: it crashes the reader.");
    EXPECT_EQ(read("sections-other2").opened.warnings.size(), 1U);
}

TEST_F(ReaderClient, ABookWithoutAReadableSectionIsDamaged) {
    EXPECT_EQ(failureOf("sections-crash"), Code::BadFile);
}

TEST_F(ReaderClient, OpeningThatCrashesHangsOrLiesIsADamagedFile) {
    for (const char* mode : {"open-crash", "open-hang", "open-nonsense", "open-claims"})
        EXPECT_EQ(failureOf(mode), Code::BadFile) << mode;
}

TEST_F(ReaderClient, RefusalsKeepTheirMeaning) {
    EXPECT_EQ(failureOf("open-refuse1"), Code::Unsupported);
    EXPECT_EQ(failureOf("open-refuse2"), Code::Protected);
    EXPECT_EQ(failureOf("open-refuse3"), Code::BadFile);
    EXPECT_EQ(failureOf("open-refuse4"), Code::TooBig);
    EXPECT_EQ(failureOf("open-refuse5"), Code::ReaderFailed);
    EXPECT_EQ(failureOf("refuse3"), Code::TooBig);
}

TEST_F(ReaderClient, MoreThanTheLimitIsTooBig) {
    m_options.maxBytes = 200;
    EXPECT_EQ(failureOf("well"), Code::TooBig);
}

TEST_F(ReaderClient, AReaderThatDoesNotStartIsNamed) {
    for (const char* mode : {"start-dead", "start-refuses", "start-other", "start-nonsense"})
        EXPECT_EQ(failureOf(mode), Code::ReaderFailed) << mode;
    m_options.program = path("nothing");
    EXPECT_EQ(failureOf("well"), Code::ReaderFailed);
    EXPECT_THROW(readerVersion(m_options.program), Error);
}

TEST_F(ReaderClient, OnlyRegularFilesAreOpened) {
    EXPECT_EQ(failure(path(""), m_options), Code::NotAFile);
    ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
    EXPECT_EQ(failure(path("fifo"), m_options), Code::NotAFile);
    EXPECT_EQ(failure("/dev/null", m_options), Code::NotAFile);
}

TEST_F(ReaderClient, MissingAndEmptyFilesAreNamed) {
    EXPECT_EQ(failure(path("missing.pdf"), m_options), Code::FileMissing);
    EXPECT_EQ(failure(file("empty.pdf", ""), m_options), Code::BadFile);
    try {
        readWhole(path("empty.pdf"), m_options);
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(),
                     "\"empty.pdf\" is empty; there is nothing to read. Choose another file.");
    }
}

TEST_F(ReaderClient, VersionsAreTold) {
    const std::string version = readerVersion(readerOptions().program);
    EXPECT_NE(version.find("infolio-reader"), std::string::npos);
    EXPECT_NE(version.find("Poppler"), std::string::npos);
    EXPECT_NE(version.find("seccomp"), std::string::npos);
}

} // namespace
} // namespace engine::document
