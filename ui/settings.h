#pragma once
/// What a person may set, as plain values with defaults, and its file. Only this computer's window
/// reads it; nothing secret is in it.

#include <QString>
#include <QStringList>

#include "ui/theme.h"

namespace ui {

struct Settings {
    enum class Recognize { Auto, Never, Always };

    // Reading
    int segmentTokens = 1024; ///< 64 to 4096, a multiple of 64
    int snapshotEvery = 8;    ///< segments, 1 to 256
    Recognize recognize = Recognize::Auto;
    QString recognizeLanguage = QStringLiteral("eng");
    int threads = 0;                         ///< 0: one per core; up to 256
    QString device = QStringLiteral("auto"); ///< "auto", "cpu", "cuda", "cuda:N"

    // Answers
    int evidenceCount = 5; ///< 1 to 20
    bool isStrict = false; ///< only cited sentences
    int maxTokens = 160;   ///< of a gist, 32 to 1024
    bool hasSeed = false;  ///< off: the most probable word, always the same answer
    quint32 seed = 0;

    // Models
    QString modelPath;   ///< empty: the one that is found
    QString adapterPath; ///< a file, "none", or empty: the one that comes with Infolio

    // Library
    QString libraryPath; ///< empty: the usual place

    // Look
    Look theme = Look::System;
    int textPercent = 100; ///< 80 to 200
    bool invertPages = false;

    // Privacy
    bool keepHistory = true;
    bool isReaderOnly = false; ///< hides questions and summaries
    bool hasTitlesInNotifications = false;

    bool operator==(const Settings&) const = default;

    static constexpr int kSchema = 1;
    /// Values out of range take the nearest allowed one; what cannot be understood, its default.
    [[nodiscard]] Settings validated() const;
    /// From an ini file. Absent keys have their defaults. A file of a newer schema gives the
    /// defaults and is never written: `isNewer` says so.
    [[nodiscard]] static Settings load(const QString& path, bool* isNewer = nullptr);
    /// False when the file cannot be written, or is of a newer schema.
    [[nodiscard]] bool save(const QString& path) const;
};

} // namespace ui
