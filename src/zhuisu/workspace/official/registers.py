"""Is this approval number genuine? A number is typed or a code scanned; every register that was loaded is asked."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as now
from django.views.decorators.http import require_GET

from zhuisu import sectors
from zhuisu.accounts.models import Person
from zhuisu.registry.models import Register, RegisterEntry
from zhuisu.registry.official import queries
from zhuisu.registry.official.numbers import key_of
from zhuisu.web import words
from zhuisu.web.doors import signed_in
from zhuisu.workspace.records.said import told
from zhuisu.workspace.rights import rights_of

MAX_TEXT = 2048  # characters of a scanned code, as codes.parse
SHOWN_MOST = 10  # approvals of one answer: a maker may have hundreds, and its number says which is meant

_TONES = {"listed": "yes", "expired": "warn", "not_yet": "warn", "withdrawn": "no"}
_ORDER = ("number", "code", "part")


@dataclass(frozen=True, slots=True)
class Look:
    """What one register says. `tone`: yes, warn, no; of a part of a code never yes: of the single pack it says nothing."""

    register: Register
    answer: queries.Answer
    on: date

    @property
    def tone(self) -> str:
        """How the answer looks."""
        tone = _TONES[self.answer.state]
        return "warn" if tone == "yes" and self.answer.how == "part" else tone

    @property
    def rows(self) -> list[tuple[RegisterEntry, str]]:
        """The first approvals, each with its own state."""
        return [(each, queries.state_of(each, self.on)) for each in self.answer.entries[:SHOWN_MOST]]

    @property
    def more(self) -> bool:
        """Whether there are approvals that are not shown."""
        return len(self.answer.entries) > SHOWN_MOST


@require_GET
@signed_in
def page(request: HttpRequest, person: Person) -> HttpResponse:
    """The question, its answer, and which registers are asked."""
    text = request.GET.get("q", "").replace("\x00", "").strip()
    name = request.GET.get("register", "").replace("\x00", "")
    text = text if key_of(text) else ""  # blanks and marks alone ask nothing
    held, today = queries.registers(), timezone.localdate()
    asked = [each for each in held if name in ("", each.name)]
    missing = _missing({each.name for each in held}, today)
    wrong = now("内容太长：请只填批准文号或扫到的编码。") if len(text) > MAX_TEXT else ""
    looks = _looks(asked, text, today) if text and not wrong else []
    context = {
        "text": text[:MAX_TEXT],
        "wrong": wrong,
        "asked_names": words.listed(*(words.said(each, "title") for each in asked)),
        "chosen": name,
        "looks": looks,
        # A number of a register that is not here would be called false: only where all are, or one is named, it is.
        "unknown": ("warn" if missing and not name else "no") if text and asked and not looks and not wrong else "",
        "registers": held,
        "missing": missing,
        "today": today,
        **rights_of(person),
    }
    return render(request, "workspace/official/registers.html", context, status=422 if wrong else 200)


def _looks(registers: list[Register], text: str, on: date) -> list[Look]:
    """The registers that know something of it; those that know the number itself before those that know a part."""
    found = [Look(each, queries.look(each.name, text, on), on) for each in registers]
    known = [each for each in found if each.answer.entries]
    best = min((_ORDER.index(each.answer.how) for each in known if each.answer.how), default=0)
    return [each for each in known if each.answer.how == _ORDER[best]]


def _missing(loaded: set[str], on: date) -> list[str]:
    """What profiles would have looked up and nobody loaded, in words: sector and field."""
    found: dict[str, Any] = {}
    for name in sectors.all():
        profile = sectors.profile(name, on)
        for field in profile.fields.values() if profile else ():
            if profile and field.register and field.register not in loaded:
                found.setdefault(field.register, f"{told(profile.name)}{now('：')}{told(field.name)}")
    return sorted(found.values())
