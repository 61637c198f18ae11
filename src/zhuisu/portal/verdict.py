"""The first words of an item's page, by the state of its code: what is known, what it means, what to do; never more."""

from collections.abc import Callable
from dataclasses import replace

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from zhuisu.portal.page import Page, Verdict
from zhuisu.verification.judgement import State
from zhuisu.verification.regions import provinces
from zhuisu.verification.scans import Scans
from zhuisu.verification.travel import Seen
from zhuisu.web import words

SPENT = {"destroyed", "disposed"}  # nothing to warn of where the thing has become something else
# 12315: the hotline and platform for consumers' complaints and reports of the market regulation authorities.
DO_NOT_BUY = gettext_lazy("不要购买；已经买的先不要食用或使用，联系卖家，或拨打 12315。")
ONLY_THE_CODE = gettext_lazy("平台只能证明码是真的，不能证明包装里的东西没有被换过。")
COPIED = gettext_lazy("此码在短时间内在相距很远的两地被扫过，可能被复制。")


def verdict_of(page: Page) -> Verdict:
    """What a person must know first."""
    answer = page.answer
    if answer is None or answer.state in (State.PLACE, State.PARTY):
        return _of_register(page)
    if answer.state == State.CLASS:
        return _of_class(page)
    verdict = _OF.get(answer.state, _of_records if page.made else _of_lot)(page)
    if answer.told.claim is None or page.missed:
        return verdict
    said = _("有人报告它被召回（%(date)s），但报告者不是签发者或持有者，也不在它的流转记录中：未经证实，不算召回。")
    return replace(
        verdict, lines=(said % {"date": f"{timezone.localtime(answer.told.claim.at):%Y-%m-%d}"}, *verdict.lines)
    )


def _voided(page: Page) -> Verdict:
    who = _issuer(page)
    return Verdict(
        "bad",
        _("这个码已经作废"),
        (_("%(issuer)s已声明它作废：它不应再出现在商品上。") % {"issuer": who}, *_context(page)),
        str(DO_NOT_BUY),
        scan_line(page),
    )


def _recalled(page: Page) -> Verdict:
    lines = []
    if page.recall:
        where = words.listed(f"{page.recall.when:%Y-%m-%d}", page.recall.who)
        lines.append(_("召回记录：%(what)s。") % {"what": where})
    advice = _("不要购买，不要食用或使用。保留包装和购物凭证，联系卖家退货；卖家拒绝的，拨打 12315。")
    return Verdict("bad", _("这件商品正在召回"), (*lines, *_context(page)), advice, scan_line(page), loud=True)


def _expired(page: Page) -> Verdict:
    answer = page.answer
    day = f"{answer.expires_on:%Y-%m-%d}" if answer and answer.expires_on else ""
    advice = _("不要购买，不要食用或使用。发现仍在销售的，可以拨打 12315 举报。")
    title = _("请注意：已过保质期（%(date)s）") % {"date": day}
    return Verdict("bad", title, tuple(_context(page)), advice, scan_line(page))


def _used(page: Page) -> Verdict:
    answer = page.answer
    sale = answer.told.sales[-1] if answer and answer.told.sales else None
    lines = [_("此码由%(issuer)s签发。") % {"issuer": _issuer(page)}]
    if sale:
        title = _("这一件已经售出（%(date)s）") % {"date": f"{timezone.localtime(sale.at):%Y-%m-%d}"}
    else:
        title = _("这个码已经使用过")
        lines.append(_("签发者已把它登记为使用过：例如已售出、已配发或已开启。"))
    reason = ""
    if _copied(page):
        reason = str(COPIED)
    elif answer and "repeated-sale" in answer.findings:
        reason = _("同一个码有两次售出记录，可能被复制。")
    advice = _(
        "如果就是您买的这一件，属于正常。如果它还在货架上，或购买日期与您的不符，码可能被复制：不要购买，联系卖家，或拨打 12315。"
    )
    return Verdict("warn", title, (*lines, *_context(page)), advice, scan_line(page), reason)


def _inactive(page: Page) -> Verdict:
    lines = (_("此码由%(issuer)s签发，还没有启用；商品出厂前应当启用。") % {"issuer": _issuer(page)}, *_context(page))
    advice = _("可能是商家漏做启用，也可能是标签外流。先不要购买；已经买的，请向卖家或生产者核实。")
    return Verdict("warn", _("这个码还没有启用"), lines, advice, scan_line(page))


def _genuine(page: Page) -> Verdict:
    if bad := _warned(page):
        return bad
    lines = (*_context(page), str(ONLY_THE_CODE))
    if _copied(page):
        return Verdict(
            "warn", _("此码由%(issuer)s签发，但可能被复制") % {"issuer": _issuer(page)}, lines,
            _("请核对包装、批号和购买渠道；有疑问先不要购买，联系卖家或生产者，或拨打 12315。"), scan_line(page), str(COPIED),
        )  # fmt: skip
    return Verdict("ok", _signed(page), lines, _repeated(page), scan_line(page))


def _foreign(page: Page) -> Verdict:
    who = _issuer(page)
    lines = [
        _("这个码由其他平台签发，在%(issuer)s从主管平台导出的码表中。") % {"issuer": who},
        _("真伪以签发平台的查询为准。"),
    ]
    tone, reason = ("warn", str(COPIED)) if _copied(page) else ("none", "")
    title = _("在主管平台导出的码表中")
    return Verdict(tone, title, (*lines, *_context(page)), _repeated(page), scan_line(page), reason)


def _missed(page: Page) -> Verdict:
    """One answer for all that is not known, forged or never issued: it must not tell them apart."""
    if not page.single:
        return _of_lot(page)
    reasons = _("可能输入有误，可能还没有上报，可能不归本平台管，也可能码是假的；单凭这里无法判断。")
    advice = _(
        "请对照包装再扫一次或再输一次。仍然查不到的，不要凭这个码相信商品的来源；可以向卖家索要进货凭证，或拨打 12315。"
    )
    return Verdict("warn", _("平台没有这个码的记录"), (reasons,), advice)


def _signed(page: Page) -> str:
    return _("此码由%(issuer)s签发，已启用") % {"issuer": _issuer(page)}


def _issuer(page: Page) -> str:
    return page.issuer_name or _("登记的签发者")


def _copied(page: Page) -> bool:
    return page.answer is not None and "impossible-travel" in page.answer.findings


def _context(page: Page) -> list[str]:
    """The last step and the remarks on the records, where there are any."""
    counted = [step for step in page.steps if not step.voided]
    if not page.made:
        return []
    return [*([_latest(page)] if counted else []), *([page.load_line] if page.loads else []), *_remarks(page)]


def scan_line(page: Page) -> str:
    """Which scan of a single thing this is, and where and when it was looked up before. Days and provinces, no finer."""
    return scan_text(page.answer.scans) if page.answer and page.answer.scans else ""


def scan_text(scans: Scans) -> str:
    """The same of the scans alone."""
    if scans.first is None or scans.last is None:
        return _("这是平台记录到的第一次查询。")
    values = {"count": scans.number, "first": _seen(scans.first), "last": _seen(scans.last)}
    if scans.number == 2:
        return _("这是第 2 次查询：首次 %(first)s。") % values
    return _("这是第 %(count)s 次查询：首次 %(first)s，上次 %(last)s。") % values


def _seen(seen: Seen) -> str:
    found = provinces().get(seen.region[:2])
    where = words.said(found, "name") if found else ""
    return words.listed(f"{timezone.localtime(seen.at):%Y-%m-%d}", where or _("地点未知"))


def _repeated(page: Page) -> str:
    scans = page.answer.scans if page.answer else None
    if scans is None or scans.first is None:
        return ""
    return _("家人、店员或您自己都可能查过。如果您刚打开包装，而以前的查询不是你们做的，码可能被复制。")


def _of_records(page: Page) -> Verdict:
    """Not issued here: what was reported, and no word on whether it is genuine."""
    counted = [step for step in page.steps if not step.voided]
    if not counted:
        return Verdict("warn", _("原有记录已全部声明有误"), (_("上报者后来声明这些记录有误，下面仍保留原样供查。"),))
    if bad := _warned(page):
        return bad
    lines = _context(page)
    warning = _last_state(page)
    title = _counted(page)
    if page.became and warning in SPENT:
        title = words.listed(_("已用于加工"), title)
    doubted = any(step.voided or step.disputed for step in page.steps)
    reason = str(COPIED) if _copied(page) else _overdue(page)
    return Verdict("warn" if doubted or reason else "ok", title, tuple(lines), "", scan_line(page), reason)


def _overdue(page: Page) -> str:
    """That a legal duty of the thing was not done in time, where one was not."""
    late = [each.name for each in page.sector.clocks if each.tone == "overdue"]
    return _("有到期没有完成的法定事项：%(names)s。") % {"names": "、".join(late)} if late else ""


def _warned(page: Page) -> Verdict | None:
    """A warning that the last state of the thing itself gives, unless the thing has become something else."""
    word = _last_state(page)
    if not word or (page.became and word in SPENT):
        return None
    title = _("请注意：记录的状态是“%(state)s”") % {"state": words.disposition(word)}
    return Verdict("bad", title, tuple(_context(page)), str(DO_NOT_BUY), scan_line(page))


def _last_state(page: Page) -> str:
    """The last state that was told, if a buyer must see it first."""
    steps = (step for step in reversed(page.steps) if step.state and not step.voided and not step.outside)
    told = next((step.state for step in steps), "")
    return next((name for name in words.WARNINGS if told and told == words.disposition(name)), "")


def _latest(page: Page) -> str:
    last = next(step for step in reversed(page.steps) if not step.voided)
    where = words.listed(last.title, last.where)
    return _("最近一步：%(what)s（%(when)s）。") % {"what": where, "when": f"{last.when:%Y-%m-%d %H:%M}"}


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


def _of_register(page: Page) -> Verdict:
    if page.place:
        return Verdict("ok", _("已登记的地点"), (_("这个码标识一个地点，不是商品。"),))
    if page.party:
        return Verdict("ok", _("已登记的主体"), (_("这个码标识一个企业或机构，不是商品。"),))
    return Verdict("none", _("没有登记这个地点或主体"), (_("码本身写法正确，但平台的登记簿里没有它。"),))


def _of_class(page: Page) -> Verdict:
    if page.product:
        lines = (_("条码只说明是哪种商品，同一条码的商品有千千万万件。"),)
        return Verdict("none", _("认识这个品种；要查来源，还需要批号或序列号"), lines)
    lines = (_("条码写法正确，但只说明是哪种商品；要查来源，还需要批号或序列号。"),)
    return Verdict("none", _("平台没有登记这个品种"), lines)


def _of_lot(page: Page) -> Verdict:
    reasons = _("可能还没有上报，可能不归本平台管，也可能码是假的；单凭这里无法判断。")
    if page.product:
        return Verdict("warn", _("认识这个品种，但没有这一批的记录"), (reasons,))
    return Verdict("none", _("平台没有这个码的记录"), (reasons,))


_OF: dict[State, Callable[[Page], Verdict]] = {
    State.VOIDED: _voided,
    State.RECALLED: _recalled,
    State.EXPIRED: _expired,
    State.USED: _used,
    State.INACTIVE: _inactive,
    State.GENUINE: _genuine,
    State.FOREIGN: _foreign,
    State.FORGED: _missed,
    State.NEVER_ISSUED: _missed,
    State.UNKNOWN: _missed,
}
