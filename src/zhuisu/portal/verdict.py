"""The first sentence of an item's page: only what the records say, never more. We do not issue codes yet, so never "genuine"."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhuisu.codes import Level
from zhuisu.portal.page import Page, Verdict
from zhuisu.web import words

SPENT = {"destroyed", "disposed"}  # nothing to warn of where the thing has become something else


def verdict_of(page: Page, at: datetime) -> Verdict:
    """What a person must know first."""
    if page.code.level in (Level.PLACE, Level.PARTY):
        return _of_register(page)
    if page.made is None:
        return _of_unknown(page)
    counted = [step for step in page.steps if not step.voided]
    if not counted:
        return Verdict("warn", _("原有记录已全部声明有误"), (_("上报者后来声明这些记录有误，下面仍保留原样供查。"),))
    lines = []
    last = counted[-1]
    where = words.listed(last.title, last.where)
    moment = f"{last.when:%Y-%m-%d %H:%M}"
    lines.append(_("最近一步：%(what)s（%(when)s）。") % {"what": where, "when": moment})
    warning = next((step for step in reversed(counted) if step.state), None)
    word = next((name for name in words.WARNINGS if warning and warning.state == words.disposition(name)), None)
    lines += [page.load_line] if page.loads else []
    lines += _remarks(page)
    if page.became and word in SPENT:
        return Verdict("ok", words.listed(_("已用于加工"), _counted(page)), tuple(lines))
    if word and warning:
        return Verdict("bad", _("请注意：记录的状态是“%(state)s”") % {"state": warning.state}, tuple(lines))
    if expired := _expired(page, at):
        return Verdict("bad", _("请注意：已过保质期（%(date)s）") % {"date": expired}, tuple(lines))
    if any(step.voided or step.disputed for step in page.steps):
        return Verdict("warn", _counted(page), tuple(lines))
    return Verdict("ok", _counted(page), tuple(lines))


def _counted(page: Page) -> str:
    """How much is known, in one line."""
    counted = sum(not step.voided for step in page.steps) + page.hidden_steps
    if not page.single:
        steps = ngettext("有 %(count)s 步公开记录", "有 %(count)s 步公开记录", counted)
    elif any(step.state == words.disposition("retail_sold") and not step.voided for step in page.steps):
        steps = ngettext("有 %(count)s 步记录，已售出", "有 %(count)s 步记录，已售出", counted)
    else:
        steps = ngettext("有 %(count)s 步记录", "有 %(count)s 步记录", counted)
    makers = len(page.origin.makers) if page.origin else 0
    if not page.origin or not makers:
        sources = ""
    elif page.origin.deeper:
        sources = ngettext("来源至少可查到 %(count)s 家", "来源至少可查到 %(count)s 家", makers) % {"count": makers}
    else:
        sources = ngettext("来源可查到 %(count)s 家", "来源可查到 %(count)s 家", makers) % {"count": makers}
    return words.listed(steps % {"count": counted}, sources)


def _remarks(page: Page) -> list[str]:
    lines = []
    if voided := sum(step.voided for step in page.steps):
        text = ngettext(
            "其中 %(count)s 条已声明有误，保留并划去。", "其中 %(count)s 条已声明有误，保留并划去。", voided
        )
        lines.append(text % {"count": voided})
    if disputed := sum(step.disputed for step in page.steps):
        text = ngettext(
            "%(count)s 条记录有争议：另一主体以同一编号报了不同内容。",
            "%(count)s 条记录有争议：另一主体以同一编号报了不同内容。",
            disputed,
        )
        lines.append(text % {"count": disputed})
    lines.append(_("这是经营者上报的记录，不是真伪鉴定。"))
    return lines


def _expired(page: Page, at: datetime) -> str:
    """The printed expiry date, if it lies before today."""
    printed = page.label.get("itemExpirationDate", "")[:10]
    try:
        expiry = datetime.strptime(printed, "%Y-%m-%d").date()  # noqa: DTZ007 a date has no zone
    except ValueError:
        return ""
    return printed if expiry < at.date() else ""


def _of_register(page: Page) -> Verdict:
    if page.place:
        return Verdict("ok", _("已登记的地点"), (_("这个码标识一个地点，不是商品。"),))
    if page.party:
        return Verdict("ok", _("已登记的主体"), (_("这个码标识一个企业或机构，不是商品。"),))
    return Verdict("none", _("没有登记这个地点或主体"), (_("码本身写法正确，但平台的登记簿里没有它。"),))


def _of_unknown(page: Page) -> Verdict:
    reasons = _("可能还没有上报，可能不归本平台管，也可能码是假的；单凭这里无法判断。")
    if page.code.level == Level.CLASS:
        if page.product:
            return Verdict(
                "none",
                _("认识这个品种；要查来源，还需要批号或序列号"),
                (_("条码只说明是哪种商品，同一条码的商品有千千万万件。"),),
            )
        return Verdict(
            "none", _("平台没有登记这个品种"), (_("条码写法正确，但只说明是哪种商品；要查来源，还需要批号或序列号。"),)
        )
    if page.product:
        return Verdict("warn", _("认识这个品种，但没有这一批或这一件的记录"), (reasons,))
    return Verdict("none", _("平台没有这个码的记录"), (reasons,))
