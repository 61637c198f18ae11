"""The code vectors of the shared folder, for the schemes that exist: validity and parts must agree."""

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
        if scheme not in schemes() and scheme != "gs1.element_string":
            assert (got["valid"], got["error"]) == (None, "unknown scheme")
            continue
        tried.add(scheme)
        assert got["valid"] is row["valid"], (row, got)
        if row["valid"]:
            assert got["parsed"] == row["parsed"]
            assert got["error"] is None
        else:
            assert got["error"]
    assert {"gs1.gtin", "gs1.gln", "gs1.sscc", "gs1.element_string", "cn.uscc", "cn.org_code"} <= tried
