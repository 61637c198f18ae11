"""The OpenAPI document says what is served: every path and method of the url table, and nothing else."""

import json
from pathlib import Path

import pytest
from django.test import Client
from django.urls import resolve

from zhuisu.api.epcis import urls
from zhuisu.api.epcis.openapi import document
from zhuisu.api.resource import no_resource

SNAPSHOT = Path(__file__).parents[3] / "docs" / "reference" / "openapi.json"
PATHS = json.loads(document())["paths"]
METHODS = {"get", "post", "put", "delete", "patch", "options"}


def address(path: str) -> str:
    return "/epcis" + "/".join("value" if part.startswith("{") else part for part in path.split("/"))


@pytest.mark.parametrize("path", PATHS)
def test_every_path_is_served_with_these_methods(path):
    assert resolve(address(path)).func is not no_resource
    answer = Client().options(address(path))
    allowed = {one.strip().lower() for one in answer.headers["Allow"].split(",")}
    assert allowed - {"head"} == METHODS & set(PATHS[path])


def test_every_route_is_described():
    described = {resolve(address(path)).route for path in PATHS}
    # The last pattern takes whatever is nobody's.
    routes = {"epcis/" + str(one.pattern) for one in urls.urlpatterns[:-1]}
    assert routes <= described


def test_every_reference_leads_somewhere():
    whole = json.loads(document())
    text = json.dumps(whole)
    for reference in set(text.split('"$ref": "#/')[1:]):
        held = whole
        for step in reference.partition('"')[0].split("/"):
            held = held[step]
    assert '"$ref": "#/' in text


def test_the_document_is_the_one_that_people_read(tmp_path):
    """After a change: zhuisu openapi > docs/reference/openapi.json, and read the difference."""
    assert SNAPSHOT.read_bytes() == document() + b"\n"


def test_anybody_may_read_it(client):
    answer = client.get("/epcis/openapi.json")
    assert (answer.status_code, answer.content) == (200, document())
    assert client.post("/epcis/openapi.json").status_code == 405
