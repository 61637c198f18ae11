"""Generated requests against the whole document of what is served: no failure of ours, no answer that is not described."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest

from zhuisu.conformance import Run
from zhuisu.conformance.data import link, master_data

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
AT = datetime(2026, 1, 1, tzinfo=UTC)


def fuzz(address: str, key: str, folder: Path, *, examples: int, phases: str, values: dict[str, str]) -> int:
    """Run it; how many requests were made. The seed is fixed: the same program, the same requests."""
    config = folder / "schemathesis.toml"
    config.write_text(
        "[parameters]\n" + "".join(f'"path.{name}" = {json.dumps(value)}\n' for name, value in values.items())
    )
    done = subprocess.run(
        [*(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{address}/openapi.json"),
         *("-u", address, "-H", f"Authorization: Bearer {key}", "--checks", CHECKS, "--phases", phases),
         *("--max-examples", str(examples), "--suppress-health-check", "all", "--continue-on-failure"),
          # The standard's own 501, which the check for failures of ours takes for one.
         *("--exclude-path", "/nextPageToken/{token}"),
         # With a value that is there a DELETE would take it away for all that follows.
        *(("--exclude-method", "DELETE") if values else ()),
        *("--generation-database", "none", "--seed", "7", "--warnings", "off", "--no-color")],
        cwd=folder, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return int(re.search(r"(\d+) generated", done.stdout)[1])


@pytest.fixture(scope="module")
def values(server) -> dict[str, str]:
    """Of each kind of value in a path one that is there."""
    address, keys = server
    run = Run(address, keys[0], "", mark="5c4e", at=AT)
    place, point = run.make.place(), run.make.place()
    event = run.make.at(place, readPoint={"id": point}, disposition="in_transit")
    run.keep(event, run.make.at(place), header=master_data(place, city="Xiamen"))
    assert run.server.post("queries", {"name": "fuzzed", "query": {"EQ_bizLocation": [place]}}).status == 201
    wish = {"dest": run.listener.address + "/fuzz", "stream": True}
    made = run.server.post("queries/fuzzed/subscriptions", wish)
    page = run.server.get("events", {"perPage": "1"})
    return {
        "captureID": run.server.get("capture").json[0]["captureID"],
        "eventID": event["eventID"],
        "epc": link(event["epcList"][0]),
        "eventType": "ObjectEvent",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "bizLocation": place,
        "readPoint": point,
        "queryName": "fuzzed",
        "subscriptionID": made.json["subscriptionID"],
        "token": unquote(page.headers["link"].partition("nextPageToken=")[2].partition(">")[0]),
        "vocabulary": "BusinessLocation",
        "list": "bizSteps",
    }


def test_a_few_requests_for_each_method_of_each_path(server, values, tmp_path):
    address, keys = server
    assert fuzz(address, keys[0], tmp_path, examples=3, phases="fuzzing", values=values) > 140


@pytest.mark.long
def test_thousands_of_requests_with_values_that_are_there(server, values, tmp_path):
    address, keys = server
    made = fuzz(address, keys[0], tmp_path, examples=80, phases="fuzzing", values=values)
    print(made, "requests")
    assert made > 2_000


@pytest.mark.long
def test_thousands_of_requests_with_any_values(server, tmp_path):
    """The coverage phase walks through every parameter's edges."""
    address, keys = server
    made = fuzz(address, keys[0], tmp_path, examples=5, phases="coverage,fuzzing", values={})
    print(made, "requests")
    assert made > 2_000
