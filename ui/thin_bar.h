#pragma once
/// A progress bar as a thin line: the words beside it say the same in numbers.

#include <QProgressBar>

namespace ui {

class ThinBar : public QProgressBar {
    Q_OBJECT

public:
    explicit ThinBar(QWidget* parent = nullptr);
    /// 0 to 1; below 0: not known, an empty line.
    void setFraction(double fraction);

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace ui
