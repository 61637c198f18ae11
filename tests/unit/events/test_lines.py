"""Rows as lines that COPY reads: whatever a text says, a line says it, and its texts come back."""

from hypothesis import given
from hypothesis import strategies as st

from zhuisu.events import lines

# What no stored text has: PostgreSQL refuses NUL, UTF-8 half surrogates.
TEXTS = (
    st.none() | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])) | st.text("\\\n\r\tN x")
)


@given(st.lists(TEXTS, min_size=1))
def test_what_was_written_is_read(said: list[str | None]) -> None:
    line = "\t".join(map(lines.said, said))
    assert "\n" not in line and line.count("\t") == len(said) - 1
    assert lines.values(line) == said


def test_a_text_that_looks_like_nothing_is_a_text() -> None:
    assert lines.said("\\N") == "\\\\N" != lines.NULL
    assert lines.values(lines.said("\\N")) == ["\\N"]
