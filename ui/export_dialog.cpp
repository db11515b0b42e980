#include "ui/export_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>

#include <algorithm>

#include "ui/accessible.h"
#include "ui/plain_text.h"

namespace ui {
namespace {

using What = engine::ExportRequest::What;

QString formatName(const QString& format) {
    if (format == QStringLiteral("md"))
        return ExportDialog::tr("Markdown (.md)");
    if (format == QStringLiteral("txt"))
        return ExportDialog::tr("Plain text (.txt)");
    if (format == QStringLiteral("json"))
        return ExportDialog::tr("JSON, for other programs (.json)");
    if (format == QStringLiteral("html"))
        return ExportDialog::tr("Web page (.html)");
    if (format == QStringLiteral("docx"))
        return ExportDialog::tr("Word (.docx)");
    if (format == QStringLiteral("odt"))
        return ExportDialog::tr("OpenDocument (.odt)");
    if (format == QStringLiteral("pdf"))
        return ExportDialog::tr("PDF (.pdf)");
    return format;
}

/// A title as the name of a file: no separators, nothing hidden, not too long.
QString fileName(const QString& title) {
    static const QRegularExpression kUnfit(QStringLiteral("[\\x00-\\x1F\\x7F/\\\\:*?\"<>|]+"));
    QString name = title;
    name.replace(kUnfit, QStringLiteral(" "));
    name = name.simplified();
    while (name.startsWith(u'.'))
        name.remove(0, 1);
    name = name.left(80).trimmed();
    return name.isEmpty() ? ExportDialog::tr("export", "name of a file") : name;
}

} // namespace

ExportDialog::ExportDialog(QWidget* parent)
    : QDialog(parent), m_heading(plainLabel("exportHeading", this)), m_what(new QComboBox(this)),
      m_format(new QComboBox(this)), m_path(new QLineEdit(this)),
      m_exists(plainLabel("exportExists", this)),
      m_replace(new QCheckBox(tr("Replace the file"), this)),
      m_trouble(plainLabel("exportTrouble", this)), m_writing(plainLabel("exportWriting", this)) {
    m_writing->setText(tr("The file is being written…"));
    m_writing->hide();
    nameControls();
    build();
    connect(m_format, &QComboBox::currentIndexChanged, this, &ExportDialog::adaptSuffix);
    connect(m_path, &QLineEdit::textEdited, this, [this] { m_isOwnName = true; });
    connect(m_path, &QLineEdit::textChanged, this, [this] {
        // Consent is for one file and not for the next that is named.
        m_replace->setChecked(false);
        setTrouble({});
        refresh();
    });
    connect(m_replace, &QCheckBox::toggled, this, &ExportDialog::refresh);
    connect(m_export, &QPushButton::clicked, this, [this] {
        // Between the typing of a name and this moment another program may have made the file.
        refresh();
        if (m_export->isEnabled())
            Q_EMIT exportRequested(choice());
    });
    setFormats({});
    setTrouble({});
    setDocument({}, QDir::homePath());
}

void ExportDialog::nameControls() {
    setObjectName(QStringLiteral("exportDialog"));
    setWindowTitle(tr("Export"));
    const auto add = [this](const QString& text, What what) {
        m_what->addItem(text, static_cast<int>(what));
    };
    add(tr("Everything"), What::All);
    add(tr("Questions and answers"), What::Answers);
    add(tr("Summaries"), What::Summaries);
    add(tr("The text"), What::Text);
    add(tr("The outline"), What::Outline);
    add(tr("The coverage"), What::Coverage);
    m_what->setObjectName(QStringLiteral("exportWhat"));
    nameChoice(*m_what, tr("What is exported"));
    m_format->setObjectName(QStringLiteral("exportFormat"));
    nameChoice(*m_format, tr("Format"));
    m_path->setObjectName(QStringLiteral("exportPath"));
    m_path->setAccessibleName(tr("File"));
    m_replace->setObjectName(QStringLiteral("exportReplace"));
    m_replace->setAccessibleName(tr("Replace the file that exists"));
}

void ExportDialog::build() {
    m_browse = new QPushButton(tr("Browse…"), this);
    m_browse->setObjectName(QStringLiteral("exportBrowse"));
    m_browse->setAccessibleName(tr("Choose the file"));
    m_browse->setAutoDefault(false);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_export = buttons->addButton(tr("Export"), QDialogButtonBox::ActionRole);
    m_export->setObjectName(QStringLiteral("exportGo"));
    m_export->setAccessibleName(tr("Export"));
    m_export->setDefault(true);
    auto* cancel = buttons->button(QDialogButtonBox::Cancel);
    cancel->setObjectName(QStringLiteral("exportCancel"));
    cancel->setAccessibleName(tr("Close without an export"));

    auto* fileRow = new QHBoxLayout;
    fileRow->addWidget(m_path, 1);
    fileRow->addWidget(m_browse);
    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->addRow(tr("What"), m_what);
    form->addRow(tr("Format"), m_format);
    form->addRow(tr("File"), fileRow);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_heading);
    layout->addSpacing(fontMetrics().height() / 2);
    layout->addLayout(form);
    layout->addWidget(m_exists);
    layout->addWidget(m_replace);
    layout->addWidget(m_trouble);
    layout->addWidget(m_writing);
    layout->addStretch(1);
    layout->addWidget(buttons);
    setTabOrder(m_path, m_browse);
    setTabOrder(m_browse, m_replace);
    setMinimumWidth(fontMetrics().height() * 30);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_browse, &QPushButton::clicked, this,
            [this] { Q_EMIT browseRequested(m_path->text()); });
}

void ExportDialog::setDocument(const QString& title, const QString& folder) {
    m_title = title;
    m_folder = folder;
    m_isOwnName = false;
    m_heading->setText(title.isEmpty() ? tr("No document is open.")
                                       : tr("Export from %1").arg(title));
    m_path->setText(QDir(folder).filePath(fileName(title)));
    adaptSuffix();
    refresh();
}

void ExportDialog::setWhat(What what) {
    m_what->setCurrentIndex(m_what->findData(static_cast<int>(what)));
}

void ExportDialog::setFormats(const QStringList& others) {
    const QString before = m_format->currentData().toString();
    {
        const QSignalBlocker quiet(m_format);
        m_format->clear();
        for (const QString& format :
             QStringList{QStringLiteral("md"), QStringLiteral("txt"), QStringLiteral("json")} +
                 others)
            m_format->addItem(formatName(format), format);
        m_format->setCurrentIndex(std::max(m_format->findData(before), 0));
    }
    adaptSuffix();
}

void ExportDialog::setPath(const QString& path) {
    m_isOwnName = true;
    m_path->setText(path);
    // The format follows a suffix that the person chose.
    const int index = m_format->findData(QFileInfo(path).suffix().toLower());
    if (index >= 0)
        m_format->setCurrentIndex(index);
    else
        adaptSuffix();
}

void ExportDialog::adaptSuffix() {
    QString path = m_path->text();
    const QString format = m_format->currentData().toString();
    if (path.isEmpty() || format.isEmpty())
        return;
    if (!m_isOwnName) {
        m_path->setText(QDir(m_folder).filePath(fileName(m_title) + u'.' + format));
        return;
    }
    // Only a suffix that stands for another format goes: the dot in "vol. 2" belongs to the name.
    const QString suffix = QFileInfo(path).suffix();
    if (suffix.compare(format, Qt::CaseInsensitive) == 0)
        return;
    if (!suffix.isEmpty() && m_format->findData(suffix.toLower()) >= 0)
        path.chop(suffix.size() + 1);
    m_path->setText(path + u'.' + format);
}

void ExportDialog::setTrouble(const QString& sentence) {
    m_trouble->setText(sentence);
    m_trouble->setVisible(!sentence.isEmpty());
}

void ExportDialog::setBusy(bool isBusy) {
    m_isBusy = isBusy;
    m_writing->setVisible(isBusy);
    for (QWidget* control :
         std::initializer_list<QWidget*>{m_what, m_format, m_path, m_browse, m_replace})
        control->setEnabled(!isBusy);
    refresh();
}

ExportChoice ExportDialog::choice() const {
    const QString path = m_path->text().trimmed();
    return {static_cast<What>(m_what->currentData().toInt()), m_format->currentData().toString(),
            path, m_replace->isChecked() && QFileInfo::exists(path)};
}

void ExportDialog::refresh() {
    const QFileInfo file(m_path->text().trimmed());
    const bool exists = file.exists() && !file.isDir();
    const bool hasFolder = file.absoluteDir().exists();
    const bool isNamed = !m_path->text().trimmed().isEmpty() && file.isAbsolute() && !file.isDir();
    QString sentence;
    if (m_path->text().trimmed().isEmpty())
        sentence = tr("Name a file.");
    else if (!file.isAbsolute())
        sentence = tr("Name the file with its folder, or choose it with Browse.");
    else if (file.isDir())
        sentence = tr("This is a folder; name a file in it.");
    else if (!hasFolder)
        sentence = tr("The folder %1 does not exist.").arg(file.absolutePath());
    else if (exists)
        sentence = tr("%1 exists already.").arg(file.fileName());
    m_exists->setText(sentence);
    m_exists->setVisible(!sentence.isEmpty());
    m_replace->setVisible(isNamed && exists);
    m_export->setEnabled(!m_isBusy && !m_title.isEmpty() && isNamed && hasFolder &&
                         (!exists || m_replace->isChecked()));
}

} // namespace ui
