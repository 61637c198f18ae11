"""The data-element dictionary: complete, each element once, with its obligation by step."""

import csv
import io

from records import STEPS, profile_of
from toys import toys
from zhuisu.profiles import entry
from zhuisu.profiles.elements import HEADER, as_csv, elements, rows
from zhuisu.profiles.model import Words


def test_an_element_says_what_a_dictionary_has() -> None:
    held = {each.identifier: each for each in elements(toys())}
    parts = held["toys.parts"]
    assert (parts.name, parts.size, parts.unit) == (Words("零件数", "Parts"), "n..24", "")
    assert parts.type.zh == "整数型"
    assert parts.domain == Words("1–99", "1–99")
    assert parts.source == Words("玩具法 第一条", "Toy Law, 第一条")
    assert dict(parts.steps) == {"make": "O"}
    assert held["toys.madeOn"].domain.zh == "不晚于当天"
    assert held["toys.paint"].domain.zh == "red 红；none 无"
    assert held["toys.lead"].evidence.zh == "通行做法"
    assert held["toys.lead"].source.zh == "听说"


def test_obligation_is_mandatory_conditional_or_optional_by_step() -> None:
    held = {each.identifier: dict(each.steps) for each in elements(toys())}
    assert held["toys.madeOn"] == {"make": "M", "enter": "M"}
    assert held["toys.lead"] == {"make": "C"}
    assert held["toys.paper_origin"] == {"sell": "C"}
    assert held["buyer"] == {"sell": "M", "give": "O"}
    assert held["quantity"]["sell"] == "C"
    assert held["quantity"]["give"] == "O"


def test_every_column_of_every_step_of_every_sector_is_in_it() -> None:
    for name in {name for name, _ in STEPS}:
        profile = profile_of(name)
        listed = {(step, each.name) for each in elements(profile) for step in each.steps}
        assert listed == {(step, column.words) for step in profile.steps for column in entry.columns(profile, step)}
        identifiers = [each.identifier for each in elements(profile)]
        assert all(identifiers)


def test_as_a_file_it_opens_in_a_spreadsheet() -> None:
    data = as_csv(toys(), "en")
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert read == rows(toys(), "en")
    assert read[0] == [words.en for words in HEADER]
    assert all(len(row) == len(HEADER) for row in read)
