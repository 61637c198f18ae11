"""What a newcomer can try: one code of each kind, with a sentence in both languages."""

from typing import NamedTuple

from zhuisu import codes
from zhuisu.config.demo.build import Story


class Sample(NamedTuple):
    """code: as one types it; canonical: as the platform knows it."""

    code: str
    canonical: str
    zh: str
    en: str


def _sample(canonical: str, zh: str, en: str) -> Sample:
    code = codes.from_canonical(canonical)
    typed = codes.to_ai(code) if code.scheme.startswith("gs1.") else code.value
    return Sample(typed, canonical, zh, en)


def samples(story: Story) -> tuple[Sample, ...]:
    """Eight codes of the week."""
    return (
        _sample(story.sold_tins[-1], "一听婴儿配方奶粉：六家牧场的奶", "a tin of infant formula: milk of six farms"),
        _sample(
            story.pork_lot,
            f"小票 {story.pork_ticket} 上的冷鲜猪前腿肉批次",
            f"the lot of pork foreleg on ticket {story.pork_ticket}",
        ),
        _sample(story.vegetable_lot, "一批上海青，附承诺达标合格证", "a lot of pak choi with its promise certificate"),
        _sample(story.pallet, "一个被重复使用的托盘码（SSCC）", "a pallet whose SSCC was used twice"),
        _sample(story.ear_tag, "一头猪的耳标", "the ear tag of one pig"),
        _sample(story.trace_code, "一片白条的 20 位追溯码", "a half-carcass by its trace code of 20 digits"),
        _sample(
            story.lift,
            "一部电梯的设备代码：年度检验已逾期",
            "a lift by its equipment code: the yearly inspection is overdue",
        ),
        _sample(
            story.cylinder, "一只车用天然气瓶：安装、登记、充装", "a taxi's gas cylinder: fitted, registered, filled"
        ),
    )
