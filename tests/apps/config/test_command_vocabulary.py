"""`zhuisu vocabulary` and `zhuisu place` as a person or a script meets them."""

import json

import pytest
from typer.testing import CliRunner, Result

from support import AT
from zhuisu.accounts.models import Organisation
from zhuisu.config.cli.app import app
from zhuisu.epcis import MasterData
from zhuisu.registry.models import Place
from zhuisu.registry.vocabulary.queries import vocabulary_of
from zhuisu.registry.vocabulary.services import take

HALL, ROOM = "urn:epc:id:sgln:9506000.00002.0", "urn:epc:id:sgln:9506000.00002.A"
KEYS = ["gs1.sgln:414/9506000000022", "gs1.sgln:414/9506000000022/254/A"]


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"LC_ALL": "en_US.UTF-8"})


@pytest.fixture
def places(db: None) -> None:
    for number, code in enumerate(KEYS):
        Place.objects.create(code=code, name=f"库{number}")


def test_places_are_put_one_in_another_and_shown(places: None, dairy: Organisation) -> None:
    assert run("place", ROOM, "--inside", HALL).exit_code == 0
    assert vocabulary_of(dairy.pk).below("readPoint", [HALL]) == set(KEYS)
    hall, room = (json.loads(line) for line in run("vocabulary", "--type", "location", "--json").output.splitlines())
    assert (hall["children"], hall["sent"]) == ([room["id"]], False)
    assert run("place", HALL, "--inside", ROOM).exit_code == 2
    assert run("place", HALL, "--inside", "urn:x:none").exit_code == 2
    assert run("place", ROOM).exit_code == 0
    assert vocabulary_of(dairy.pk).below("readPoint", [HALL]) == {KEYS[0]}


def test_an_organisation_s_own_word_is_shown_to_it_alone(places: None, dairy: Organisation) -> None:
    said = MasterData("urn:epcglobal:epcis:vtype:BusinessLocation", HALL, {"urn:x:keeper": "李"})
    take([said], organisation=dairy.pk, capture_token="t", by="x", at=AT)
    own = run("vocabulary", "--organisation", dairy.party, "--q", "李")
    assert (own.exit_code, own.output.strip()) == (0, f"BusinessLocation  {HALL}  keeper=李")
    assert run("vocabulary", "--q", "李").exit_code == 1
