"""`zhuisu balance` and the shares of `zhuisu trace`, as a shell has them."""

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from zhuisu import codes
from zhuisu.config.bench.lots import lots, store
from zhuisu.config.cli.app import app
from zhuisu.events.store import rows
from zhuisu.lineage.snapshot import current

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def trade(settings, tmp_path):
    settings.HOME = tmp_path
    current.forget()
    told = lots(300)
    store(told)
    rows("insert into log_head values (%s, '', '{}', now(), '')", [told.count])
    used = int(told.source[0])
    rows(
        "insert into part (item, event, at, role, position, quantity, unit) values (%s, 300, now(), 10, 0, 700, 'KGM')",
        [used],
    )
    code = codes.parse(f"(01)06900000000007(10){used:08d}")
    rows("insert into name values (%s, %s)", [code.key, used])
    yield f"{used:08d}"
    current.forget()


def said(*words):
    return CliRunner().invoke(app, list(words))


def test_more_out_than_in_is_found_and_the_exit_code_says_so(trade):
    ran = said("balance", "--json")
    found = json.loads(ran.stdout)
    assert ran.exit_code == 1
    assert [one["canonical"][-8:] for one in found["over"]] == [trade]
    assert found["over"][0]["excess"] == pytest.approx(700, rel=0.01)
    sheet = list(csv.reader(io.StringIO(said("balance", "--csv").stdout)))
    assert [len(line) for line in sheet] == [6, 6]
    assert trade in said("balance").stdout
    assert said("balance", "--tolerance", "0.9").exit_code == 0
    assert said("balance", "--tolerance", "7").exit_code == 2


def test_a_trace_down_has_shares(trade, tmp_path):
    code = f"(01)06900000000007(10){trade}"
    lines = list(csv.DictReader(io.StringIO(said("trace", code, "--down", "--format", "csv").stdout)))
    items = [line for line in lines if line["kind"] == "item"]
    assert len(items) > 1
    assert items[0]["share"] == "1"
    assert sum(float(line["held"]) for line in items) <= 1.000_001
    told = json.loads(said("trace", code, "--down", "--format", "json").stdout)
    assert {"bound", "share", "held"} <= told["items"][0].keys()
    assert said("trace", code, "--down", "--format", "xlsx", "--output", str(tmp_path / "list.xlsx")).exit_code == 0
    assert (tmp_path / "list.xlsx").stat().st_size > 1_000
    assert said("trace", code, "--down", "--format", "xlsx").exit_code == 2
    text = said("trace", code, "--down").stdout
    assert "约占起点" in text or "of the start" in text  # in the language of the shell
