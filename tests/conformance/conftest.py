"""What tests against a whole node share: one throw-away node for all of them."""

from collections.abc import Iterator

import pytest

from zhuisu.config.cli.conformance import throw_away


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[str, list[str]]]:
    """The EPCIS address of a node of its own, and a key of each of its organisations: two enterprises and a regulator."""
    with throw_away() as held:
        yield held
