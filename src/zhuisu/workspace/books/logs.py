"""A logger's file (time, value) as the sensor readings of one act: read, looked at by the act's own form, stored."""

import csv
import io
import math
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from zhuisu import codes, epcis, sectors
from zhuisu.accounts.models import Person
from zhuisu.events.services import Refused, receive
from zhuisu.profiles.model import Sensor
from zhuisu.profiles.typed import EntryError, identifier
from zhuisu.web import sector_words
from zhuisu.web.doors import signed_in
from zhuisu.workspace.books.gate import roles_of
from zhuisu.workspace.codes.orders import in_words
from zhuisu.workspace.records.forms import form_for
from zhuisu.workspace.records.writing import built, document
from zhuisu.workspace.rights import denied, may_capture, rights_of

MAX_OCTETS = 1_000_000  # of a logger's file: three months at five minutes
MAX_READINGS = 5_000  # of one act: two and a half weeks at five minutes; an event of a megabyte
YEARS = range(1990, 2100)  # of a reading: loggers with a clock are younger, and a clock that was reset says 1970
TIMES = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
)


class LogForm(forms.Form):
    """The file, and how the readings were made."""

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(
        label=gettext_lazy("记录仪导出的 CSV"),
        help_text=gettext_lazy("第一列时间，第二列读数；有无表头都可以。时间不带时区的按本地时间。"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt"}),
    )


def readings(octets: bytes) -> list[tuple[datetime, float]]:
    """Times (aware) and values of a logger's file, in the order of time. Raises EntryError that names the line."""
    if len(octets) > MAX_OCTETS:
        raise EntryError("log-size", "a logger's file holds at most 1 MB", "记录仪文件最大 1 MB，请分段导出")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = octets.decode("gb18030", errors="replace")
    sample = text[:2_000]
    between = max(",;\t", key=sample.count)
    found: list[tuple[datetime, float]] = []
    for number, cells in enumerate(_cells(text, between), 1):
        if not any(cell.strip() for cell in cells):
            continue
        at, value = (_time(cells[0]), _number(cells[1])) if len(cells) > 1 else (None, None)
        if at is None or value is None:
            if not found and number == 1:
                continue  # a head
            shown = between.join(cells)[:60]
            raise EntryError(
                "log-line",
                f"line {number} is not a time and a number: {shown}",
                f"第 {number} 行不是“时间、读数”：{shown}",
            )
        found.append((at, value))
        if len(found) > MAX_READINGS:
            raise EntryError(
                "log-length",
                f"one act takes {MAX_READINGS:,} readings",
                f"一次最多 {MAX_READINGS:,} 个读数，请分段导入",
            )
    if not found:
        raise EntryError("log-empty", "no readings in the file", "文件里没有读数")
    return sorted(found)


def _cells(text: str, between: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text), delimiter=between)
    except csv.Error as wrong:
        raise EntryError(
            "log-file", f"the file is no CSV: {wrong}", "文件不是 CSV 格式，请用记录仪软件重新导出"
        ) from None


def _time(text: str) -> datetime | None:
    cleaned = text.strip().replace("Z", "+00:00")
    try:
        found: datetime | None = datetime.fromisoformat(cleaned)
    except ValueError:
        found = next((each for form in TIMES if (each := _parsed(cleaned, form))), None)
    if found is None or found.year not in YEARS:
        return None
    return found if found.tzinfo else timezone.make_aware(found)


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - made aware by the caller
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        value = float(text.strip().removesuffix("℃").removesuffix("°C").removesuffix("%").replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def elements(found: list[tuple[datetime, float]], sensor: Sensor) -> list[dict[str, Any]]:
    """The readings as EPCIS 2.0 sensor elements (§7.3.7), one for each."""
    return [
        {
            "sensorMetadata": {"time": timezone.localtime(at).isoformat(timespec="seconds")},
            "sensorReport": [{"type": sensor.measure, "value": value, "uom": sensor.unit}],
        }
        for at, value in found
    ]


@require_http_methods(["GET", "POST"])
@signed_in
def log(request: HttpRequest, person: Person, sector: str, step: str) -> HttpResponse:
    """Import a logger's file as the readings of one step of one thing; the step's other values are filled in on the same page."""
    on = timezone.localdate()
    profile = sectors.profile(sector, on)
    if profile is None or step not in profile.steps or not profile.steps[step].sensors:
        raise Http404
    if not may_capture(person) or not roles_of(person.organisation, on).get(sector, set()) & set(
        profile.steps[step].by
    ):
        return denied(request, person)
    sensor = next(iter(profile.steps[step].sensors.values()))
    kind = form_for(profile, step)
    own = LogForm(request.POST or None, request.FILES or None, initial={"request_id": uuid.uuid4()})
    thing = _thing(request.GET.get("thing", ""))
    form = kind(request.POST) if request.method == "POST" else kind(initial={"things": [thing] if thing else []})
    wrong: list[str] = []
    if request.method == "POST" and own.is_valid():
        try:
            found = readings(own.cleaned_data["file"].read(MAX_OCTETS + 1))
            if form.is_valid():
                event_id = f"urn:uuid:{uuid.uuid5(own.cleaned_data['request_id'], str(person.organisation_id))}"
                said = built(form, event_id) | {"sensorElementList": elements(found, sensor)}
                receive(
                    document([said]), media_type=None, organisation=person.organisation_id,
                    by=f"person:{person.username}", at=timezone.now(),
                )  # fmt: skip
                code = _code_of(said, thing)
                return redirect("desk-thing", scheme=code.scheme, value=code.value)
        except EntryError as error:
            wrong = [in_words(error)]
        except Refused as refused:
            wrong = [in_words(why) for one in refused.refusals for why in one.reasons]
        except epcis.DocumentError as error:
            wrong = [in_words(error)]
    context = {
        "own": own,
        "fields": [form[name] for name in form.fields if not name.startswith("sensor_")],
        "name": sector_words.of(profile.steps[step].name),
        "of": sector_words.of(profile.name),
        "wrong": wrong,
        "limit": MAX_READINGS,
        **rights_of(person),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "workspace/books/log.html", context, status=status)


def _thing(canonical: str) -> str:
    """A thing as an event has it, from its canonical code; empty where that is none."""
    try:
        code = codes.from_canonical(canonical.replace("\x00", ""))
        return identifier(codes.to_digital_link(code) if code.scheme.startswith("gs1.") else codes.to_urn(code))
    except codes.CodeError:
        return ""


def _code_of(said: dict[str, Any], thing: str) -> codes.Code:
    named = next(iter(said.get("epcList") or ()), "") or next(
        (each["epcClass"] for each in said.get("quantityList") or ()), thing
    )
    return codes.parse_epc(named)
