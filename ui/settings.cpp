#include "ui/settings.h"

#include <QRegularExpression>
#include <QSettings>

#include <algorithm>
#include <array>

namespace ui {
namespace {

// The words of the file. They stay when the enumerations grow.
constexpr std::array kRecognize = {"auto", "never", "always"};
constexpr std::array kThemes = {"system", "light", "dark"};

template <std::size_t Size>
int position(const std::array<const char*, Size>& words, const QString& word, int otherwise) {
    const auto found = std::find_if(words.begin(), words.end(), [&word](const char* candidate) {
        return word == QLatin1String(candidate);
    });
    return found == words.end() ? otherwise : static_cast<int>(found - words.begin());
}

template <std::size_t Size, class Value>
QString word(const std::array<const char*, Size>& words, Value value) {
    return QString::fromLatin1(words[static_cast<std::size_t>(value)]);
}

int integer(const QSettings& file, const QString& key, int otherwise) {
    bool isNumber = false;
    const int value = file.value(key, otherwise).toInt(&isNumber);
    return isNumber ? value : otherwise;
}

bool truth(const QSettings& file, const QString& key, bool otherwise) {
    const QString value = file.value(key).toString();
    if (value == QStringLiteral("true"))
        return true;
    return value == QStringLiteral("false") ? false : otherwise;
}

/// One table for both directions would need a visitor over types; two plain lists are shorter.
void read(const QSettings& file, Settings& to) {
    const Settings usual;
    const auto string = [&file](const char* key, const QString& otherwise) {
        return file.value(QLatin1String(key), otherwise).toString();
    };
    const auto number = [&file](const char* key, int otherwise) {
        return integer(file, QLatin1String(key), otherwise);
    };
    const auto flag = [&file](const char* key, bool otherwise) {
        return truth(file, QLatin1String(key), otherwise);
    };
    to.segmentTokens = number("reading/segment_tokens", usual.segmentTokens);
    to.snapshotEvery = number("reading/snapshot_every", usual.snapshotEvery);
    to.recognize = static_cast<Settings::Recognize>(
        position(kRecognize, string("reading/recognize", {}), static_cast<int>(usual.recognize)));
    to.recognizeLanguage = string("reading/recognize_language", usual.recognizeLanguage);
    to.threads = number("reading/threads", usual.threads);
    to.device = string("reading/device", usual.device);
    to.evidenceCount = number("answers/evidence", usual.evidenceCount);
    to.isStrict = flag("answers/strict", usual.isStrict);
    to.maxTokens = number("answers/max_tokens", usual.maxTokens);
    to.hasSeed = flag("answers/has_seed", usual.hasSeed);
    to.seed = file.value(QStringLiteral("answers/seed"), usual.seed).toUInt();
    to.modelPath = string("models/model", usual.modelPath);
    to.adapterPath = string("models/adapter", usual.adapterPath);
    to.libraryPath = string("library/path", usual.libraryPath);
    to.theme = static_cast<Look>(
        position(kThemes, string("look/theme", {}), static_cast<int>(usual.theme)));
    to.textPercent = number("look/text_percent", usual.textPercent);
    to.invertPages = flag("look/invert_pages", usual.invertPages);
    to.keepHistory = flag("privacy/keep_history", usual.keepHistory);
    to.isReaderOnly = flag("privacy/reader_only", usual.isReaderOnly);
    to.hasTitlesInNotifications =
        flag("privacy/titles_in_notifications", usual.hasTitlesInNotifications);
}

void write(QSettings& file, const Settings& from) {
    const auto set = [&file](const char* key, const QVariant& value) {
        file.setValue(QLatin1String(key), value);
    };
    set("reading/segment_tokens", from.segmentTokens);
    set("reading/snapshot_every", from.snapshotEvery);
    set("reading/recognize", word(kRecognize, from.recognize));
    set("reading/recognize_language", from.recognizeLanguage);
    set("reading/threads", from.threads);
    set("reading/device", from.device);
    set("answers/evidence", from.evidenceCount);
    set("answers/strict", from.isStrict);
    set("answers/max_tokens", from.maxTokens);
    set("answers/has_seed", from.hasSeed);
    set("answers/seed", from.seed);
    set("models/model", from.modelPath);
    set("models/adapter", from.adapterPath);
    set("library/path", from.libraryPath);
    set("look/theme", word(kThemes, from.theme));
    set("look/text_percent", from.textPercent);
    set("look/invert_pages", from.invertPages);
    set("privacy/keep_history", from.keepHistory);
    set("privacy/reader_only", from.isReaderOnly);
    set("privacy/titles_in_notifications", from.hasTitlesInNotifications);
}

const QString kSchemaKey = QStringLiteral("schema");

} // namespace

Settings Settings::validated() const {
    static const QRegularExpression kDevice(QStringLiteral("^(auto|cpu|cuda(:[0-9]{1,2})?)$"));
    static const QRegularExpression kLanguage(
        QStringLiteral("^[A-Za-z_]{2,16}(\\+[A-Za-z_]{2,16})*$"));
    Settings good = *this;
    good.segmentTokens = std::clamp(segmentTokens, 64, 4096) / 64 * 64;
    good.snapshotEvery = std::clamp(snapshotEvery, 1, 256);
    good.threads = std::clamp(threads, 0, 256);
    good.evidenceCount = std::clamp(evidenceCount, 1, 20);
    good.maxTokens = std::clamp(maxTokens, 32, 1024);
    good.textPercent = std::clamp(textPercent, 80, 200);
    if (!kDevice.match(device).hasMatch())
        good.device = Settings().device;
    if (!kLanguage.match(recognizeLanguage).hasMatch())
        good.recognizeLanguage = Settings().recognizeLanguage;
    return good;
}

Settings Settings::load(const QString& path, bool* isNewer) {
    const QSettings file(path, QSettings::IniFormat);
    const bool newer = integer(file, kSchemaKey, kSchema) > kSchema;
    if (isNewer)
        *isNewer = newer;
    Settings settings;
    if (!newer)
        read(file, settings);
    return settings.validated();
}

bool Settings::save(const QString& path) const {
    QSettings file(path, QSettings::IniFormat);
    if (integer(file, kSchemaKey, kSchema) > kSchema)
        return false;
    file.setValue(kSchemaKey, kSchema);
    write(file, validated());
    file.sync();
    return file.status() == QSettings::NoError;
}

} // namespace ui
