"""JSON Schema 2020-12 of the records of a step: what a program must send, from the same columns as forms and sheets."""

from decimal import Decimal
from typing import Any

from zhuisu.profiles import values
from zhuisu.profiles.columns import MAX_CODE, Column, columns
from zhuisu.profiles.model import Basis, Must, Profile, When, Words

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema(profile: Profile, step_id: str) -> dict[str, Any]:
    """The schema of one record. What is beyond it (check digits, the day, one field against another, amounts against lots) says
    profiles.entry.check. Titles are Chinese; `x-en` has the English ones, `x-schemes` the code schemes. Raises KeyError for a step that does not exist."""
    held = {column.name: column for column in columns(profile, step_id)}
    step = profile.steps[step_id]
    conditions = [rule for column in held.values() for when in column.demand for rule in _demand(column, when, held)]
    conditions += [rule for must in step.musts for rule in _must(must, held)]
    made: dict[str, Any] = {
        "$schema": DRAFT,
        "$id": identifier(profile, step_id),
        "title": f"{profile.name.zh}：{step.name.zh}",
        "x-en": {"title": f"{profile.name.en}: {step.name.en}"},
        "x-sector": profile.id,
        "x-edition": profile.edition,
        "x-step": step_id,
        "x-basis": _basis(profile.basis[step.basis]),
        "type": "object",
        "properties": {name: _many(column) for name, column in held.items()},
        "required": [name for name, column in held.items() if column.required],
        "dependentRequired": {
            unit: [quantity]
            for quantity, unit in (
                ("quantity", "unit"),
                ("inputQuantity", "inputUnit"),
                ("outputQuantity", "outputUnit"),
            )
            if unit in held
        },
        "additionalProperties": False,
    }
    return made | ({"allOf": conditions} if conditions else {})


def schema_of_list(profile: Profile, step_id: str) -> dict[str, Any]:
    """The schema of a list of records of a step."""
    one = schema(profile, step_id)
    return {
        "$schema": DRAFT,
        "$id": f"{one['$id']}:list",
        "title": one["title"],
        "x-en": one["x-en"],
        "type": "array",
        "items": {"$ref": one["$id"]},
        "$defs": {"record": one},
    }


def identifier(profile: Profile, step_id: str) -> str:
    """The schema's $id: the same for the same edition, wherever it is served."""
    return f"urn:zhuisu:schema:{profile.id}:{profile.edition}:{step_id}"


def _basis(held: Basis) -> dict[str, str]:
    return {"law": held.law.zh, "law-en": held.law.en, "article": held.article, "evidence": held.evidence}


def _many(column: Column) -> dict[str, Any]:
    one = _type(column)
    if column.many:
        one = {"type": "array", "items": one, "minItems": 1, "maxItems": column.max_many}
        if column.place in ("thing", "paper") and column.type in ("code", "text"):
            one["uniqueItems"] = True
    return {**_said(column), **one}


def _said(column: Column) -> dict[str, Any]:
    """Words and what no validator looks at."""
    english = {"title": column.words.en} | ({"description": column.help.en} if column.help else {})
    made: dict[str, Any] = {"title": column.words.zh}
    if column.help:
        made["description"] = column.help.zh
    made |= {"x-en": english, "x-place": column.place}
    if column.basis:
        made["x-basis"] = _basis(column.basis)
    for key, value in (("x-unit", column.unit), ("x-register", column.register), ("x-schemes", list(column.schemes))):
        if value:
            made[key] = value
    return made | ({"x-not-future": True} if column.not_future else {})


def _type(column: Column) -> dict[str, Any]:
    return _OF_TYPE[column.type](column)


def _text(column: Column) -> dict[str, Any]:
    pattern = f"^(?:{column.pattern})$" if column.pattern else r"\S"
    return {"type": "string", "minLength": 1, "maxLength": column.max_length, "pattern": pattern}


def _number(column: Column) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "integer" if column.type == "integer" else "number"}
    for key, bound in (("minimum", column.min), ("maximum", column.max)):
        if bound is not None:
            made[key] = number(bound)
    return made


def number(value: Decimal) -> int | float:
    """A bound as JSON has it."""
    return int(value) if value == value.to_integral_value() else float(value)


def _code(_column: Column) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": MAX_CODE}


def _evidence(_column: Column) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "href": {"type": "string", "format": "uri", "pattern": f"^{values.HREF}$", "maxLength": values.MAX_HREF},
            "sha256": {"type": "string", "pattern": f"^{values.SHA256}$"},
        },
        "required": ["href", "sha256"],
        "additionalProperties": False,
    }


def _choice(column: Column) -> dict[str, Any]:
    return {
        "oneOf": [{"const": key, "title": said.zh, "x-en": {"title": said.en}} for key, said in column.choices.items()]
    }


_OF_TYPE = {
    "text": _text,
    "number": _number,
    "integer": _number,
    "date": lambda _column: {"type": "string", "format": "date", "pattern": f"^{values.DAY}$"},
    "datetime": lambda _column: {"type": "string", "format": "date-time", "pattern": f"^{values.MOMENT}$"},
    "choice": _choice,
    "yes_no": lambda _column: {"type": "boolean"},
    "code": _code,
    "person": lambda column: {"type": "string", "pattern": f"^{values.PERSON}$", "maxLength": column.max_length},
    "evidence": _evidence,
}


def _demand(column: Column, when: When, held: dict[str, Column]) -> list[dict[str, Any]]:
    """if/then of a condition on another field; what depends on who acts or on the kind of thing is a matter of facts."""
    if when.roles or when.kinds or when.field not in held:
        return []
    return [{"if": _met(when, held), "then": {"required": [column.name]}}]


def _must(must: Must, held: dict[str, Column]) -> list[dict[str, Any]]:
    """What a field must say, where it is one of some values."""
    asks = must.when and (must.when.roles or must.when.kinds)
    if not must.any_of or asks or must.field not in held:
        return []
    then = {
        "properties": {must.field: {"enum": _typed(held[must.field], must.any_of)}},
        "x-says": _words(must.says),
    }
    return [{"if": _met(must.when, held), "then": then} if must.when and must.when.field else then]


def _words(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _met(when: When, held: dict[str, Column]) -> dict[str, Any]:
    made: dict[str, Any] = {"required": [when.field]}
    if when.any_of:
        made["properties"] = {when.field: {"enum": _typed(held[when.field], when.any_of)}}
    return made


def _typed(column: Column, texts: tuple[str, ...]) -> list[Any]:
    """Values that a profile writes as texts, as JSON has them."""
    found = [values.plain(column, text) for text in texts]
    return [number(each) if isinstance(each, Decimal) else each for each in found]
