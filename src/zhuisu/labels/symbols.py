"""Machine-readable symbols: QR, Data Matrix and Code 128, plain or in GS1 mode, as a grid of modules, SVG and PNG.

Drawn by zxing-cpp (inside it: zint). Sizes are in modules here and in millimetres where something is printed.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from zhuisu.codes.gs1_text import parse_elements, write_elements
from zhuisu.codes.model import CodeError
from zhuisu.labels.errors import LabelError
from zhuisu.labels.outline import Loop, loops

Matrix = tuple[tuple[bool, ...], ...]

FORMATS = {
    "qr": zxingcpp.BarcodeFormat.QRCode,
    "datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
    "code128": zxingcpp.BarcodeFormat.Code128,
    "gs1-128": zxingcpp.BarcodeFormat.Code128,
    "gs1-datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
    "gs1-qr": zxingcpp.BarcodeFormat.QRCode,
}
KINDS = tuple(FORMATS)
LINEAR = frozenset({"code128", "gs1-128"})
ECC_LEVELS = ("L", "M", "Q", "H")

# Quiet zones in modules: ISO/IEC 18004 asks 4 for QR; ISO/IEC 16022 asks 1 for Data Matrix, 2 forgive a slipped knife;
# ISO/IEC 15417 asks 10 X left and right of Code 128 and none above or below.
QUIET = {"qr": 4, "gs1-qr": 4, "datamatrix": 2, "gs1-datamatrix": 2, "code128": 10, "gs1-128": 10}

# Symbols longer than this are read by few telephones in one look: version 20 QR, or half of what Data Matrix could hold.
MAX_DATA_LENGTH = 600
# GS1 General Specifications 5.4: the data of one GS1-128 symbol, AIs included, without the separators.
MAX_GS1_128_LENGTH = 48
# The longest Code 128 that a hand scanner takes in one sweep at 0.33 mm a module: 48 characters are 20 cm.
MAX_CODE128_LENGTH = 48

MAX_SCALE = 40  # pixels a module in a PNG; a QR of version 20 is then 4,200 pixels wide
LINEAR_HEIGHT_SHARE = 0.15  # bars are at least this share of the symbol's length high (ISO/IEC 15417 annex E)
BARS_FROM_MM = 5.0  # and never lower than this
TEXT_SHARE = 9  # modules that the human-readable line below a linear symbol takes


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol as a grid of modules (True is dark), without its quiet zone.

    `text` is what stands below it for people; `quiet` the modules to keep free on each side (left and right only for
    linear symbols); `ecc` the error correction of QR, else "".
    """

    kind: str
    data: str
    text: str
    matrix: Matrix
    quiet: int
    ecc: str

    @property
    def linear(self) -> bool:
        """Whether it is bars and not squares."""
        return self.kind in LINEAR

    @property
    def columns(self) -> int:
        """Modules from edge to edge, without the quiet zone."""
        return len(self.matrix[0])

    @property
    def rows(self) -> int:
        """Rows of modules; 1 for a linear symbol, whose height is free."""
        return len(self.matrix)

    def width_mm(self, module_mm: float) -> float:
        """The printed width in millimetres at this width of a module, quiet zones included."""
        return (self.columns + 2 * self.quiet) * module_mm

    def height_mm(self, module_mm: float, bar_mm: float | None = None) -> float:
        """The printed height in millimetres, quiet zones included; for bars their height without the text below."""
        if self.linear:
            return bar_mm or max(BARS_FROM_MM, LINEAR_HEIGHT_SHARE * self.columns * module_mm)
        return (self.rows + 2 * self.quiet) * module_mm

    def loops(self) -> list[Loop]:
        """The outlines of its dark parts, in modules from the top left, quiet zone not counted."""
        return _loops(self.matrix)

    def runs(self) -> list[tuple[int, int]]:
        """Where each bar of a linear symbol begins and how wide it is, in modules."""
        return list(_runs(self.matrix[0]))

    def svg(self, module_mm: float = 0.5, bar_mm: float | None = None) -> str:
        """A picture of exact size in millimetres, one closed path without seams; bars carry their text below."""
        wide = self.columns + 2 * self.quiet
        high = self.height_mm(module_mm, bar_mm) / module_mm
        top = 0 if self.linear else self.quiet
        words = ""
        if self.linear:
            path = "".join(f"M{x + self.quiet} 0h{run}v{high:g}h-{run}z" for x, run in self.runs())
            words = (
                f'<text x="{wide / 2:g}" y="{high + TEXT_SHARE - 2:g}" font-family="Noto Sans Mono, monospace"'
                f' font-size="8" text-anchor="middle" fill="#000">{_escaped(self.text)}</text>'
            )
            high += TEXT_SHARE
        else:
            path = "".join("M" + "L".join(f"{x + self.quiet} {y + top}" for x, y in one) + "z" for one in self.loops())
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide * module_mm:.3f}mm" height="{high * module_mm:.3f}mm"'
            f' viewBox="0 0 {wide} {high:g}" role="img" aria-label="{_escaped(self.text)}">'
            f'<path fill="#fff" d="M0 0h{wide}v{high:g}H0z"/>'
            f'<path fill="#000" fill-rule="evenodd" shape-rendering="crispEdges" d="{path}"/>{words}</svg>'
        )

    def png(self, scale: int = 8) -> bytes:
        """A black and white picture of `scale` pixels a module, quiet zones included; bars carry their text below.

        Raises LabelError "scale" outside 1 … MAX_SCALE.
        """
        if not 1 <= scale <= MAX_SCALE:
            raise LabelError(
                "scale",
                f"a module takes 1 to {MAX_SCALE} pixels, not {scale}",
                f"每个模块应为 1 至 {MAX_SCALE} 像素，不能是 {scale}",
            )
        image = self._linear_image(scale) if self.linear else self._square_image(scale)
        buffer = io.BytesIO()
        image.save(buffer, "PNG", optimize=False)
        return buffer.getvalue()

    def _square_image(self, scale: int) -> Image.Image:
        small = Image.new("1", (self.columns + 2 * self.quiet, self.rows + 2 * self.quiet), 1)
        small.paste(_image(self.matrix), (self.quiet, self.quiet))
        return small.resize((small.width * scale, small.height * scale), Image.Resampling.NEAREST)

    def _linear_image(self, scale: int) -> Image.Image:
        bars = max(round(LINEAR_HEIGHT_SHARE * self.columns), 15) * scale
        wide = (self.columns + 2 * self.quiet) * scale
        image = Image.new("1", (wide, bars + TEXT_SHARE * scale), 1)
        image.paste(_image(self.matrix).resize((self.columns * scale, bars)), (self.quiet * scale, 0))
        font = ImageFont.load_default(max(8, (TEXT_SHARE - 2) * scale))
        ImageDraw.Draw(image).text((wide / 2, bars + scale), self.text, fill=0, font=font, anchor="ma")
        return image


def symbol(kind: str, data: str, *, ecc: str = "M", quiet: bool = True) -> Symbol:
    """Makes the symbol of one kind for this text.

    kind: one of KINDS. The GS1 kinds take an element string, bracketed or raw, and check every AI. `ecc` is QR's error
    correction: M (15 %) as a rule, Q (25 %) for labels that get dirty. `quiet=False` leaves the quiet zone to the caller.
    Raises LabelError: "kind", "empty", "too-long", "characters", "ecc", or the rule of codes that an element string breaks.

    >>> symbol("qr", "https://example.org/01/06901234567892").columns
    25
    """
    if kind not in FORMATS:
        raise LabelError(
            "kind", f"no symbol of kind {kind!r}: {', '.join(KINDS)}", f"没有“{kind}”这种符号：{'、'.join(KINDS)}"
        )
    if ecc not in ECC_LEVELS:
        raise LabelError(
            "ecc", f"error correction is L, M, Q or H, not {ecc!r}", f"纠错等级应为 L、M、Q 或 H，不能是“{ecc}”"
        )
    text, content = _content(kind, data)
    options: dict[str, object] = {}
    if kind.startswith("gs1-"):
        options["gs1"] = True
    if FORMATS[kind] == zxingcpp.BarcodeFormat.QRCode:
        options["ecLevel"] = ecc
    if FORMATS[kind] == zxingcpp.BarcodeFormat.DataMatrix:
        options["forceSquare"] = True
    try:
        barcode = zxingcpp.create_barcode(content, FORMATS[kind], **options)
    except ValueError as error:
        raise LabelError(
            "too-long" if "too long" in str(error) else "characters",
            f"this text cannot be written as {kind}: {str(error).partition('(retval')[0].strip()}",
            f"该内容无法编成 {kind} 符号（过长或含不支持的字符）",
        ) from error
    matrix = _matrix(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False))
    if kind in LINEAR:
        matrix = matrix[:1]
    return Symbol(kind, data, text, matrix, QUIET[kind] if quiet else 0, ecc if "ecLevel" in options else "")


def _content(kind: str, data: str) -> tuple[str, str]:
    """What stands below the symbol, and what goes into the writer, after the checks that depend on the kind."""
    if not data:
        raise LabelError("empty", "there is nothing to write into the symbol", "没有可写入符号的内容")
    if kind.startswith("gs1-"):
        try:
            pairs = parse_elements(data)
        except CodeError as error:
            raise LabelError(error.rule, error.message, error.message_zh) from error
        text = "".join(f"({ai}){value}" for ai, value in pairs)
        # Square brackets are in no GS1 character set, so that a round one inside a value stays what it is.
        content = "".join(f"[{ai}]{value}" for ai, value in pairs)
        raw = write_elements(pairs, bracketed=False, separator="")
        most = MAX_GS1_128_LENGTH if kind == "gs1-128" else MAX_DATA_LENGTH
        _check_length(kind, len(raw), most)
        return text, content
    if kind == "code128":
        _check_length(kind, len(data), MAX_CODE128_LENGTH)
        for at, character in enumerate(data, 1):
            if not " " <= character <= "~":
                raise LabelError(
                    "characters",
                    f"Code 128 carries printable ASCII only; character {at} is {character!r}",
                    f"Code 128 只能写可见的 ASCII 字符；第 {at} 个字符是 {character!r}",
                )
        return data, data
    _check_length(kind, len(data.encode("utf-8", "replace")), MAX_DATA_LENGTH)
    return data, data


def _check_length(kind: str, length: int, most: int) -> None:
    if length > most:
        raise LabelError(
            "too-long",
            f"{length} characters are too many for {kind}, which takes {most} here",
            f"{kind} 在此最多 {most} 个字符，现有 {length} 个",
        )


def _matrix(image: Any) -> Matrix:
    grid: list[list[int]] = memoryview(image).tolist()  # type: ignore[assignment]  # it has two dimensions
    return tuple(tuple(value == 0 for value in row) for row in grid)


def _image(matrix: Matrix) -> Image.Image:
    pixels = bytes(0 if dark else 255 for row in matrix for dark in row)
    return Image.frombytes("L", (len(matrix[0]), len(matrix)), pixels).convert("1")


@lru_cache(maxsize=4)  # the same symbol is drawn several times on one page, hardly ever later
def _loops(matrix: Matrix) -> list[Loop]:
    return loops(matrix)


def _runs(row: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """Where each bar begins and how many modules wide it is."""
    start = None
    for x, dark in enumerate((*row, False)):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            yield start, x - start
            start = None


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
