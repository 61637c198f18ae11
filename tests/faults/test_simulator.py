"""Seeded runs of the whole core with failures between any two statements: `ZHUISU_SEED=n` runs that one again."""

import logging
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import simulator
from simulator import Simulation

from support import AT
from zhuisu.accounts import services
from zhuisu.accounts.models import Organisation
from zhuisu.events import merkle, sequencer
from zhuisu.events.services import Receipt
from zhuisu.lineage.snapshot import current
from zhuisu.subscriptions import delivery
from zhuisu.subscriptions.models import Delivery, NamedQuery, Subscription

FEW, MANY, PATIENCE = 10, 1_000, 30
FIRST = 20261124
PARTS = 4


@pytest.fixture
def firms(transactional_db: None, settings, tmp_path: Path, caplog) -> Iterator[list[Organisation]]:
    settings.HOME = tmp_path
    caplog.set_level(logging.CRITICAL)  # that failures are said is not what is tried here
    current.forget()
    yield [
        services.create_organisation(kind="enterprise", name=f"示范{number}", party=party, by="system", at=AT)
        for number, party in enumerate(("cn.uscc:91350212MA0000015N", "cn.uscc:91350206MA31QWE52L"))
    ]
    current.forget()


def play(seed: int, firms: list[Organisation], empty: Callable[[], None], home: Path) -> Simulation:
    """One seed on an empty core; fails with the seed and what is wrong."""
    simulation = Simulation(seed, firms)
    try:
        try:
            simulation.run()
            wrong = simulation.check()
        except Exception as fault:  # whatever ends it, the seed is said
            raise AssertionError(f"ZHUISU_SEED={seed}\n{fault!r}") from fault
    finally:
        empty()
        for model in (Delivery, Subscription, NamedQuery):
            model.objects.all().delete()
        current.forget()
        shutil.rmtree(home / "snapshot", ignore_errors=True)
    if wrong:
        simulation.history.save(home / f"history-{seed}.jsonl")
    assert not wrong, f"ZHUISU_SEED={seed}\n" + "\n".join(wrong)
    return simulation


@pytest.fixture(autouse=True)
def warm(firms, empty, tmp_path) -> None:
    """What is looked up once in a process is looked up: a seed that is played alone goes as it went among others."""
    play(0, firms, empty, tmp_path)


def seeds(count: int) -> list[int]:
    told = os.environ.get("ZHUISU_SEED")
    return [int(told)] if told else [FIRST + number for number in range(count)]


def test_a_few_seeds(firms, empty, tmp_path) -> None:
    """Each run does everything, and every kind of failure comes in some of them."""
    felt: Counter[str] = Counter()
    told = answered = deliveries = 0
    for seed in seeds(FEW):
        simulation = play(seed, firms, empty, tmp_path)
        felt += simulation.stage.felt
        told += len(simulation.history.told)
        answered += sum(1 for _ in simulation.history.acknowledged())
        deliveries += simulation.receiver.tries
    print(f"{told} requests, {answered} acknowledged, {deliveries} deliveries, {dict(felt)}")
    if "ZHUISU_SEED" not in os.environ:
        assert felt.keys() == {"crash", "cut", "error", "clock"}
        assert answered > FEW
        assert deliveries > FEW


def forget_the_queue(patch: pytest.MonkeyPatch) -> None:
    """A sequencer that takes events from the queue before their positions are safe."""
    patch.setattr(sequencer, "_drain", sequencer._drain.__wrapped__)


def send_and_hope(patch: pytest.MonkeyPatch) -> None:
    """A deliverer that takes no answer for a good one."""
    patch.setattr(delivery._Answer, "taken", property(lambda _: True))


def sign_another_root(patch: pytest.MonkeyPatch) -> None:
    """A head over another last leaf than the log has."""
    append = merkle.append
    patch.setattr(merkle, "append", lambda size, peaks, leaves: append(size, peaks, [*leaves[:-1], b"\0" * 32]))


def acknowledge_first(patch: pytest.MonkeyPatch) -> None:
    """A journal that answers before anything is durable."""
    patch.setattr(simulator, "journal", lambda *_, **__: Receipt("nowhere", finished=False))


PLANTED = (forget_the_queue, send_and_hope, sign_another_root, acknowledge_first)


@pytest.mark.long
@pytest.mark.parametrize("plant", PLANTED, ids=lambda one: one.__name__)
def test_a_planted_fault_is_found(plant, firms, empty, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    for seed in range(FIRST, FIRST + PATIENCE):
        try:
            play(seed, firms, empty, tmp_path)
        except AssertionError as told:
            assert f"ZHUISU_SEED={seed}" in str(told)
            return
    pytest.fail(f"{PATIENCE} seeds did not find it")


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_a_thousand_seeds(part: int, firms, empty, tmp_path) -> None:
    """In parts, which several processes may take (`-n 2 --dist load`)."""
    for seed in seeds(MANY)[part::PARTS]:
        play(seed, firms, empty, tmp_path)
