"""What a profile says in two languages, in the reader's."""

from typing import Any, Literal

from django.utils.translation import get_language

from zhuisu.profiles.model import Words


def english() -> bool:
    """Whether the reader reads English."""
    return (get_language() or "").startswith("en")


def language() -> Literal["zh", "en"]:
    """The reader's language, as the makers of sheets and tables take it."""
    return "en" if english() else "zh"


def told(said: Words | None) -> str:
    """A text of a profile in the reader's language; "" for none."""
    if said is None:
        return ""
    return said.en if english() else said.zh


def in_words(wrong: Any) -> str:
    """The sentence of an error or a reason that carries both languages."""
    return str(wrong.message if english() else wrong.message_zh)
