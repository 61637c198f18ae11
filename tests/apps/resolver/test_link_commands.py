"""`zhuisu link` and `zhuisu forward`, as a person or a script meets them."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from zhuisu.accounts.models import Organisation
from zhuisu.config.cli.app import app
from zhuisu.registry.models import Product
from zhuisu.resolver.models import Forward, Link

pytestmark = pytest.mark.django_db


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_links_are_added_listed_and_removed(product: Product, dairy: Organisation, farm: Organisation) -> None:
    add = ["link", "add", "09506000134352", "https://dairy.example/p", "--type", "pip", "--language", "zh", "--default"]
    assert run(*add, "--organisation", farm.party).exit_code == 2
    made = run(*add, "--organisation", dairy.party)
    assert made.exit_code == 0, made.output
    number = str(Link.objects.get().pk)
    assert made.stdout.split() == [number, product.code, "https://gs1.org/voc/pip", "https://dairy.example/p"]
    told = json.loads(run("link", "list", "(01)09506000134352", "--json").stdout)
    assert (told["organisation"], told["marks"], told["language"]) == (dairy.party, ["default"], "zh")
    assert run("link", "list", "--organisation", farm.party).stdout == ""
    assert run("link", "remove", number, "--organisation", farm.party).exit_code == 2
    assert run("link", "remove", number).exit_code == 0
    assert run("link", "remove", number).exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("link", "add", "09506000134353", "https://a.example/", "--type", "pip"), "check digit"),
        (("link", "add", "09506000134352", "http://a.example/", "--type", "pip"), "href: "),
        (("link", "list", "nothing at all"), "nothing at all"),
        (("forward", "add", "gs1", "https://a.example/", "--name", "x", "--prefix", "950"), "template: "),
        (("forward", "remove", "1"), "pk: "),
    ],
)
def test_what_is_wrong_is_said_in_one_line(words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_forwards_are_added_listed_and_removed(link: Callable[..., Link]) -> None:
    made = run("forward", "add", "cn.drug_trace_msfx", "https://a.example/{value}", "--prefix", "84", "--name", "甲")
    assert made.exit_code == 0, made.output
    number = str(Forward.objects.get().pk)
    assert "甲" in run("forward", "list").stdout
    assert json.loads(run("forward", "list", "--json").stdout)["prefix"] == "84"
    assert run("forward", "remove", number).exit_code == 0
    assert not Forward.objects.exists()
