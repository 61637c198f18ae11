"""Every parameter of the official query schema (its double escapes repaired) is read, with each kind of value the schema allows."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from zhuisu.epcis.query import QueryError, read_json

CONTEXT = {"ex": "https://example.org/ns/"}
SAMPLES: dict[str, list[Any]] = {
    "eventType": ["ObjectEvent"],
    "time": ["2026-11-22T08:00:00.000+08:00"],
    "action": ["ADD"],
    "bizStep": ["shipping", "https://example.org/step"],
    "disposition": ["in_transit", "https://example.org/disposition"],
    "error-reason": ["did_not_occur", "https://example.org/reason"],
    "measurementType": ["Temperature", "https://example.org/measure"],
    "decimal": [7, -2.5],
    "uri": ["urn:epc:id:sgln:9506000.00002.0", "https://example.org/x"],
    "id": ["urn:epc:id:sgtin:9506000.013435.1"],
    "eventID": ["urn:uuid:00000000-0000-4000-8000-000000000001"],
    "date-string-or-number": [7, "2026-11-22T08:00:00Z"],
    "string-array-or-date-string-or-number": [["a", "b"], 7, "2026-11-22T08:00:00Z"],
}
# What is given for the parts of a pattern that stands for many names.
PARTS = {r"[a-z][a-zA-Z0-9]*\:\w+": ["ex:batch_1"], "[a-z][a-zA-Z0-9_]+": [], "[A-Z0-9]{2,4}": ["CEL", "4H", "ABCD"]}
WORDS = {"bizTransaction": ["po"], "source": ["owning_party"], "destination": ["location"]}


def names_of(pattern: str) -> list[str]:
    name = pattern.removeprefix("^").removesuffix("$")
    if name == r"EQ_ATTR_\w+_\w+":
        return ["EQ_ATTR_readPoint_city"]
    for part, samples in PARTS.items():
        if part in name:
            head = name.replace(part, "")
            return [head + one for one in samples or WORDS[head.split("_")[1]]]
    raise AssertionError(pattern)


def samples_of(schema: dict[str, Any]) -> list[Any]:
    if "$ref" in schema:
        return SAMPLES[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return list(schema["enum"])
    if schema["type"] == "array":
        every = samples_of(schema["items"])
        return [every, *([one] for one in every)]
    return {"integer": [1], "number": [7, -2.5], "boolean": [True, False], "string": ["abc"]}[schema["type"]]


@pytest.fixture
def schema(shared: Path) -> dict[str, Any]:
    return json.loads((shared / "data/epcis/gs1/ratified/query-schema-2.0.1.repaired.json").read_text())


def test_every_parameter_of_the_schema_is_read(schema: dict[str, Any]) -> None:
    query = schema["definitions"]["EPCIS-Query"]
    named = [(name, held) for name, held in query["properties"].items() if name != "@context"]
    named += [(name, held) for pattern, held in query["patternProperties"].items() for name in names_of(pattern)]
    assert len(named) > 160
    valid = jsonschema.Draft7Validator(schema | {"$ref": "#/definitions/EPCIS-Query"})
    refused = []
    for name, held in named:
        for value in samples_of(held):
            given = {"@context": CONTEXT, name: value}
            if name == "EQ_hexBinaryValue":
                given[name] = ["0aFF"]
            elif name == "orderBy":
                given[name] = "ex:batch"
            elif name == "eventCountLimit":
                given["orderBy"] = "eventTime"
            assert valid.is_valid({"name": "x", "query": given}) or valid.is_valid(given), given
            try:
                read = read_json(json.loads(json.dumps(given), parse_float=Decimal))
            except QueryError as wrong:
                refused.append(f"{name} = {value}: {wrong}")
                continue
            assert read_json(read.as_json()) == read
    assert refused == []
