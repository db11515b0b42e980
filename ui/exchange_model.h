#pragma once
/// The rows of a conversation: question, gist, evidence, coverage and what else belongs to an
/// answer, in the order in which they are read. Fed by what the engine reports and by what was
/// stored; knows nothing of either. Rows never change their order, so an answer that is still being
/// written pushes nothing away from under the reader's eye.

#include <QAbstractListModel>

#include <deque>
#include <optional>
#include <vector>

#include "ui/exchange.h"

namespace ui {

class ExchangeModel : public QAbstractListModel {
    Q_OBJECT

public:
    /// Earlier stands above the first exchange that has rows, when there are more before it.
    enum class Kind {
        Question,
        Gist,
        Refusal,
        Failure,
        Evidence,
        Coverage,
        Notice,
        Details,
        Earlier
    };
    Q_ENUM(Kind)
    enum Role { KindRole = Qt::UserRole + 1, ExchangeRole, ExpandedRole };

    /// What a view needs in order to paint a row. Valid until the model changes.
    struct Row {
        Kind kind = Kind::Question;
        const Exchange* exchange = nullptr;
        int part = 0;        ///< which piece of evidence, coverage, notice or failure
        quint64 id = 0;      ///< of the row, never used twice
        quint64 version = 0; ///< grows whenever the row must be painted anew
        bool isExpanded = false;
        bool isFirst = false; ///< the first question of the conversation
    };

    explicit ExchangeModel(QObject* parent = nullptr);

    /// A new exchange at the end; returns its number, which the calls below take. `asOf` is the
    /// bound in words. A number that is gone (after clear) is ignored everywhere.
    int begin(const QString& question, const QString& asOf = QString());
    void addEvidence(int number, const engine::Evidence& evidence);
    void appendGist(int number, const QString& text);
    void addSentence(int number, const engine::GistSentence& sentence);
    void setRefusal(int number, const QString& sentence);
    void addCoverage(int number, const engine::Coverage& coverage);
    void addNotice(int number, const QString& sentence);
    void addFailure(int number, const engine::Failed& failure);
    void setDetails(int number, const std::vector<std::pair<QString, QString>>& details);
    void finish(int number, bool wasCancelled);

    /// So many stored exchanges have rows at first: a row's height costs a quarter of a
    /// millisecond, and a conversation may be years long.
    static constexpr int kPage = 12;
    /// Replaces everything by complete exchanges, oldest first. The last kPage have rows.
    void setExchanges(std::vector<Exchange> exchanges);
    void clear();
    /// Gives rows to kPage more.
    void showEarlier();

    /// The number of the exchange that is running; -1: none.
    [[nodiscard]] int running() const;
    [[nodiscard]] const Exchange* exchange(int number) const;
    [[nodiscard]] Row row(const QModelIndex& index) const;
    /// The evidence of a row of kind Evidence; null for other rows.
    [[nodiscard]] const engine::Evidence* evidence(const QModelIndex& index) const;
    /// The row of evidence [n] of an exchange.
    [[nodiscard]] QModelIndex evidenceIndex(int number, int evidenceNumber) const;
    [[nodiscard]] QModelIndex questionIndex(int number) const;
    void setExpanded(const QModelIndex& index, bool isExpanded);

    [[nodiscard]] int rowCount(const QModelIndex& parent = QModelIndex()) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;

Q_SIGNALS:
    void runningChanged(bool isRunning);
    /// Something that a person who does not see the window should hear.
    void spoken(const QString& sentence);

private:
    struct Entry {
        Kind kind;
        int number;
        int part;
        quint64 id;
        quint64 version;
        bool isExpanded;
    };

    [[nodiscard]] Exchange* find(int number);
    [[nodiscard]] int rowOf(int number, Kind kind, int part = 0) const;
    void insert(int number, Kind kind, int part);
    void remove(int number, Kind kind);
    void touch(int number, Kind kind, int part = 0);
    /// The rows of the exchanges from position `first` up to `end`, with Earlier above if needed.
    [[nodiscard]] std::vector<Entry> rowsOf(int first, int end);
    void appendRows(std::vector<Entry>& rows, int number, const Exchange& exchange);
    [[nodiscard]] QString text(const Entry& entry) const;

    std::deque<Exchange> m_exchanges;
    std::vector<Entry> m_rows;
    int m_firstNumber = 0; ///< number of m_exchanges[0]
    int m_firstShown = 0;  ///< position of the first exchange that has rows
    quint64 m_nextId = 1;
    quint64 m_nextVersion = 1;
};

} // namespace ui
