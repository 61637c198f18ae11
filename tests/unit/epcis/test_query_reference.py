"""The reference of the query language lists exactly the families of the code, each with its operators."""

import re
from collections import defaultdict

from repository import ROOT
from zhuisu.epcis.query.families import CONTROLS, FAMILIES

PLACEHOLDERS = {
    "": "",
    "unit": "<unit>",
    "field": "<field>",
    "type:bizTransaction": "<type>",
    "type:sourceDest": "<type>",
}


def test_the_table_of_parameters_is_that_of_the_code() -> None:
    page = (ROOT / "docs/reference/query.md").read_text(encoding="utf-8")
    told: dict[str, set[str]] = defaultdict(set)
    table, _, controls = page.partition("| control |")
    for names, operators in re.findall(r"^\| ((?:`[^`]+` ?)+)\| ([A-Z ]*)\|", table, re.MULTILINE):
        for name in re.findall("`([^`]+)`", names):
            told[name] |= set(operators.split())
    known: dict[str, set[str]] = defaultdict(set)
    for family in FAMILIES:
        attribute = "" if "HASATTR" in family.ops else "_<attribute>"
        rest = PLACEHOLDERS.get(family.about, f"<fieldname>{attribute}")
        known[family.stem + rest] |= set(family.ops) - {""}
    assert dict(told) == dict(known)
    assert all(f"| `{name}` |" in controls for name in CONTROLS)
