"""A database restored from an older copy: what was handed out since is found by the file beside the keys, and no code comes twice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support import AT
from zhuisu import codes
from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.codes import zs_unit
from zhuisu.registry.issuing import keys, marks, queries, services
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.models import Act, Batch, Product, Series

pytestmark = pytest.mark.django_db
Issue = Callable[..., Batch]
BY: dict[str, Any] = {"by": "person:lin", "at": AT}


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


@pytest.fixture
def commit(issue: Issue, django_capture_on_commit_callbacks: Any) -> Issue:
    """Issue, and what happens after the commit."""

    def do(count: int, **fields: Any) -> Batch:
        with django_capture_on_commit_callbacks(execute=True):
            return issue(count, **fields)

    return do


def restored(*lost: Batch) -> None:
    """As if the database were of a time before these batches."""
    for batch in lost:
        Series.objects.filter(pk=batch.series_id).update(next_counter=batch.first)
        batch.delete()


def kind_of(batch: Batch, place: int) -> str:
    return queries.standing(codes.from_canonical(f"zs.unit:{batch.code_at(keys.key_of(batch.series.key), place)}")).kind


def test_the_next_order_begins_behind_what_was_handed_out(commit: Issue) -> None:
    commit(100)
    lost = commit(50)
    restored(lost)
    assert kind_of(lost, 0) == "forged"
    fresh = commit(10)
    assert (fresh.series_id, fresh.first) == (lost.series_id, 150)
    assert [kind_of(lost, place) for place in (0, 49)] == ["issued", "issued"]
    found = Batch.objects.get(series=fresh.series_id, first=100)
    assert found.count == 50
    assert Act.objects.filter(batch=found.pk, verb="issue", count=50).exists()
    assert AuditEntry.objects.get(verb="codes.recover").detail["count"] == 50


def test_all_series_are_entered_again_and_the_unknown_are_named(
    commit: Issue, maker: Organisation, cabbage: Product
) -> None:
    commit(10)
    one, other = commit(20), commit(30, product=cabbage)
    restored(one)
    other.delete()
    Series.objects.filter(pk=other.series_id).delete()
    made, unknown = services.recover(maker, **BY)
    assert [(batch.first, batch.count) for batch in made] == [(10, 20)]
    assert unknown == [other.series.name]
    assert services.recover(maker, **BY) == ([], unknown)


def test_a_series_that_is_full_after_all_is_followed_by_a_new_one(commit: Issue) -> None:
    commit(10)
    lost = commit(20)
    restored(lost)
    marks.note(lost.series.organisation_id, lost.series.name, zs_unit.MAX_PER_SERIES)
    fresh = commit(10)
    assert (fresh.series_id == lost.series_id, fresh.first) == (False, 0)


def test_a_spoilt_line_is_not_believed_and_spoils_no_other(commit: Issue, maker: Organisation) -> None:
    batch = commit(10)
    name = batch.series.name
    with marks.path_of(maker.pk).open("ab") as file:
        file.write(f"\n{name} 9999999999\n{name} x\nXX\n{name} 1".encode())
    commit(5)
    assert marks.highest(maker.pk) == {name: 15}
    marks.note(maker.pk, name, zs_unit.MAX_PER_SERIES + 1)
    assert commit(5).first == 15


def test_an_order_that_was_not_committed_leaves_no_mark(issue: Issue, maker: Organisation) -> None:
    issue(10)
    assert marks.highest(maker.pk) == {}


def test_a_key_file_that_others_may_read_is_said(issue: Issue, maker: Organisation) -> None:
    issue(1)
    path = keys.path_of(maker.pk, 1)
    assert [one.state for one in keys.states()] == ["present"]
    path.chmod(0o640)
    assert [one.state for one in keys.states()] == ["open"]


def test_a_key_folder_that_is_none(issue: Issue, maker: Organisation, settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "file"
    settings.HOME.write_text("")
    with pytest.raises(IssueError) as refused:
        issue(1)
    assert refused.value.rule == "key-folder"
    settings.HOME = tmp_path
    batch = issue(1)
    path = keys.path_of(maker.pk, 1)
    path.unlink()
    path.mkdir()
    with pytest.raises(IssueError) as refused:
        keys.key_of(batch.series.key)
    assert refused.value.rule == "key-missing"
