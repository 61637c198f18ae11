"""The form of a step, made from the columns of its records. What is accepted is decided by profiles.entry alone."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from zhuisu.profiles import entry
from zhuisu.profiles.entry import Column
from zhuisu.profiles.model import Profile
from zhuisu.web import words
from zhuisu.workspace.records import reads
from zhuisu.workspace.records.said import told

RADIO_MOST = 4  # choices: more are a pick list, which a thumb opens faster than it scrolls
MOST_TEXT = 32_767  # characters of one box, as of one cell of a sheet

# What people fill in although nothing demands it: from whom, where.
ALWAYS = frozenset({"buyer", "supplier", "place"})
# Whose names say enough beside the field that they belong to.
PLAIN = frozenset({"unit", "inputUnit", "outputUnit", "eventTime"})
GROUPS = {
    "thing": _("什么东西"),
    "item": _("它的情况"),
    "event": _("这次作业"),
    "sensor": _("测得的数值"),
    "paper": _("单据"),
    "party": _("和谁"),
    "when": _("何时何地"),
}


class Words(forms.TextInput):
    """A code, read from a scanner or typed: nothing may be put right behind a person's back."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__({"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", **attributes})


class Several(forms.Select):
    """A pick list for one value for all; a record that holds several keeps them as one choice of its own."""

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        """The choices, and what is held beside them."""
        known = {str(key) for key, _label in self.choices}
        if value and value[0] and value[0] not in known:
            self.choices = [*self.choices, (value[0], value[0])]
        return super().optgroups(name, value, attrs)


class Evidence(forms.MultiWidget):
    """A file by reference: its address and its SHA-256, which the browser can work out from the file itself."""

    template_name = "workspace/records/evidence.html"

    def __init__(self, **_more: Any) -> None:
        address = Words(inputmode="url", placeholder="https://")
        super().__init__({"href": address, "sha256": Words(maxlength=64)})

    def decompress(self, value: Any) -> list[str]:
        """The two parts of what is held, or of what was typed."""
        if isinstance(value, dict):
            return [str(value.get("href", "")), str(value.get("sha256", ""))]
        href, _blank, digest = str(value or "").strip().rpartition(" ")
        return [href, digest] if href else [digest, ""]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Both parts as one text, as a cell of a sheet has them."""
        if name in data:
            return str(data[name])
        return " ".join(part for part in super().value_from_datadict(data, files, name) if part).strip()


class RecordField(forms.Field):
    """One column as a text; profiles.entry reads and judges it."""

    def __init__(self, column: Column) -> None:
        self.column = column
        super().__init__(
            # Whether it must be there is said by entry.check like everything else; the mark is for the eye.
            required=False,
            label=told(column.words),
            help_text=told(column.help) if column.help and column.name not in PLAIN else "",
            widget=_widget(column),
        )

    def to_python(self, value: Any) -> str | None:
        """The text as it was typed; what it means is read with the whole record."""
        text = "" if value is None else str(value)
        if len(text) > MOST_TEXT:
            raise ValidationError(_("内容太长，一次最多 3 万字。"), code="length")
        return text if text.strip() else None

    def prepare_value(self, value: Any) -> Any:
        """A value of a record as its widget shows it; what was typed stays as it is."""
        return shown(self.column, value)


class RecordForm(forms.Form):
    """The values of one act. After is_valid(), `record()` is what profiles.entry knows as a record."""

    profile: Profile
    step: str
    columns: tuple[Column, ...]
    _record: dict[str, Any]

    def clean(self) -> dict[str, Any]:
        """What the profile says of the whole record, each fault beside its field. What may only warn is said before recording."""
        held = super().clean() or self.cleaned_data
        self._record, unread = entry.read(self.profile, self.step, held, zone())
        wrong = {each.column for each in unread}
        judged = entry.check(self.profile, self.step, self._record, timezone.localdate())
        for fault in (*unread, *(each for each in judged if each.severity == "error" and each.column not in wrong)):
            if fault.column not in self.errors:  # of one field the first complaint is enough
                self.add_error(fault.column if fault.column in self.fields else None, told(fault.says))
        return held

    def record(self) -> dict[str, Any]:
        """What was typed, as values by column; only after is_valid()."""
        return self._record

    def groups(self, offers: Mapping[str, Sequence[tuple[str, str]]]) -> Iterator[dict[str, Any]]:
        """The fields as the page shows them: by what they are about, those that may stay empty folded away."""
        # A unit stands open where its amount does.
        amounts = {column.name for column in self.columns if column.name.lower().endswith("quantity") and column.basis}
        weighed = amounts | {name.replace("quantity", "unit").replace("Quantity", "Unit") for name in amounts}
        helped: set[str] = set()
        for place, title in GROUPS.items():
            lines = [
                Line(column, self[column.name], offers.get(column.name, ()), column.name in weighed)
                for column in self.columns
                if (column.place if column.name != "place" else "when") == place
            ]
            if lines:
                for line in lines:  # the same words once on a page
                    said = str(line.bound.help_text)
                    line.bound.help_text = "" if said in helped else said
                    helped.add(said)
                yield {
                    "title": title,
                    "open": [line for line in lines if line.opens],
                    "shut": [line for line in lines if not line.opens],
                }


@dataclass(frozen=True, slots=True)
class Line:
    """One field on the page: its column, its control, and what a touch fills in."""

    column: Column
    bound: forms.BoundField
    offers: Sequence[tuple[str, str]]
    weighed: bool = False

    @property
    def opens(self) -> bool:
        """Whether it stands open: it is asked for, may be asked for, or something is in it or wrong with it."""
        held = self.bound.value()
        asked = self.column.required or self.column.demand or self.column.basis is not None or self.weighed
        return bool(asked or self.bound.errors or self.column.name in ALWAYS or held)

    @property
    def half(self) -> bool:
        """Whether two of its kind stand side by side also on a telephone: an amount and its unit."""
        return self.column.name.lower().endswith(("quantity", "unit"))

    @property
    def scanned(self) -> bool:
        """Whether it is a code that may be read by the camera."""
        return self.column.type == "code"

    @property
    def unit(self) -> bool:
        """Whether it is the unit of an amount."""
        return self.column.name.lower().endswith("unit")

    @property
    def several(self) -> bool:
        """Whether the control is several controls, which a legend names and not a label."""
        return isinstance(self.bound.field.widget, forms.RadioSelect | Evidence)

    @property
    def conditions(self) -> str:
        """The conditions under which it is asked for, as the script reads them: JSON of [field, values]; "" where there are none
        that a form can tell."""
        told_of = [[when.field, list(when.any_of)] for when in self.column.demand]
        plain = all(when.field and not when.roles and not when.kinds for when in self.column.demand)
        return json.dumps(told_of) if told_of and plain and not self.column.required else ""


def zone() -> str:
    """The offset of this node's clock, as an event has it: +08:00."""
    text = timezone.localtime().strftime("%z")
    return f"{text[:3]}:{text[3:5]}"


def form_for(profile: Profile, step: str) -> type[RecordForm]:
    """The form of a step: one field a column, in the order of the columns."""
    columns = entry.columns(profile, step)
    fields: dict[str, Any] = {column.name: RecordField(column) for column in columns}
    held = {"profile": profile, "step": step, "columns": columns, "__module__": __name__}
    return type("StepForm", (RecordForm,), fields | held)


def shown(column: Column, value: Any) -> Any:
    """A value as a form or a page shows it to be changed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        if column.choices and len(set(value)) == 1:
            return value[0]
        between = " " if column.type in ("number", "integer", "choice") else "\n"
        return between.join(str(shown(column, one)) for one in value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if column.type == "code" and column.place in ("thing", "party") and isinstance(value, str):
        return reads.written(value)
    if column.type == "datetime" and isinstance(value, str):
        return _on_this_clock(value)
    return value


def _on_this_clock(text: str) -> str:
    """A time with its offset on the node's clock, as a browser's own field takes it: no offset, seconds where there are any."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text  # as it was typed
    if at.utcoffset() is None:
        return text
    local = timezone.localtime(at).replace(tzinfo=None)
    if local.microsecond:
        return local.isoformat(timespec="microseconds" if local.microsecond % 1000 else "milliseconds")
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def _widget(column: Column) -> forms.Widget:
    attributes: dict[str, Any] = {"enterkeyhint": "next"}
    if column.unit and column.type in ("number", "integer"):
        attributes["data-unit"] = words.unit(column.unit)
    if column.many and column.choices:
        return Several(
            attributes, choices=[("", now("请选择")), *((key, told(name)) for key, name in column.choices.items())]
        )
    if column.many and column.type in ("number", "integer"):
        return forms.TextInput({**attributes, "inputmode": "decimal", "autocomplete": "off"})
    if column.many:
        return forms.Textarea({**attributes, "rows": 2, "spellcheck": "false", "autocapitalize": "off"})
    if column.type == "yes_no":
        return forms.RadioSelect(choices=[("true", now("是")), ("false", now("否"))])
    if column.choices:
        listed = [(key, told(name)) for key, name in column.choices.items()]
        if len(listed) <= RADIO_MOST and max(len(name) for _key, name in listed) <= 24:
            return forms.RadioSelect(choices=listed)
        return forms.Select(attributes, choices=[("", now("请选择")), *listed])
    if column.type == "evidence":
        return Evidence()
    if column.type in ("date", "datetime"):
        kind = "date" if column.type == "date" else "datetime-local"
        return forms.TextInput({**attributes, "type": kind})
    if column.type in ("number", "integer"):
        mode = "decimal" if column.type == "number" else "numeric"
        return forms.TextInput({**attributes, "inputmode": mode, "autocomplete": "off"})
    if column.type == "text":
        return forms.TextInput({**attributes, "maxlength": column.max_length or 200})
    return Words(**attributes)
