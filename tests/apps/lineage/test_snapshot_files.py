"""The snapshot on the disk: kept near the head, shared, and never believed when anything about it is wrong."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from histories import when
from stories import Story

from zhuisu.events.store import rows
from zhuisu.lineage.queries import walk
from zhuisu.lineage.snapshot import current, files, keeper

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_way")]

CHAIN = [(1, "made", "lMilk", "lPowder"), (2, "made", "lPowder", "bTin bTan"), (3, "pack", "cCase", "bTin bTan")]


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = tmp_path
    current.forget()
    yield tmp_path
    current.forget()


def told(story, start="lMilk", direction="down"):
    answer = walk([story.items[start]], direction, position=keeper.last_position())
    return story.items_of(answer), story.carried_of(answer)


def reads(action):
    """What an action gives, and how often it read facts from the database."""
    with CaptureQueriesContext(connection) as made:
        given = action()
    return given, sum("array_agg(item)" in each["sql"] for each in made)


WHOLE = ({"lMilk", "lPowder", "bTin", "bTan"}, {"cCase"})


def test_a_walk_reads_the_snapshot_where_there_is_one():
    story = Story(*CHAIN)
    assert reads(lambda: told(story))[1] > 0
    assert keeper.keep([]) > 0
    assert keeper.keep([]) == 0
    assert reads(lambda: told(story)) == (WHOLE, 0)


def test_what_was_told_since_is_seen_at_once_and_later_kept():
    story, held = Story(*CHAIN), []
    keeper.keep(held)
    told(story)
    more = Story((5, "made", "bGift", "bBow"))
    item = story.items["bTan"]
    position = keeper.last_position() + 1
    rows("insert into part (item, event, at, role, position) values (%s, %s, %s, 10, 0), (%s, %s, %s, 11, 0)",
         [item, position + 10**9, when(4), more.items["bGift"], position + 10**9, when(4)])  # fmt: skip
    rows("insert into log_entry values (%s, %s, '')", [position, position + 10**9])
    down = walk([story.items["lMilk"]], "down", position=position)
    assert {more.items["bGift"], more.items["bBow"]} <= set(down.items)
    before = walk([story.items["lMilk"]], "down", position=position - 1)
    assert more.items["bGift"] not in before.items
    assert keeper.keep(held) > 0
    assert reads(lambda: set(walk([story.items["lMilk"]], "down", position=position).items)) == (set(down.items), 0)


def test_far_behind_the_database_answers(monkeypatch):
    story = Story(*CHAIN)
    keeper.keep([], keeper.last_position() - 1)
    monkeypatch.setattr(current, "MOST_BEHIND", 0)
    found, read = reads(lambda: told(story))
    assert found == WHOLE
    assert read > 0


def spoil_every_tenth_byte(path):
    """Each in turn, in the header and in the arrays."""
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 20)):
        yield whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]
    for size in (0, 5, 100, len(whole) // 2, len(whole) - 1):
        yield whole[:size]


def test_a_spoilt_file_is_never_believed_and_is_built_anew():
    story = Story(*CHAIN)
    keeper.keep([])
    (path,) = files.folder().glob("*.facts")
    good = path.read_bytes()
    for n, bad in enumerate(spoil_every_tenth_byte(path)):
        path.unlink()
        path.write_bytes(bad)
        current.forget()
        assert told(story) == WHOLE, n
        try:
            files.chain()
        except files.DamagedError:
            keeper.keep([])
            path = next(files.folder().glob("*.facts"))
            assert path.read_bytes() == good
        else:
            assert bad != good  # a byte between two arrays, which nobody reads


def test_another_format_another_log_and_a_newer_one_are_thrown_away(monkeypatch):
    story = Story(*CHAIN)
    keeper.keep([])
    files_format = files.FORMAT
    for change in (
        lambda: monkeypatch.setattr(files, "FORMAT", 99),
        lambda: monkeypatch.setattr(files, "FORMAT", files_format),
    ):
        change()
        current.forget()
        found, read = reads(lambda: told(story))
        assert found == WHOLE
        assert (read > 0) == (files.FORMAT == 99)
    (path,) = files.folder().glob("*.facts")
    segment = files.read(path.name)
    for identity, upto in (("1:00:ff", segment.upto), (segment.identity, segment.upto + 10**6), ("", segment.upto)):
        object.__setattr__(segment, "identity", identity)
        object.__setattr__(segment, "upto", upto)
        files.publish([files.write(segment)])
        current.forget()
        found, read = reads(lambda: told(story))
        assert found == WHOLE
        assert read > 0
        assert keeper.keep([]) > 0
        assert reads(lambda: told(story)) == (WHOLE, 0)


def test_segments_stay_few_and_old_files_go():
    held, stories = [], []
    for _ in range(20):
        stories.append(Story(*CHAIN))
        keeper.keep(held)
    assert len(held) <= 3
    assert sorted(path.name for path in files.folder().glob("*.facts")) == sorted(each.name for each in held)
    for story in stories:
        assert reads(lambda story=story: told(story)) == (WHOLE, 0)


def test_the_manifest_names_no_file_outside_the_folder():
    keeper.keep([])
    (files.folder() / files.MANIFEST).write_text(json.dumps({"format": files.FORMAT, "files": ["../x.facts"]}))
    with pytest.raises(files.DamagedError):
        files.chain()
    assert isinstance(files.folder(), Path)


def test_two_keepers_do_not_build_at_once():
    Story(*CHAIN)
    with keeper._alone() as alone:
        assert alone
        assert keeper.keep([]) == 0
    assert keeper.keep([]) > 0
