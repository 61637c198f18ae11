"""Symbols and printed labels: pure, no database. What a template wants, what a symbol holds, what a sheet of paper takes."""

from zhuisu.labels.errors import LabelError
from zhuisu.labels.layout import LAYOUTS, Layout, roll
from zhuisu.labels.sheets import calibration, pdf
from zhuisu.labels.symbols import KINDS, Symbol, symbol
from zhuisu.labels.template import Field, Label, Template, missing, templates

__all__ = [
    "KINDS",
    "LAYOUTS",
    "Field",
    "Label",
    "LabelError",
    "Layout",
    "Symbol",
    "Template",
    "calibration",
    "missing",
    "pdf",
    "roll",
    "symbol",
    "templates",
]
