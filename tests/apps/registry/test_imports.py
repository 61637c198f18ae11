"""Codes of other authorities: ranges, lists, parent-child files; errors by line; nothing twice, nothing half."""

from collections.abc import Callable
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import AT
from zhuisu import codes
from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.registry.issuing import files, imports, queries
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.imports import About, Imported, import_codes, import_range
from zhuisu.registry.models import ImportedBatch, ImportedPage, PartyAlias, Product

pytestmark = pytest.mark.django_db
DRUG, TAG = "cn.drug_trace_msfx", "cn.livestock_tag15"
BY: dict[str, Any] = {"by": "person:lin", "at": AT}


def drug(number: int) -> str:
    return f"8{number:019d}"


def lines(*numbers: int) -> bytes:
    return "\n".join(drug(number) for number in numbers).encode()


@pytest.fixture
def take(maker: Organisation) -> Callable[..., Imported]:
    def do(content: bytes, **fields: Any) -> Imported:
        return import_codes(**({"organisation": maker, "scheme": DRUG, "content": content} | BY | fields))

    return do


def standing(value: str, scheme: str = DRUG) -> queries.Standing:
    return queries.standing(codes.parse(value, scheme))


def rule_of(call: Callable[..., Any], *args: Any, **fields: Any) -> str:
    with pytest.raises(IssueError) as refused:
        call(*args, **fields)
    assert refused.value.message_zh
    return refused.value.rule


def test_a_list_is_known_afterwards(take: Any, maker: Organisation, tin: Product, monkeypatch: Any) -> None:
    monkeypatch.setattr(imports, "IMPORT_PAGE", 3)
    about = About(product=tin, lot="Y7", expires_on=date(2027, 1, 1), note="第一批")
    done = take(b"\xef\xbb\xbf" + "追溯码\r\n".encode() + lines(5, 3, 1, 9, 7, 20, 4) + b"\n\n", about=about)
    assert (done.count, done.refused, ImportedPage.objects.count()) == (7, (), 3)
    found = standing(drug(9))
    assert (found.kind, found.lot, found.product, found.organisation) == ("foreign", "Y7", tin, maker)
    assert (found.identity, found.imported) == (f"{DRUG}:{drug(9)}", done.batch)
    assert {standing(drug(number)).kind for number in (0, 2, 6, 8, 10, 21)} == {"none"}
    assert AuditEntry.objects.filter(verb="codes.import", organisation=maker).count() == 1
    assert queries.imported_batches_of(maker) == [done.batch]


def test_the_same_file_twice_is_said_and_not_stored(take: Any) -> None:
    first = take(lines(1, 2))
    again = take(lines(1, 2))
    assert (again.again, again.count, again.batch) == (True, 0, first.batch)
    assert ImportedBatch.objects.count() == 1


def test_wrong_lines_are_named_and_nothing_is_stored(take: Any) -> None:
    take(lines(7))
    done = take("\n".join([drug(1), "123", drug(1), drug(7), "", "8E+19", drug(2)]).encode())
    assert [(one.position, one.rule) for one in done.refused] == [
        (2, "length"),
        (3, "twice"),
        (4, "imported"),
        (6, "characters"),
    ]
    assert all(one.message and one.message_zh for one in done.refused)
    assert (done.batch, done.count, standing(drug(1)).kind) == (None, 0, "none")


def test_a_range_holds_numbers_of_its_length_alone() -> None:
    page = ImportedPage(first="100", last="200", body=b"")
    assert [value for value in ("099", "100", "200", "201", "1500", "1A0", "15") if page.holds(value)] == ["100", "200"]


def test_another_enterprise_cannot_import_them_again(take: Any, market: Organisation) -> None:
    take(lines(1, 2, 3))
    done = take(lines(3, 4), organisation=market)
    assert [(one.position, one.rule) for one in done.refused] == [(1, "imported")]


def test_a_range_of_numbers(maker: Organisation, take: Any) -> None:
    here: dict[str, Any] = {"organisation": maker, "scheme": TAG, **BY}
    done = import_range(first="1-370612-00001000", last="1-370612-00001999", **here)
    assert (done.count, ImportedPage.objects.count()) == (1000, 1)
    assert [standing(f"13706120000{n}", TAG).kind for n in (1000, 1999, 2000)] == ["foreign", "foreign", "none"]
    assert import_range(first="137061200001000", last="137061200001999", **here).again
    clash = import_range(first="137061200001999", last="137061200002999", **here)
    assert (clash.refused[0].rule, clash.refused[0].text) == ("imported", "137061200001999")
    mixed = import_codes(content=b"137061200005000\n137061200001500", **here)
    assert [(one.position, one.rule) for one in mixed.refused] == [(2, "imported")]
    take(b"137061200006000", scheme=TAG)
    assert import_range(first="137061200005500", last="137061200006500", **here).refused[0].text == "137061200006000"


@pytest.mark.parametrize(
    ("scheme", "first", "last"),
    [
        (TAG, "137061200001999", "137061200001000"),
        (TAG, "137061200001000", "x"),
        (TAG, "137061200000000", "337061200000000"),
        ("gs1.sscc", "106141411234567897", "106141411234567910"),
    ],
)
def test_ranges_that_are_none(maker: Organisation, scheme: str, first: str, last: str) -> None:
    assert rule_of(import_range, organisation=maker, scheme=scheme, first=first, last=last, **BY) == "range"


def test_nothing_of_ours_and_nobodys_number_is_imported(take: Any, maker: Organisation, market: Organisation) -> None:
    for scheme in ("zs.unit", "cn.ric", "gs1.gtin", "cn.uscc", "uri", "nonsense"):
        assert rule_of(take, lines(1), scheme=scheme) == "scheme"
    market.kind = "regulator"
    assert rule_of(take, lines(1), organisation=market) == "kind"
    other = Product.objects.create(code="gs1.gtin:01/06901234500004", name="别家的")
    assert rule_of(take, lines(1), about=About(product=other)) == "holder"


def test_files_that_are_none(take: Any, monkeypatch: Any) -> None:
    assert rule_of(take, b"") == "empty"
    assert rule_of(take, b"\x00\x01\xff\xfe") == "file"
    assert rule_of(take, "追溯码,数量\n".encode(), tree=True) == "columns"
    monkeypatch.setattr(files, "MAX_LINES", 3)
    assert rule_of(take, lines(1, 2, 3, 4)) == "lines"
    monkeypatch.setattr(files, "MAX_FILE", 3)
    assert rule_of(take, lines(1)) == "file"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("heading", ["追溯码,上级码,大码", "Code,Parent,Grandparent", "大码\t小码\t中码"])
def test_a_tree_in_every_encoding_and_heading(take: Any, encoding: str, heading: str) -> None:
    mark = "\t" if "\t" in heading else ","
    order = (2, 0, 1) if "\t" in heading else (0, 1, 2)
    rows = [(drug(1), drug(11), drug(21)), (drug(2), drug(11), drug(21)), (drug(3), drug(12), "")]
    content = "\r\n".join([heading, *(mark.join(row[place] for place in order) for row in rows)])
    done = take(content.encode(encoding), tree=True)
    assert done.refused == ()
    assert done.count == 6
    short = {f"{DRUG}:{drug(number)}": number for number in range(30)}
    assert {(short[parent], short[child]) for parent, child in done.relations} == {(11, 1), (21, 11), (11, 2), (12, 3)}
    assert standing(drug(21)).kind == "foreign"


def test_trees_that_cannot_be(take: Any) -> None:
    def refusals(*rows: tuple[int, ...]) -> list[tuple[int, str]]:
        text = ["code,parent,grandparent", *(",".join(drug(one) if one else "" for one in row) for row in rows)]
        return [(one.position, one.rule) for one in take("\n".join(text).encode(), tree=True).refused]

    assert refusals((1, 11), (1, 12)) == [(3, "twice")]
    assert refusals((1, 11, 21), (2, 11, 22)) == [(3, "two-packs")]
    assert (2, "itself") in refusals((1, 1))
    assert refusals((1, 0, 21)) == [(2, "gap")]
    assert refusals((0, 11)) == [(2, "gap")]
    assert (3, "levels") in refusals((21, 31), (1, 11, 21)) or (2, "levels") in refusals((21, 31), (1, 11, 21))
    assert {rule for _, rule in refusals((1, 2), (2, 1))} == {"levels"}
    assert ImportedBatch.objects.count() == 0


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_imported_is_found_and_nothing_else(take: Any, maker: Organisation, data: st.DataObject) -> None:
    ImportedPage.objects.all().delete()
    ImportedBatch.objects.all().delete()
    original, imports.IMPORT_PAGE = imports.IMPORT_PAGE, 4
    try:
        oracle: set[int] = set()
        for _ in range(data.draw(st.integers(1, 5))):
            if data.draw(st.booleans()):
                wanted = data.draw(st.sets(st.integers(0, 60), min_size=1, max_size=15))
                done = take(lines(*wanted))
            else:
                low, size = data.draw(st.integers(0, 60)), data.draw(st.integers(1, 10))
                wanted = set(range(low, low + size))
                done = import_range(organisation=maker, scheme=DRUG, first=drug(low), last=drug(low + size - 1), **BY)
            if not done.again:
                assert bool(done.refused) == bool(wanted & oracle)
                oracle |= set() if done.refused else wanted
        found = {number for number in range(75) if queries._imported(codes.parse(drug(number), DRUG))}
        assert found == oracle
    finally:
        imports.IMPORT_PAGE = original


def test_what_is_said_of_imported_codes_is_checked(take: Any, maker: Organisation) -> None:
    for about, rule in (
        (About(lot="x" * 21), "lot"),
        (About(lot="L\u202e1"), "lot"),
        (About(produced_on=date(2026, 2, 1), expires_on=date(2026, 1, 1)), "dates"),
        (About(note="x" * 201), "note"),
        (About(note="\0"), "note"),
        (About(note="\udcff"), "note"),
    ):
        assert rule_of(take, lines(1), about=about) == rule
        here: dict[str, Any] = {"organisation": maker, "scheme": DRUG, "about": about, **BY}
        assert rule_of(import_range, first=drug(1), last=drug(2), **here) == rule


def test_nobody_imports_serials_under_anothers_gtin(
    take: Any, maker: Organisation, tin: Product, market: Organisation
) -> None:
    forged = "gs1.sgtin:01/06901234567892/21/FAKE1"
    done = take(b"(01)06901234500004(21)MINE\n(01)06901234567892(21)FAKE1", scheme="gs1.sgtin", organisation=market)
    assert [(one.position, one.rule) for one in done.refused] == [(2, "holder")]
    assert queries.standing(codes.from_canonical(forged)).kind == "none"
    assert take(b"(01)06901234567892(21)REAL1", scheme="gs1.sgtin").count == 1  # the holder's own serials


def test_a_party_that_has_two_codes_imports_for_its_products(take: Any, maker: Organisation, tin: Product) -> None:
    assert tin.holder is not None
    PartyAlias.objects.create(party=tin.holder, code="cn.org_code:MA2XYGR01")
    maker.party = "cn.org_code:MA2XYGR01"
    maker.save()
    assert take(lines(1), about=About(product=tin)).count == 1


def test_a_list_out_of_a_table_keeps_its_quotes_and_commas(take: Any) -> None:
    assert take(f'"追溯码",\r\n"{drug(1)}",\r\n{drug(2)},\r\n"{drug(3)}"\r\n'.encode()).count == 3


def test_the_same_file_sent_twice_at_once_is_one_import(take: Any, monkeypatch: Any) -> None:
    first: list[Imported] = []

    def lose_the_race(scheme: str) -> None:
        monkeypatch.undo()
        first.append(take(lines(1, 2)))

    monkeypatch.setattr(imports, "_one_import_at_a_time", lose_the_race)
    second = take(lines(1, 2))
    assert (second.again, second.batch, second.refused) == (True, first[0].batch, ())


def test_a_list_of_refusals_says_that_it_is_cut(take: Any) -> None:
    refused = take(b"12\n" * 900).refused
    assert (len(refused), refused[-1].rule) == (501, "more")


def test_many_files_over_one_another_cost_a_scan_nothing(take: Any, monkeypatch: Any) -> None:
    for number in range(12):
        take(lines(number, 1_000 - number, 2_000 + number))
    opened: list[ImportedPage] = []
    monkeypatch.setattr(ImportedPage, "holds", lambda page, value: opened.append(page) or value in page.codes())
    assert [standing(drug(number)).kind for number in (5, 2_005, 500)] == ["foreign", "foreign", "none"]
    assert len(opened) == 2


def test_what_was_imported_before_is_found_after_the_upgrade(take: Any) -> None:
    take(lines(1, 2, 3))
    ImportedPage.objects.update(marks=[])  # as the column begins
    assert standing(drug(2)).kind == "none"
    # Only the filling: tables taken back and made anew would come without the triggers that other apps put on them.
    import_module("zhuisu.registry.migrations.0003_imported_marks").fill(apps, None)
    assert [standing(drug(number)).kind for number in (2, 4)] == ["foreign", "none"]
