"""Demonstration data: one week in Xiamen, three chains, made by rule and not by chance. Imported by the command line alone."""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zhuisu.config.demo.loading import Loaded


def load(at: datetime) -> "Loaded":
    """Load the week once, and say what to try. See loading.load."""
    # Models may only be imported once Django is set up; the week itself needs no Django.
    from zhuisu.config.demo import loading

    return loading.load(at)
