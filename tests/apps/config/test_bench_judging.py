"""The figure of judging: the sector with the most rules, and a baseline that really reads the same events."""

from zhuisu import epcis, sectors
from zhuisu.config.bench import judging
from zhuisu.config.bench.figures import Scale
from zhuisu.profiles.examples import examples
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.model import Profile


def rules_of(profile: Profile) -> list[str]:
    return [rule.id for rules in Judge(profile).rules.values() for rule in rules]


def test_the_baseline_reads_every_event_that_is_judged() -> None:
    judge = judging.heaviest()
    held = examples(sectors.FOLDER / judge.profile.id)
    read = epcis.read(judging.document(held)).events
    assert [one.event_time_text for one in read if isinstance(one, epcis.Event)] == [
        one.event.event_time_text for one in held
    ]
    assert sum(bool(judge.step_of(one.event, one.facts.roles)) for one in held) == len(held)


def test_the_sector_with_the_most_rules_is_measured() -> None:
    counts = [len(rules_of(sector.editions[0])) for sector in sectors.all().values()]
    first, second = judging.figures(Scale(100))
    assert (first.id, second.id) == ("J1", "J2") and f"({max(counts)} rules)" in first.what
    assert first.value > 0 and first.baseline and second.value > 0
