"""Paper: sheets with a grid of labels, and rolls with one label a page. All sizes in millimetres from the top left."""

from dataclasses import dataclass

from zhuisu.labels.errors import LabelError

MM = 72 / 25.4  # points
DPIS = (203, 300, 600)  # thermal printers: 8, 12 and 24 dots a millimetre; office printers: 600

LEAST_LABEL_MM = (
    20.0  # a QR of version 3 at the least module is 9 mm wide; below 20 mm nothing readable stands beside it
)
MOST_LABEL_MM = 300.0  # A4 is 297 mm long


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One kind of paper. `gap_x`, `gap_y`: between two labels; `crop_marks`: fine lines to cut along."""

    key: str
    name: str
    name_en: str
    page: tuple[float, float]
    label: tuple[float, float]
    columns: int = 1
    rows: int = 1
    left: float = 0.0
    top: float = 0.0
    gap_x: float = 0.0
    gap_y: float = 0.0
    dpi: int = 300
    crop_marks: bool = False

    def __post_init__(self) -> None:
        wide = self.left + self.columns * self.label[0] + (self.columns - 1) * self.gap_x
        high = self.top + self.rows * self.label[1] + (self.rows - 1) * self.gap_y
        if self.dpi not in DPIS:
            raise LabelError(
                "dpi",
                f"printers have {DPIS} dots an inch, not {self.dpi}",
                f"打印精度应为 {DPIS} 之一，不能是 {self.dpi}",
            )
        if not all(LEAST_LABEL_MM <= side <= MOST_LABEL_MM for side in self.label):
            raise LabelError(
                "label-size",
                f"a label is {LEAST_LABEL_MM:g} to {MOST_LABEL_MM:g} mm wide and high",
                f"标签的宽和高应在 {LEAST_LABEL_MM:g} 至 {MOST_LABEL_MM:g} 毫米之间",
            )
        if wide > self.page[0] + 0.05 or high > self.page[1] + 0.05:
            raise LabelError(
                "page-size",
                f"the labels take {wide:g} × {high:g} mm, the page has {self.page[0]:g} × {self.page[1]:g} mm",
                f"标签共占 {wide:g}×{high:g} 毫米，页面只有 {self.page[0]:g}×{self.page[1]:g} 毫米",
            )

    @property
    def per_page(self) -> int:
        """Labels on one page."""
        return self.columns * self.rows

    def place(self, number: int) -> tuple[float, float]:
        """Left and top of the label with this number on its page, from 0, row by row."""
        row, column = divmod(number, self.columns)
        return self.left + column * (self.label[0] + self.gap_x), self.top + row * (self.label[1] + self.gap_y)


def roll(wide: float, high: float, *, dpi: int = 300) -> Layout:
    """A roll of labels of this size, one a page."""
    return Layout(
        key=f"roll-{wide:g}x{high:g}",
        name=f"标签卷 {wide:g}×{high:g} 毫米",
        name_en=f"Roll {wide:g} × {high:g} mm",
        page=(wide, high),
        label=(wide, high),
        dpi=dpi,
    )


def _sheet(
    key: str, wide: float, high: float, columns: int, rows: int, left: float, top: float, gap_x: float
) -> Layout:
    return Layout(
        key=key,
        name=f"A4 纸 {columns * rows} 张 {wide:g}×{high:g} 毫米",
        name_en=f"A4, {columns * rows} labels of {wide:g} × {high:g} mm",
        page=(210.0, 297.0),
        label=(wide, high),
        columns=columns,
        rows=rows,
        left=left,
        top=top,
        gap_x=gap_x,
        dpi=600,
    )


# The grids of label paper that is sold everywhere; their measures are the same with every maker.
LAYOUTS = {
    one.key: one
    for one in (
        _sheet("a4-70x37", 70, 37, 3, 8, 0, 0.5, 0),
        _sheet("a4-63x38", 63.5, 38.1, 3, 7, 7.25, 15.15, 2.5),
        _sheet("a4-99x68", 99.1, 67.7, 2, 4, 4.65, 13.1, 2.5),
        _sheet("a4-105x148", 105, 148.5, 2, 2, 0, 0, 0),
        roll(40, 30),
        roll(60, 40),
        roll(60, 80),
        roll(80, 60),
        roll(100, 100),
        roll(100, 150),
    )
}
