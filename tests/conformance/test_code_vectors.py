"""The code vectors of the shared folder: every scheme exists, validity and parts agree."""

import json
from pathlib import Path

import pytest

from zhuisu.codes import check, schemes

pytestmark = pytest.mark.shared


def test_vectors(shared: Path) -> None:
    rows = json.loads((shared / "data/codes/vectors.json").read_text("utf-8"))
    tried = set()
    for row in rows:
        scheme = row["scheme"]
        got = check(scheme, row["code"])
        assert set(got) == {"scheme", "code", "valid", "canonical", "parsed", "error"}
        tried.add(scheme)
        assert got["valid"] is row["valid"], (row, got)
        if row["valid"]:
            assert got["parsed"] == row["parsed"]
            assert got["error"] is None
        else:
            assert got["error"]
    assert len(tried) == 30
    assert tried - {"gs1.element_string"} <= set(schemes())
