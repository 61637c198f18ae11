"""Every way in says the same of a record: check, the form, the Excel cell, the JSON Schema, and the event judged without facts."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema
import pytest

from records import SECTORS, TODAY, Case, cases, profile_of
from zhuisu import codes, epcis
from zhuisu.profiles import entry, sheets
from zhuisu.profiles.columns import PERSON
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.model import Profile
from zhuisu.profiles.schema import schema
from zhuisu.profiles.typed import PERSON_URN, code_of
from zhuisu.workspace.records.forms import form_for

CASES = 200
AT = datetime(2027, 1, 1, tzinfo=UTC)


@cache
def judge_of(name: str) -> Judge:
    return Judge(profile_of(name))


FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def _moment(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value))


def _schemes(_validator: Any, schemes: list[str], value: Any, node: Mapping[str, Any]) -> Any:
    """The schema's own word x-schemes, for who has a reader of codes: things and parties by it, other codes by their schemes."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and not _is_code(one, schemes, node["x-place"]):
            yield jsonschema.ValidationError("no code of these schemes")


def _is_code(text: str, schemes: list[str], place: str) -> bool:
    if place == "party" and text.startswith(PERSON_URN):
        return PERSON in schemes
    for scheme in schemes if place not in ("thing", "party") else []:
        try:
            return bool(codes.parse(text, scheme))
        except codes.CodeError:
            continue
    try:
        code = code_of(text, tuple(schemes))
    except codes.CodeError:
        return False
    return place == "thing" or (place == "party" and code.scheme in schemes)


Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"x-schemes": _schemes})


def validator(profile: Profile, step: str) -> Any:
    return Validator(quick(schema(profile, step)), format_checker=FORMATS)


def quick(node: Any) -> Any:
    """The same schema with its pick lists as `enum`: jsonschema tries every branch of a oneOf."""
    if isinstance(node, dict):
        if all("const" in each for each in node.get("oneOf", [{}])):
            return {"enum": [each["const"] for each in node["oneOf"]]}
        return {key: quick(value) for key, value in node.items()}
    return [quick(each) for each in node] if isinstance(node, list) else node


def by_schema(held: Any, record: Mapping[str, Any]) -> set[str]:
    """The columns that a JSON Schema finds fault with, in what a program would send."""
    found: set[str] = set()
    data = json.loads(entry.encoded(record))
    for error in held.iter_errors(data):
        if error.absolute_path:
            found.add(str(error.absolute_path[0]))
        elif error.validator == "required":
            found |= {name for name in error.validator_value if name not in data}
        elif error.validator == "additionalProperties":
            found |= set(data) - set(error.schema["properties"])
        elif error.validator == "dependentRequired":
            found |= {
                name for name, needs in error.validator_value.items() if name in data and not set(needs) <= set(data)
            }
        else:
            raise AssertionError(error.message)
    return found


def by_event(name: str, step: str, record: Mapping[str, Any]) -> set[str]:
    """The columns that the reader of events, else the judge without facts, finds fault with."""
    profile = profile_of(name)
    made = entry.event(profile, step, record)
    document = entry.document([made], AT)
    read = epcis.read(entry.encoded(document)).events[0]
    if isinstance(read, epcis.Refusal):
        return {entry.column_at(profile, step, reason.path, f"entry.{reason.rule}", made) for reason in read.reasons}
    assert judge_of(name).step_of(read) == step
    return {entry.column_at(profile, step, each.path, each.rule, made) for each in judge_of(name).findings(read, None)}


def texts_of(profile: Profile, step: str, case: Case) -> dict[str, Any] | None:
    """The same as a person fills it in: cells of a sheet. None where nothing that is typed says it."""
    if case.kind not in ("", "missing") and case.text is None:
        return None
    columns = {column.name: column for column in entry.columns(profile, step)}
    texts = {name: sheets.shown(columns[name], value) for name, value in case.record.items() if name in columns}
    return texts | ({case.column: case.text} if case.text is not None else {})


def by_text(profile: Profile, step: str, texts: Mapping[str, Any], same: Mapping[str, Any]) -> set[str] | None:
    """The columns at fault in what was typed; None where it says the very record that check() judged already."""
    record, unread = entry.read(profile, step, texts)
    if record == same and not unread:
        return None
    told = {each.column for each in unread}
    return told | {each.column for each in entry.check(profile, step, record, TODAY) if each.column not in told}


# What one of them cannot see: (place of the column, rule), "*" for any. Judged apart, and nothing else may differ.
APART: dict[str, dict[tuple[str, str], str]] = {
    "schema": {
        ("*", "future"): "a schema has no clock",
        ("*", "must"): "it sees one value at a time, not one against another (see compared)",
        ("thing", "quantity"): "whether a code names a lot, which needs an amount, is in the code",
        ("thing", "amounts"): "the same",
        ("thing", "units"): "the same",
        ("thing", "thing"): "the same: whether a code names a thing",
        ("thing", "twice"): "one code in two spellings",
        ("thing", "yield"): "sums over amounts",
    },
    "event": {
        ("when", "future"): "who captures has his own clock",
        ("party", "scheme"): "EPCIS takes any URI for a party, and the standard says nothing of who answers",
        ("party", "type"): "the same",
        ("thing", "range"): "EPCIS knows no greatest amount",
        ("thing", "quantity"): "a unit without its amount is refused before anything is judged",
        ("paper", "length"): "EPCIS knows no longest document number",
        ("paper", "list"): "an event takes one value for a list of one",
        ("item", "type"): "CBV attributes are texts of any form",
        ("item", "length"): "the same",
    },
}


def compared(profile: Profile, step: str) -> set[str]:
    """The musts that hold one value against another: those of one value stand in the schema too."""
    return {each.id or each.field for each in profile.steps[step].musts if not each.any_of}


def unseen(
    path: str, step_columns: Mapping[str, entry.Column], faults: Iterable[entry.Fault], case: Case, musts: set[str]
) -> set[str]:
    """The columns of which a path cannot see what is wrong."""
    found = set()
    for fault in faults:
        column = step_columns.get(fault.column)
        kind = fault.rule.rpartition(".")[2]
        kinds = {kind, case.kind} if fault.column == case.column else {kind}
        if column and column.own and path == "event":
            continue
        if kind == "must" and fault.rule.split(".")[-2] not in musts:
            continue
        if column and any((place, each) in APART[path] for place in (column.place, "*") for each in kinds):
            found.add(fault.column)
            if column.place == "thing" and "range" in kinds:  # a yield weighs it against the other side
                found |= {each.name for each in step_columns.values() if each.name.endswith("Quantity")}
    return found


def differences(name: str, step: str, count: int) -> list[str]:
    """Where the ways in disagree on the cases of one step."""
    profile = profile_of(name)
    held, form = validator(profile, step), form_for(profile, step)
    known = {column.name: column for column in entry.columns(profile, step)}
    found = []
    for case in cases(name, step, count):
        faults = entry.check(profile, step, case.record, TODAY)
        wrong = {each.column for each in faults}
        assert bool(wrong) == (case.kind not in ("", "missing")) or case.kind == "missing", (name, step, case)
        said = {"schema": by_schema(held, case.record), "event": by_event(name, step, case.record)}
        apart = {path: unseen(path, known, faults, case, compared(profile, step)) for path in said}
        texts = texts_of(profile, step, case)
        if texts is not None:
            typed = by_text(profile, step, texts, case.record)
            said["sheet"] = wrong if typed is None else typed
        found += [
            f"{path}: {case} {sorted(columns)}, check: {faults}"
            for path, columns in said.items()
            if columns - apart.get(path, set()) != wrong - apart.get(path, set())
        ]
        if texts is not None and case.kind != "undeclared":
            bound = form({key: str(value) for key, value in texts.items()})
            bound.is_valid()
            shown = {"" if key == "__all__" else key for key in bound.errors}
            # A form lets what may only warn pass, after it has said so.
            if not {each.column for each in faults if each.severity == "error"} <= shown <= wrong:
                found.append(f"form: {case} {sorted(shown)}, check: {faults}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", SECTORS)
def test_form_sheet_schema_and_event_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhuisu.workspace.records.forms.timezone.localdate", lambda: TODAY)
    found = [each for step in profile_of(name).steps for each in differences(name, step, CASES)]
    assert not found, f"{len(found)} differences, such as {found[:3]}"
