"""A maker with a batch of active codes."""

import pytest

from issued import Issued, issued
from zhuisu.accounts.models import Organisation


@pytest.fixture
def tins(dairy: Organisation) -> Issued:
    return issued(dairy)
