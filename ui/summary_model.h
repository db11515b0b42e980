#pragma once
/// The parts of a document that can be summarised, and how far each summary is.

#include <QAbstractListModel>
#include <QDateTime>

#include <vector>

namespace ui {

struct SummaryPart {
    enum class State { None, Making, Made, Failed };

    int chapter = 0; ///< from 1; 0: the whole book
    int level = 1;   ///< of the chapter in the contents
    QString title;
    QString pages; ///< "p. 12", "pp. 12–30", "loc. 3"
    State state = State::None;
    qint64 done = 0, total = 0; ///< State::Making; total 0: not known
    QDateTime madeOn;           ///< State::Made
};

class SummaryModel : public QAbstractListModel {
    Q_OBJECT

public:
    /// LevelRole counts from 0; PercentRole is -1 when nothing is being made or no total is known.
    enum Role { ChapterRole = Qt::UserRole + 1, StateRole, PercentRole, LevelRole, DetailRole };

    explicit SummaryModel(QObject* parent = nullptr);

    void setParts(std::vector<SummaryPart> parts);
    /// Unknown chapters are ignored.
    void setState(int chapter, SummaryPart::State state);
    void setProgress(int chapter, qint64 done, qint64 total);
    void setMade(int chapter, const QDateTime& madeOn);
    [[nodiscard]] const SummaryPart* part(int chapter) const;
    [[nodiscard]] QModelIndex indexOf(int chapter) const;
    /// The first part that is being made; null: none.
    [[nodiscard]] const SummaryPart* making() const;
    [[nodiscard]] bool hasMade() const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = QModelIndex()) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;

private:
    SummaryPart* find(int chapter);
    void changed(int chapter);

    std::vector<SummaryPart> m_parts;
};

/// "no summary", "making, 40 %", "made on 3 May 2026", "failed".
QString stateText(const SummaryPart& part);

} // namespace ui
