"""Answers about texts that come again and again, remembered for short texts alone: how long a text is, its sender decides."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar, cast

# Of the last text: ids, words, numbers and times are shorter. Thousands of texts of a megabyte each would fill the memory.
REMEMBERED_LENGTH = 256

P = ParamSpec("P")
R = TypeVar("R")


def remembered(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Remember the answers to the `most` short texts that were asked last; of several arguments the last one's length counts."""

    def remembering(asked: Callable[P, R]) -> Callable[P, R]:
        kept: Any = lru_cache(maxsize=most)(asked)
        plain: Any = asked

        @wraps(asked)
        def answer(*texts: Any) -> Any:
            return kept(*texts) if len(texts[-1]) <= REMEMBERED_LENGTH else plain(*texts)

        return cast("Callable[P, R]", answer)

    return remembering
