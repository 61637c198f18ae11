"""The data-element dictionary of a profile (统一数据采集指标): every column of every step once, with who must say it and on what ground."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zhuisu.profiles.columns import Column, columns
from zhuisu.profiles.model import Profile, Words
from zhuisu.profiles.values import MAX_DIGITS

# As data-element dictionaries mark them: mandatory, conditional, optional.
Obligation = Literal["M", "C", "O"]

TYPES: dict[str, Words] = {
    "text": Words("字符型", "text"),
    "number": Words("数值型", "number"),
    "integer": Words("整数型", "whole number"),
    "date": Words("日期型", "date"),
    "datetime": Words("日期时间型", "date and time"),
    "choice": Words("代码型", "choice"),
    "yes_no": Words("布尔型", "yes or no"),
    "code": Words("编码型", "identifier"),
    "person": Words("人员引用", "reference to a person"),
    "evidence": Words("文件引用", "reference to a file"),
}
# Shown forms of types whose length is fixed.
_FORMS = {
    "date": "YYYY-MM-DD",
    "datetime": "YYYY-MM-DDThh:mm:ss±hh:mm",
    "yes_no": "true/false",
    "evidence": "href+sha256",
}
_EVIDENCE = {
    "law": Words("法律法规", "law"),
    "standard": Words("标准", "standard"),
    "source": Words("文件", "document"),
}
_MEMORY = Words("通行做法", "practice")


@dataclass(frozen=True, slots=True)
class Element:
    """One data element. `identifier`: sector.name, a standard element's without a sector; `size`: length or form; `domain`: which values;
    `steps`: obligation by step; `source`: law and article, empty for what EPCIS itself asks for; `many`: may be said several times."""

    identifier: str
    name: Words
    type: Words
    size: str
    domain: Words
    unit: str
    steps: Mapping[str, Obligation]
    definition: Words
    source: Words
    evidence: Words
    many: bool


def elements(profile: Profile) -> list[Element]:
    """All data elements of a profile: those that every act has first, then its own, each with the steps that use it."""
    found: dict[tuple[str, Words], list[tuple[str, Column]]] = {}
    for step_id in profile.steps:
        for column in columns(profile, step_id):
            found.setdefault((column.name, column.words), []).append((step_id, column))
    held = [_element(profile, uses) for uses in found.values()]
    return sorted(held, key=lambda each: "." in each.identifier)


def _element(profile: Profile, uses: list[tuple[str, Column]]) -> Element:
    column = next((each for _, each in uses if each.basis), uses[0][1])
    own = column.own or column.place in ("paper", "sensor")
    source = evidence = Words("", "")
    if column.basis:
        source = column.basis.cited()
        evidence = _EVIDENCE.get(column.basis.evidence, _MEMORY)
    return Element(
        identifier=f"{profile.id}.{column.name}" if own else column.name,
        name=column.words,
        type=TYPES[column.type],
        size=_size(column),
        domain=_domain(column),
        unit=column.unit,
        steps={step: _obligation(each) for step, each in uses},
        definition=column.help or Words("", ""),
        source=source,
        evidence=evidence,
        many=column.many,
    )


def _obligation(column: Column) -> Obligation:
    """What the law asks for of lots or where no paper is known is conditional: only the act itself can say."""
    asked = column.demand or column.place == "paper" or (column.place == "thing" and column.basis)
    return "M" if column.required else "C" if asked else "O"


def _size(column: Column) -> str:
    if column.type in ("number", "integer"):
        return f"n..{MAX_DIGITS}"
    return _FORMS.get(column.type) or ("" if column.type == "choice" else f"an..{column.max_length}")


def _domain(column: Column) -> Words:
    if column.choices:
        zh = "；".join(f"{key} {words.zh}" for key, words in column.choices.items())
        return Words(zh, "; ".join(f"{key} {words.en}" for key, words in column.choices.items()))
    parts: list[str] = []
    if column.min is not None or column.max is not None:
        parts.append("–".join("" if each is None else f"{each:f}" for each in (column.min, column.max)))
    if column.pattern:
        parts.append(f"/{column.pattern}/")
    parts += [", ".join(column.schemes)] if column.schemes else []
    future = (["不晚于当天"], ["not in the future"]) if column.not_future else ([], [])
    return Words("；".join(parts + future[0]), "; ".join(parts + future[1]))


HEADER = (
    Words("标识符", "Identifier"),
    Words("名称", "Name"),
    Words("英文名称", "English name"),
    Words("数据类型", "Type"),
    Words("长度或格式", "Length or form"),
    Words("值域", "Value domain"),
    Words("计量单位", "Unit"),
    Words("可重复", "Repeats"),
    Words("约束（M 必选，C 条件，O 可选）", "Obligation (M mandatory, C conditional, O optional)"),
    Words("定义或说明", "Definition"),
    Words("来源", "Source"),
    Words("依据", "Rests on"),
)


def rows(profile: Profile, lang: Literal["zh", "en"] = "zh") -> list[list[str]]:
    """The dictionary as a table with its header, for a page or a file."""

    def of(words: Words) -> str:
        return words.zh if lang == "zh" else words.en

    names = {step: of(held.name) for step, held in profile.steps.items()}
    yes, no = ("是", "否") if lang == "zh" else ("yes", "no")
    made = [[of(words) for words in HEADER]]
    for each in elements(profile):
        duties = "; ".join(f"{names[step]} {duty}" for step, duty in each.steps.items())
        said = [each.identifier, each.name.zh, each.name.en, of(each.type), each.size, of(each.domain), each.unit]
        said += [yes if each.many else no, duties, of(each.definition), of(each.source), of(each.evidence)]
        made.append(said)
    return made


def as_csv(profile: Profile, lang: Literal["zh", "en"] = "zh") -> bytes:
    """The table as CSV in UTF-8 with a byte order mark: spreadsheets take the bytes for their own code page without it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows(profile, lang))
    return b"\xef\xbb\xbf" + text.getvalue().encode()
