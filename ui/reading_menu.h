#pragma once
/// The context menu of a page or a text: what can be done with the selection and the place. Shown
/// with popup(); deletes itself when it closes.

#include <QMenu>

#include "engine/engine.h"

namespace ui {

class ReadingMenu : public QMenu {
    Q_OBJECT

public:
    /// An empty selection disables what needs one; without an offset there is no place either.
    ReadingMenu(engine::TextRange selection, std::optional<qint64> offset, QWidget* parent);

Q_SIGNALS:
    void copyRequested(engine::TextRange range);
    void copyWithCitationRequested(engine::TextRange range);
    void askAboutRequested(engine::TextRange range);
    void asOfRequested(qint64 offset);
};

} // namespace ui
