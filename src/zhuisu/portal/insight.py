"""What someone who answers for a code sees beside the public page: which state exactly, its issue, its scans, findings."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from zhuisu.accounts.models import Organisation
from zhuisu.registry.issuing.models import Act
from zhuisu.registry.issuing.queries import acts_about
from zhuisu.verification.models import Finding
from zhuisu.verification.queries import DayCount, answers_for, days_of, findings, may_know
from zhuisu.verification.regions import provinces
from zhuisu.verification.services import Answer
from zhuisu.web import words

MOST_ACTS = 20  # lines of the issue log on a page
MOST_BARS = 30  # days drawn, the latest
CHART = (360, 64)  # its width and the height of its highest bar, in units of the drawing

STATES = {
    "forged": _("伪造：码段存在，但这个码不是由它产生的"),
    "never-issued": _("从未签发：写法像本平台的码，但没有这个码段"),
    "unknown": _("未知：没有签发，也没有任何记录"),
    "voided": _("已作废"),
    "recalled": _("召回中"),
    "expired": _("已过期"),
    "used": _("已使用或已售出"),
    "inactive": _("已签发，未启用"),
    "genuine": _("已签发，已启用"),
    "foreign": _("外部码：由主管平台签发，企业导入"),
    "recorded": _("不是本平台签发，有上报记录"),
}
KINDS = {
    "issued": _("已签发"),
    "active": _("已启用"),
    "voided": _("已作废"),
    "used": _("已使用"),
    "never-issued": _("从未签发"),
    "forged": _("伪造"),
    "foreign": _("外部导入"),
    "none": _("没有签发记录"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the chart."""

    x: float
    y: float
    width: float
    height: float
    day: date
    scans: int


@dataclass(frozen=True, slots=True)
class Line:
    """Scans of one day in one region, in words."""

    day: date
    region: str
    scans: int


@dataclass(slots=True)
class Insight:
    """The card."""

    state: str
    facts: list[tuple[str, str]]
    acts: list[Act] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    findings: list[tuple[Finding, str]] = field(default_factory=list)
    total: int = 0

    @property
    def most(self) -> int:
        """The highest number of scans on a day."""
        return max((bar.scans for bar in self.bars), default=0)


def insight_of(viewer: Organisation | None, answer: Answer | None) -> Insight | None:
    """What this viewer may see of a single thing's code; None where that is no more than the public sees.

    Any authority learns the state. Acts, scans and findings are for the issuer, the authorities of its region, the operator.
    """
    if viewer is None or answer is None:
        return None
    standing, code = answer.standing, answer.look.code
    if str(answer.state) not in STATES or not may_know(viewer, standing):
        return None
    seen = Insight(str(STATES[answer.state]), _facts(answer))
    issuer = standing.organisation or (standing.series.organisation if standing.series else None)
    if answers_for(viewer, issuer) or (issuer is None and viewer.kind == Organisation.Kind.REGULATOR):
        seen.acts = acts_about(standing, limit=MOST_ACTS)
        days = days_of(code)
        seen.bars = bars_of(days)
        seen.lines = [Line(each.day, region_name(each.region), each.scans) for each in days]
        seen.total = sum(each.scans for each in days)
    seen.findings = [(each, _told(each)) for each in findings(viewer, item=code.canonical)]
    return seen


def _facts(answer: Answer) -> list[tuple[str, str]]:
    standing = answer.standing
    facts = [(now("签发登记"), str(KINDS[standing.kind]))]
    if standing.series:
        facts.append((now("码段"), standing.series.name))
        facts.append((now("签发者"), words.said(standing.series.organisation, "name")))
    elif standing.organisation:
        facts.append((now("导入者"), words.said(standing.organisation, "name")))
    if standing.batch:
        batch = standing.batch
        told = {"number": batch.pk, "count": batch.count, "day": f"{timezone.localtime(batch.at):%Y-%m-%d}"}
        facts.append((now("赋码批"), now("第 %(number)s 号，%(count)s 个，%(day)s") % told))
    if standing.counter is not None and standing.batch:
        facts.append((now("批内序号"), str(standing.counter - standing.batch.first + 1)))
    if standing.lot:
        facts.append((now("批次"), standing.lot))
    return facts


def bars_of(days: list[DayCount]) -> list[Bar]:
    """One bar a day on which there was a scan, oldest first."""
    counted: Counter[date] = Counter()
    for each in days:
        counted[each.day] += each.scans
    shown = sorted(counted.items())[-MOST_BARS:]
    if not shown:
        return []
    width, height = CHART
    step = min(width / len(shown), width / 12)
    most = max(scans for _, scans in shown)
    return [
        Bar(round(place * step + 2, 1), round(height - size, 1), round(step - 4, 1), size, day, scans)
        for place, (day, scans) in enumerate(shown)
        for size in [round(max(2.0, height * scans / most), 1)]
    ]


def region_name(code: str) -> str:
    """The province of a scan in the reader's language."""
    found = provinces().get(code[:2])
    return words.said(found, "name") if found else now("地点未知")


def _told(finding: Finding) -> str:
    """The detail of a finding in a line."""
    detail = finding.detail
    if finding.kind == Finding.Kind.IMPOSSIBLE_TRAVEL:
        values = {
            "first": region_name(detail["first"]["region"]),
            "second": region_name(detail["second"]["region"]),
            "km": detail["km_at_least"],
            "minutes": round(detail["hours"] * 60),
        }
        return now("%(first)s与%(second)s至少相距 %(km)s 公里，两次查询相隔 %(minutes)s 分钟") % values
    return str(detail.get("event", ""))
