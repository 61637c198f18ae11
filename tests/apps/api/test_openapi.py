"""The OpenAPI document says what is served: every path and method of the url table, and nothing else."""

import json
import re
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


# Statuses of the ratified document that nothing here can answer with, and why.
NEVER = {
    "101": "websockets are optional (EPCIS 2.0 §12.8)",
    "204": "nothing is held for a page token: 501, which the document allows too",
    "403": "whoever may call may read; what is another's is 404, so that nobody learns what there is",
    "401": "OPTIONS needs no key",
    "404": "OPTIONS tells of an address, not of what is there",
}


@pytest.fixture
def ratified(shared) -> dict:
    return json.loads((shared / "data" / "epcis" / "gs1" / "ratified" / "openapi-2.0.0.json").read_text("utf-8"))[
        "paths"
    ]


def test_whatever_the_ratified_document_has_is_here(ratified):
    """Each of its paths, methods and statuses, but for statuses with a reason."""
    ours = {re.sub(r"{\w+}", "{}", path).rstrip("/"): held for path, held in PATHS.items()}
    missing = []
    for path, held in ratified.items():
        here = ours[re.sub(r"{\w+}", "{}", path).rstrip("/")]
        for method in METHODS & set(held):
            left = set(held[method]["responses"]) - set(here[method]["responses"])
            missing += [(path, method, status) for status in left]
    assert len(ratified) == 29
    assert {status for _, _, status in missing} <= set(NEVER) | {"413"}
    # A named query is too large or too complex where it is run, not where it is shown.
    assert [one for one in missing if one[2] == "413"] == [("/queries/{queryName}", "get", "413")]
    assert {(path, status) for path, _, status in missing if status in ("101", "204")} == {
        ("/queries/{queryName}/events", "101"),
        ("/nextPageToken/{token}", "204"),
    }


def test_every_parameter_of_the_ratified_query_is_here(shared, ratified):
    whole = json.loads((shared / "data" / "epcis" / "gs1" / "ratified" / "openapi-2.0.0.json").read_text("utf-8"))
    parameters = whole["components"]["parameters"]
    wanted = [parameters[one["$ref"].rpartition("/")[2]] for one in ratified["/events"]["get"]["parameters"]]
    here = {one["$ref"].rpartition("/")[2] for one in PATHS["/events"]["get"]["parameters"]}
    assert {one["name"] for one in wanted} <= here
