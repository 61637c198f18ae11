"""What a kind of product wants on its label: data files in templates/, found by their name, each field with its article."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from zhuisu.labels.errors import LabelError
from zhuisu.labels.symbols import ECC_LEVELS, KINDS

FOLDER = Path(__file__).with_name("templates")
# text: a line; fixed: words that are printed as they are; ticks: the options, the chosen ones ticked; sign: room to sign.
FIELD_KINDS = ("text", "fixed", "ticks", "sign")
# How we know: the law's own words; a public copy or another system's use of them; memory, to be checked before relying on it.
EVIDENCE = ("law", "seen", "memory", "ours")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing a label says.

    `required` by the `article`; `brief`: also on the small trace sticker; `options` of ticks; `text` of fixed words.
    """

    key: str
    name: str
    name_en: str
    required: bool
    article: str = ""
    evidence: str = "ours"
    kind: str = "text"
    brief: bool = False
    text: str = ""
    options: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The label of one kind of product.

    `title`: the field that is set large; `heading`: fixed words above it. `symbol`, `ecc`: the square symbol, of the link
    or of `lines` (filled with values, {code} and {link}); `linear`: the field that is also printed as GS1-128, or "code".
    """

    key: str
    name: str
    name_en: str
    law: str
    order: int
    title: str
    fields: tuple[Field, ...]
    heading: str = ""
    symbol: str = "qr"
    ecc: str = "M"
    lines: tuple[str, ...] = ()
    linear: str = ""
    note: str = ""
    note_en: str = ""

    def field(self, key: str) -> Field:
        """The field of this key; raises KeyError."""
        for one in self.fields:
            if one.key == key:
                return one
        raise KeyError(key)


@cache
def templates() -> dict[str, Template]:
    """Every template by its key, in the order in which people choose."""
    found = [_template(path) for path in FOLDER.glob("*.toml")]
    return {one.key: one for one in sorted(found, key=lambda one: (one.order, one.key))}


def missing(template: Template, values: Mapping[str, str]) -> list[Field]:
    """The fields that the law wants on this label and that are empty."""
    return [
        one
        for one in template.fields
        if one.required and one.kind in ("text", "ticks") and not values.get(one.key, "").strip()
    ]


def checked(template: Template, values: Mapping[str, str]) -> None:
    """Refuses a value that no field takes ("unknown-field") and a tick that is no option ("option")."""
    known = {one.key: one for one in template.fields}
    for key, value in values.items():
        if key not in known:
            raise LabelError(
                "unknown-field",
                f"the template {template.key} has no field {key!r}",
                f"模板“{template.name}”没有字段“{key}”",
                key,
            )
        if known[key].kind == "ticks":
            for chosen in ticked(value):
                if chosen not in known[key].options:
                    options = "、".join(known[key].options)
                    raise LabelError(
                        "option",
                        f"{chosen!r} is none of the options of {known[key].name_en}: {options}",
                        f"“{chosen}”不是“{known[key].name}”的选项：{options}",
                        key,
                    )


def ticked(value: str) -> list[str]:
    """The chosen options of a value: separated by "、", "," or "，"."""
    return [one.strip() for one in value.replace("，", "、").replace(",", "、").split("、") if one.strip()]


def _template(path: Path) -> Template:
    data = tomllib.loads(path.read_text("utf-8"))
    listed = data.pop("field")
    made = Template(
        key=path.stem,
        fields=tuple(_known(Field, one, path) for one in listed),
        **_values(Template, data, path),
    )
    keys = [one.key for one in made.fields]
    wrong = [
        *(f"{one.key}: kind {one.kind}" for one in made.fields if one.kind not in FIELD_KINDS),
        *(f"{one.key}: evidence {one.evidence}" for one in made.fields if one.evidence not in EVIDENCE),
        *(f"{one.key}: required without an article" for one in made.fields if one.required and not one.article),
        *(f"{key} stands twice" for key in keys if keys.count(key) > 1),
        *(["symbol"] if made.symbol not in KINDS or made.ecc not in ECC_LEVELS else []),
        *(["title"] if made.title not in ("", *keys) else []),
        *(["linear"] if made.linear not in ("", "code", *keys) else []),
    ]
    if wrong:
        raise ValueError(f"{path.name}: {'; '.join(wrong)}")
    return made


def _known(kind: type[Field], data: dict[str, Any], path: Path) -> Field:
    return kind(**_values(kind, data, path))


def _values(kind: type[Any], data: dict[str, Any], path: Path) -> dict[str, Any]:
    """Arrays as tuples; a key that the class does not have is a misspelling, said with the file."""
    if unknown := data.keys() - {one.name for one in fields(kind)}:
        raise ValueError(f"{path.name}: unknown {sorted(unknown)}")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}


@dataclass(frozen=True, slots=True)
class Label:
    """One label to print: what stands on it, the code as people read it, and the link that the symbol carries.

    `brief`: the small trace sticker with only the fields that the template marks so; the rest stands on the pack itself.
    """

    template: Template
    values: Mapping[str, str] = field(repr=False)
    code: str
    link: str
    brief: bool = False
    symbol: str = ""  # another kind of symbol than the template's
