"""The keys outside the database: each installation's own."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from zhuisu.events import vault


def test_a_key_belongs_to_its_home(settings, tmp_path: Path) -> None:
    home = settings.HOME
    body, key = vault.seal(b"what was said", "label")
    settings.HOME = tmp_path
    with pytest.raises(InvalidTag):
        vault.unseal(body, key, "label")
    elsewhere = vault.seal(b"what was said elsewhere", "label")
    assert vault.unseal(*elsewhere, "label") == b"what was said elsewhere"
    signature = vault.sign_head(b"a head")
    settings.HOME = home
    assert vault.unseal(body, key, "label") == b"what was said"
    assert not vault.head_is_ours(b"a head", signature)
