"""Where a code stands: every kind, and the same work for each."""

from collections.abc import Callable
from typing import Any

import pytest

from support import AT
from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.codes import zs_unit
from zhuisu.registry.issuing import keys, queries, services
from zhuisu.registry.issuing.services import Codes, IssueError
from zhuisu.registry.models import Batch, Product, StatePage

pytestmark = pytest.mark.django_db
Issue = Callable[..., Batch]
QUERIES = 7
OTHER_GTIN = "06901234500004"


@pytest.fixture
def stand(django_assert_num_queries: Any) -> Callable[[str], queries.Standing]:
    """The standing of a text, which always takes the same queries."""

    def do(text: str, scheme: str | None = None) -> queries.Standing:
        code = codes.parse(text, scheme)
        with django_assert_num_queries(QUERIES):
            return queries.standing(code)

    return do


def sgtin(gtin: str, serial: str) -> str:
    return f"gs1.sgtin:01/{gtin}/21/{serial}"


def forged(series: str, key: bytes, version: int, counter: int) -> str:
    return zs_unit.code_of(key, version, series, counter)


def test_every_kind_takes_the_same_work(
    issue: Issue, maker: Organisation, cabbage: Product, tin: Product, stand: Callable[..., queries.Standing]
) -> None:
    batch, loose = issue(20_000, lot="L1"), issue(100, product=cabbage, level="case")
    here: dict[str, Any] = {"organisation": maker, "by": "person:lin", "at": AT}
    key, name, gtin = keys.key_of(batch.series.key), batch.series.name, batch.series.gtin
    text = [batch.code_at(key, place) for place in range(5)]
    services.activate(Codes(tuple(text[1:4])), **here)
    services.void(Codes((text[2],)), **here, reason="破损")
    services.use(Codes((text[3],)), **here)
    for place, kind in enumerate(("issued", "active", "voided", "used", "issued")):
        for written in (f"zs.unit:{text[place]}", sgtin(gtin, text[place])):
            found = stand(written)
            assert (found.kind, found.counter, found.lot) == (kind, place, "L1")
            assert found.identity == sgtin(gtin, text[place])
            assert (found.batch, found.product, found.organisation, found.level) == (batch, tin, maker, "item")
    inside = loose.code_at(key, 0)
    assert stand(f"zs.unit:{inside}").identity == f"zs.unit:{inside}"

    beyond = forged(name, key, 1, 20_000)
    other_key = forged(name, bytes(32), 1, 5)
    unknown = forged("2345" if name != "2345" else "2346", bytes(32), 1, 0)
    wrong_check = text[0][:-1] + zs_unit.ALPHABET[zs_unit.ALPHABET.index(text[0][-1]) - 1]
    assert [stand(f"zs.unit:{one}").kind for one in (beyond, other_key, unknown)] == [
        "forged",
        "forged",
        "never-issued",
    ]
    assert [stand(sgtin(gtin, one)).kind for one in (beyond, unknown, wrong_check)] == [
        *("forged", "never-issued", "forged")
    ]
    assert [stand(sgtin(OTHER_GTIN, one)).kind for one in (text[1], inside, unknown, wrong_check)] == [
        *("forged", "forged", "none", "none")
    ]
    assert stand(sgtin(gtin, inside)).kind == "forged"  # the GTIN of one product, the code of another
    for nothing in (sgtin(gtin, "A1"), "gs1.gtin:01/06901234500004", "cn.livestock_tag15:137061200001234"):
        assert stand(nothing) == queries.Standing("none")
    assert stand("(01)" + gtin + "(21)" + text[1].lower()).kind == "none"  # GS1 serials keep their case


def test_a_code_beyond_the_batch_but_on_its_page(issue: Issue, maker: Organisation, stand: Any) -> None:
    batch = issue(10, active=True)
    key = keys.key_of(batch.series.key)
    assert StatePage.objects.count() == 1
    assert [stand(f"zs.unit:{batch.code_at(key, place)}").kind for place in (9, 10, 7_680)] == [
        *("active", "forged", "forged")
    ]


def test_what_stands_in_for_a_foreign_form_is_no_code() -> None:
    assert zs_unit.check_character(queries._NOBODY[:-1]) != queries._NOBODY[-1]


def test_a_neighbours_lost_key_hurts_nobody_else(issue: Issue, cabbage: Product, maker: Organisation) -> None:
    series = issue(10).series
    keys.path_of(maker.pk, 1).unlink()
    unknown = forged("2222" if series.name != "2222" else "2223", bytes(32), 1, 0)
    assert queries.standing(codes.parse(f"zs.unit:{unknown}")).kind == "never-issued"
    beyond = forged("YYYY" if series.name != "YYYY" else "YYYX", bytes(32), 1, 0)
    assert queries.standing(codes.parse(f"zs.unit:{beyond}")).kind == "never-issued"
    with pytest.raises(IssueError):
        queries.standing(codes.parse(f"zs.unit:{forged(series.name, bytes(32), 1, 0)}"))


def test_random_guesses_in_a_known_series_are_never_real(issue: Issue) -> None:
    import random

    batch = issue(services.MAX_ORDER)
    rng = random.Random(3)
    for _ in range(100):
        body = batch.series.name + "".join(rng.choices(zs_unit.ALPHABET, k=zs_unit.BODY))
        text = body + zs_unit.check_character(body)
        assert queries.standing(codes.parse(text, "zs.unit")).kind == "forged"
