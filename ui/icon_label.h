#pragma once
/// A picture beside text: an icon that follows the palette at any scale. It says nothing by itself;
/// the words stand next to it.

#include <QIcon>
#include <QWidget>

namespace ui {

class IconLabel : public QWidget {
    Q_OBJECT

public:
    /// `size` is the side of the square, in pixels that do not depend on the device.
    IconLabel(const QIcon& icon, int size, QWidget* parent = nullptr);
    void setIcon(const QIcon& icon);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QIcon m_icon;
};

} // namespace ui
