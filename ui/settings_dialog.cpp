#include "ui/settings_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QLocale>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <QWheelEvent>

#include <algorithm>
#include <limits>

#include "ui/accessible.h"
#include "ui/exchange_document.h"
#include "ui/plain_text.h"

namespace ui {
namespace {

/// A wheel over a page that scrolls must not change the numbers it passes.
class QuietSpinBox : public QSpinBox {
public:
    using QSpinBox::QSpinBox;

protected:
    void wheelEvent(QWheelEvent* event) override { event->ignore(); }
};

class QuietComboBox : public QComboBox {
public:
    using QComboBox::QComboBox;

protected:
    void wheelEvent(QWheelEvent* event) override { event->ignore(); }
};

/// Buttons side by side, as wide as their words.
QHBoxLayout* buttonRow(std::initializer_list<QPushButton*> buttons) {
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    for (QPushButton* button : buttons)
        row->addWidget(button);
    row->addStretch(1);
    return row;
}

} // namespace

SettingsDialog::SettingsDialog(QWidget* parent)
    : QDialog(parent), m_pages(new QListWidget(this)), m_stack(new QStackedWidget(this)),
      m_trouble(plainLabel("settingsTrouble", this)) {
    setObjectName(QStringLiteral("settings"));
    setWindowTitle(tr("Settings"));
    setModal(false);
    m_pages->setObjectName(QStringLiteral("settingsPages"));
    m_pages->setAccessibleName(tr("Pages of settings"));
    m_trouble->hide();
    buildReading();
    buildAnswers();
    buildModels();
    buildLibrary();
    buildLook();
    buildPrivacy();
    m_pages->setCurrentRow(0);
    m_pages->setFixedWidth(m_pages->sizeHintForColumn(0) + fontMetrics().height() * 2);
    connect(m_pages, &QListWidget::currentRowChanged, m_stack, &QStackedWidget::setCurrentIndex);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setObjectName(QStringLiteral("settingsClose"));
    buttons->button(QDialogButtonBox::Close)->setAccessibleName(tr("Close the settings"));
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    auto* middle = new QHBoxLayout;
    middle->addWidget(m_pages);
    middle->addWidget(m_stack, 1);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_trouble);
    layout->addLayout(middle, 1);
    layout->addWidget(buttons);
    const int em = fontMetrics().height();
    resize(em * 42, em * 28);
    setSettings(Settings());
    setModel({}, {});
}

QFormLayout* SettingsDialog::addPage(const QString& title) {
    auto* area = new QScrollArea(m_stack);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    auto* page = new QWidget(area);
    auto* outer = new QVBoxLayout(page);
    const int em = fontMetrics().height();
    outer->setContentsMargins(em, em / 4, em, em / 2);
    auto* heading = plainLabel("settingsHeading", page);
    heading->setText(title);
    QFont large = heading->font();
    large.setWeight(QFont::DemiBold);
    if (large.pointSizeF() > 0)
        large.setPointSizeF(large.pointSizeF() * 1.25);
    heading->setFont(large);
    outer->addWidget(heading);
    outer->addSpacing(em / 2);
    auto* form = new QFormLayout;
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setLabelAlignment(Qt::AlignLeft);
    form->setFormAlignment(Qt::AlignLeft | Qt::AlignTop);
    form->setHorizontalSpacing(em);
    form->setVerticalSpacing(em / 2);
    outer->addLayout(form);
    outer->addStretch(1);
    area->setWidget(page);
    m_stack->addWidget(area);
    auto* item = new QListWidgetItem(title, m_pages);
    item->setSizeHint(QSize(fontMetrics().horizontalAdvance(title) + em, em * 7 / 4));
    return form;
}

void SettingsDialog::addSentence(QFormLayout* form, const QString& sentence) {
    auto* label = plainLabel("settingsSentence", form->parentWidget());
    label->setText(sentence);
    QPalette quiet = label->palette();
    quiet.setColor(QPalette::WindowText, mutedColor(quiet));
    label->setPalette(quiet);
    form->addRow(label);
}

QSpinBox* SettingsDialog::number(const char* name, const QString& spoken, int least, int most,
                                 int step) {
    auto* box = new QuietSpinBox(this);
    box->setObjectName(QLatin1String(name));
    box->setAccessibleName(spoken);
    box->setRange(least, most);
    box->setSingleStep(step);
    box->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    // While a number is typed its first digits are not yet what is meant.
    box->setKeyboardTracking(false);
    connect(box, &QSpinBox::valueChanged, this, &SettingsDialog::collect);
    return box;
}

QCheckBox* SettingsDialog::check(const char* name, const QString& text) {
    auto* box = new QCheckBox(text, this);
    box->setObjectName(QLatin1String(name));
    box->setAccessibleName(text);
    connect(box, &QCheckBox::toggled, this, &SettingsDialog::collect);
    return box;
}

QComboBox* SettingsDialog::choice(const char* name, const QString& spoken) {
    auto* box = new QuietComboBox(this);
    box->setObjectName(QLatin1String(name));
    nameChoice(*box, spoken);
    box->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(box, &QComboBox::currentIndexChanged, this, &SettingsDialog::collect);
    return box;
}

QPushButton* SettingsDialog::action(const char* name, const QString& text,
                                    void (SettingsDialog::*wanted)()) {
    auto* button = new QPushButton(text, this);
    button->setObjectName(QLatin1String(name));
    button->setAccessibleName(text);
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, wanted);
    return button;
}

void SettingsDialog::buildReading() {
    QFormLayout* form = addPage(tr("Reading"));
    m_reading = form;
    m_segment = number("segmentTokens", tr("Tokens in a segment"), 64, 4096, 64);
    m_segment->setSuffix(tr(" tokens"));
    form->addRow(tr("Segment"), m_segment);
    addSentence(form,
                tr("So much is read in one step. A larger segment reads faster and needs more "
                   "working memory; a pause waits for its end."));
    m_snapshots = number("snapshotEvery", tr("Segments between two snapshots"), 1, 256);
    form->addRow(tr("Snapshot every"), m_snapshots);
    m_snapshots->setSuffix(tr(" segments"));
    m_device = choice("device", tr("Device that reads and answers"));
    form->addRow(tr("Device"), m_device);
    m_deviceFact = plainLabel("deviceFact", this);
    m_deviceFact->setTextInteractionFlags(Qt::TextSelectableByMouse);
    form->addRow(m_deviceFact);
    setDevice({}, {});
    m_threads = number("threads", tr("Processor threads"), 0, 256);
    m_threads->setSpecialValueText(tr("One per core"));
    form->addRow(tr("Threads"), m_threads);
    addSentence(form, tr("These count from the next start of Infolio on."));
    m_recognize = choice("recognize", tr("When text is recognised in pictures of pages"));
    m_recognize->addItems({tr("On pages without text"), tr("Never"), tr("On every page")});
    form->addRow(tr("Recognise text"), m_recognize);
    m_recognizeLanguage = new QLineEdit(this);
    m_recognizeLanguage->setObjectName(QStringLiteral("recognizeLanguage"));
    m_recognizeLanguage->setAccessibleName(tr("Languages of recognised text, such as eng+deu"));
    connect(m_recognizeLanguage, &QLineEdit::editingFinished, this, &SettingsDialog::collect);
    form->addRow(tr("Its language"), m_recognizeLanguage);
    setCanRecognize(false);
}

void SettingsDialog::buildAnswers() {
    QFormLayout* form = addPage(tr("Answers"));
    m_evidence = number("evidenceCount", tr("Pieces of evidence for an answer"), 1, 20);
    form->addRow(tr("Pieces of evidence"), m_evidence);
    m_maxTokens = number("maxTokens", tr("Longest gist in tokens"), 32, 1024, 32);
    m_maxTokens->setSuffix(tr(" tokens"));
    form->addRow(tr("Longest gist"), m_maxTokens);
    m_strict = check("strict", tr("Show only sentences that have evidence"));
    form->addRow(m_strict);
    m_hasSeed = check("hasSeed", tr("Draw words by lot, with this seed:"));
    m_seed = number("seed", tr("Seed"), 0, std::numeric_limits<int>::max());
    form->addRow(m_hasSeed, m_seed);
    addSentence(form, tr("Otherwise the most probable word is taken, and the same question has "
                         "the same answer."));
}

void SettingsDialog::buildModels() {
    QFormLayout* form = addPage(tr("Models"));
    m_model = plainLabel("modelPath", this);
    form->addRow(tr("Model"), m_model);
    m_chooseModel =
        action("chooseModelFile", tr("Choose a model file…"), &SettingsDialog::modelFileWanted);
    form->addRow(buttonRow({m_chooseModel}));
    m_adapter = plainLabel("adapterPath", this);
    form->addRow(tr("Adapter"), m_adapter);
    m_chooseAdapter = action("chooseAdapterFile", tr("Choose an adapter file…"),
                             &SettingsDialog::adapterFileWanted);
    m_usualAdapter =
        action("usualAdapter", tr("Use Infolio's own"), &SettingsDialog::usualAdapterWanted);
    m_noAdapter = action("noAdapter", tr("Use no adapter"), &SettingsDialog::noAdapterWanted);
    form->addRow(buttonRow({m_chooseAdapter, m_usualAdapter, m_noAdapter}));
    m_modelFacts = plainLabel("modelFacts", this);
    m_modelFacts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    form->addRow(m_modelFacts);
    addSentence(form, tr("Infolio never downloads a model. Memories belong to the model and the "
                         "adapter that read them: with another one, books are read again."));
}

void SettingsDialog::buildLibrary() {
    QFormLayout* form = addPage(tr("Library"));
    m_library = plainLabel("libraryFacts", this);
    form->addRow(tr("Place"), m_library);
    form->addRow(buttonRow({action("chooseLibraryFolder", tr("Use another folder…"),
                                   &SettingsDialog::libraryFolderWanted)}));
    m_trash = action("showTrash", tr("Show the Trash"), &SettingsDialog::trashWanted);
    form->addRow(buttonRow({m_trash}));
    addSentence(form, tr("The library holds text, memories, questions and summaries. Your own "
                         "files stay where they are and are never changed."));
    setLibraryFacts({}, 0, 0);
}

void SettingsDialog::buildLook() {
    QFormLayout* form = addPage(tr("Look"));
    m_theme = choice("theme", tr("Theme"));
    m_theme->addItems({tr("As the system"), tr("Light"), tr("Dark")});
    form->addRow(tr("Theme"), m_theme);
    m_text = number("textPercent", tr("Size of the text in the window"), 80, 200, 10);
    m_text->setSuffix(tr(" %"));
    form->addRow(tr("Text size"), m_text);
    m_invert = check("invertPages", tr("Invert the colours of pages"));
    form->addRow(m_invert);
}

void SettingsDialog::buildPrivacy() {
    QFormLayout* form = addPage(tr("Privacy"));
    m_history = check("keepHistory", tr("Keep questions and answers in the library"));
    form->addRow(m_history);
    buildClearHistory(form);
    m_readerOnly = check("readerOnly", tr("Reader only: hide questions and summaries"));
    form->addRow(m_readerOnly);
    m_titles = check("titlesInNotifications", tr("Show titles of documents in notifications"));
    form->addRow(m_titles);
    addSentence(form, tr("Nothing is sent anywhere. Log files hold numbers and codes, no text of "
                         "yours."));
}

/// What is deleted cannot come back, so it takes two presses; the second button is elsewhere.
void SettingsDialog::buildClearHistory(QFormLayout* form) {
    m_clearHistory = new QPushButton(tr("Delete all questions and answers…"), this);
    m_clearHistory->setObjectName(QStringLiteral("clearHistory"));
    m_clearHistory->setAccessibleName(m_clearHistory->text());
    m_clearHistory->setAutoDefault(false);
    form->addRow(buttonRow({m_clearHistory}));
    m_clearQuestion = new QWidget(this);
    auto* column = new QVBoxLayout(m_clearQuestion);
    column->setContentsMargins(0, 0, 0, 0);
    auto* sentence = plainLabel("clearHistoryQuestion", m_clearQuestion);
    sentence->setText(tr("All questions and answers of this library go and cannot be brought back. "
                         "Summaries are kept."));
    column->addWidget(sentence);
    auto* keep = new QPushButton(tr("Keep Them"), m_clearQuestion);
    keep->setObjectName(QStringLiteral("clearHistoryKeep"));
    keep->setAccessibleName(tr("Keep questions and answers"));
    keep->setAutoDefault(false);
    auto* go = action("clearHistoryGo", tr("Delete for Good"), &SettingsDialog::clearHistoryWanted);
    column->addLayout(buttonRow({keep, go}));
    form->addRow(m_clearQuestion);
    m_clearQuestion->hide();
    connect(m_clearHistory, &QPushButton::clicked, this, [this, keep] {
        m_clearQuestion->show();
        m_clearHistory->setEnabled(false);
        keep->setFocus();
    });
    for (QPushButton* button : {keep, go}) {
        connect(button, &QPushButton::clicked, this, [this] {
            m_clearQuestion->hide();
            m_clearHistory->setEnabled(true);
            m_clearHistory->setFocus();
        });
    }
}

void SettingsDialog::setDevice(const QString& device, const QString& reason) {
    const QScopedValueRollback showing(m_isShowing, true);
    m_device->clear();
    m_device->addItem(tr("Automatic"), QStringLiteral("auto"));
    m_device->addItem(tr("Processor"), QStringLiteral("cpu"));
    const bool isCuda = !device.isEmpty() && device != QLatin1String("cpu");
    if (isCuda)
        m_device->addItem(reason, m_settings.device.startsWith(QLatin1String("cuda"))
                                      ? m_settings.device
                                      : QStringLiteral("cuda"));
    showDevice();
    m_deviceFact->setText(isCuda || device.isEmpty() || reason.isEmpty()
                              ? reason
                              : tr("The processor reads: %1.").arg(reason));
    m_deviceFact->setVisible(!reason.isEmpty());
}

void SettingsDialog::showDevice() {
    // A device that is not here today stays the person's choice.
    if (m_device->findData(m_settings.device) < 0)
        m_device->addItem(tr("%1 (not found)").arg(m_settings.device), m_settings.device);
    m_device->setCurrentIndex(m_device->findData(m_settings.device));
}

void SettingsDialog::setCanRecognize(bool canRecognize) {
    m_reading->setRowVisible(m_recognize, canRecognize);
    m_reading->setRowVisible(m_recognizeLanguage, canRecognize);
}

void SettingsDialog::setHasLibrary(bool hasLibrary) {
    m_hasLibrary = hasLibrary;
    for (QPushButton* button : {m_chooseModel, m_chooseAdapter, m_clearHistory, m_trash})
        button->setEnabled(hasLibrary);
    enableAdapters();
}

void SettingsDialog::enableAdapters() {
    m_usualAdapter->setEnabled(m_hasLibrary && !m_adapterPath.isEmpty());
    m_noAdapter->setEnabled(m_hasLibrary && m_adapterPath != QLatin1String("none"));
}

void SettingsDialog::setModel(const QString& modelPath, const QString& adapterPath) {
    m_adapterPath = adapterPath;
    m_model->setText(modelPath.isEmpty() ? tr("None was found") : modelPath);
    m_adapter->setText(adapterPath.isEmpty()
                           ? tr("The one that comes with Infolio, where it fits the model")
                       : adapterPath == QLatin1String("none") ? tr("None: the memory is untrained")
                                                              : adapterPath);
    enableAdapters();
}

void SettingsDialog::setModelFacts(const std::vector<std::pair<QString, QString>>& facts) {
    QStringList lines;
    for (const auto& [name, value] : facts)
        lines += tr("%1: %2", "name of a fact, its value").arg(name, value);
    m_modelFacts->setText(lines.join(u'\n'));
    m_modelFacts->setVisible(!lines.isEmpty());
}

void SettingsDialog::setLibraryFacts(const QString& path, qint64 bytes, int inTrash) {
    m_library->setText(
        path.isEmpty()
            ? tr("The usual place")
            : tr("%1\n%2 used", "folder, size").arg(path, QLocale().formattedDataSize(bytes)));
    m_trash->setText(inTrash > 0 ? tr("Show the Trash (%1)").arg(inTrash) : tr("Show the Trash"));
    m_trash->setAccessibleName(m_trash->text());
}

void SettingsDialog::setTrouble(const QString& sentence) {
    m_trouble->setText(sentence);
    m_trouble->setVisible(!sentence.isEmpty());
}

void SettingsDialog::showPage(Page page) {
    m_pages->setCurrentRow(static_cast<int>(page));
}

void SettingsDialog::setSettings(const Settings& settings) {
    m_settings = settings.validated();
    m_isShowing = true;
    m_segment->setValue(m_settings.segmentTokens);
    m_snapshots->setValue(m_settings.snapshotEvery);
    m_recognize->setCurrentIndex(static_cast<int>(m_settings.recognize));
    m_recognizeLanguage->setText(m_settings.recognizeLanguage);
    m_threads->setValue(m_settings.threads);
    showDevice();
    m_evidence->setValue(m_settings.evidenceCount);
    m_maxTokens->setValue(m_settings.maxTokens);
    m_strict->setChecked(m_settings.isStrict);
    m_hasSeed->setChecked(m_settings.hasSeed);
    m_seed->setValue(static_cast<int>(std::min<quint32>(m_settings.seed, INT_MAX)));
    m_seed->setEnabled(m_settings.hasSeed);
    m_theme->setCurrentIndex(static_cast<int>(m_settings.theme));
    m_text->setValue(m_settings.textPercent);
    m_invert->setChecked(m_settings.invertPages);
    m_history->setChecked(m_settings.keepHistory);
    m_readerOnly->setChecked(m_settings.isReaderOnly);
    m_titles->setChecked(m_settings.hasTitlesInNotifications);
    m_isShowing = false;
}

void SettingsDialog::collect() {
    if (m_isShowing)
        return;
    Settings now = m_settings;
    now.segmentTokens = m_segment->value();
    now.snapshotEvery = m_snapshots->value();
    now.recognize = static_cast<Settings::Recognize>(m_recognize->currentIndex());
    now.recognizeLanguage = m_recognizeLanguage->text().trimmed();
    now.threads = m_threads->value();
    now.device = m_device->currentData().toString();
    now.evidenceCount = m_evidence->value();
    now.maxTokens = m_maxTokens->value();
    now.isStrict = m_strict->isChecked();
    now.hasSeed = m_hasSeed->isChecked();
    now.seed = static_cast<quint32>(m_seed->value());
    now.theme = static_cast<Look>(m_theme->currentIndex());
    now.textPercent = m_text->value();
    now.invertPages = m_invert->isChecked();
    now.keepHistory = m_history->isChecked();
    now.isReaderOnly = m_readerOnly->isChecked();
    now.hasTitlesInNotifications = m_titles->isChecked();
    if (now.validated() == m_settings) {
        // What was typed means what was there: show it as it counts.
        setSettings(m_settings);
        return;
    }
    setSettings(now);
    Q_EMIT settingsChanged(m_settings);
}

} // namespace ui
