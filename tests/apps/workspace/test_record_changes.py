"""Acts at the desk that are corrected, taken back, or done once more."""

from datetime import UTC, datetime

from farm import PLANT, PLANTED, SEED, Land, captured, fields, record, settle
from zhuisu.compliance.acts import Wanted, acts
from zhuisu.events.scope import scope_of


def test_an_entry_is_corrected_in_one_step(land: Land) -> None:
    client = land.client()
    first = record(client, "plant", PLANT, eventTime="2026-05-01T08:00")
    settle()
    old = first.url.partition("id=")[2].partition("&")[0]
    address = f"/desk/records/correct?id={old}"
    page = client.get(address).content.decode()
    assert fields(page)["variety"] == "大红一号"
    assert fields(page)["things"] == f"{SEED}/P26"
    sent = fields(page) | {"variety": "粉果二号", "why": "incorrect_data"}
    answer = client.post(address, sent)
    if answer.status_code == 200:
        answer = client.post(address, sent | {"seen": fields(answer.content.decode())["seen"]})
    assert answer.status_code == 302, answer.content.decode()
    settle()
    shown = client.get(answer.url).content.decode()
    assert "粉果二号" in shown
    listed = client.get("/desk/records/done").content.decode()
    assert "已更正" in listed
    assert client.get(address).status_code == 404  # what is corrected is corrected no more
    before = client.get(f"/desk/records/act?id={old}").content.decode()
    assert "不再作数" in before


def test_an_act_that_never_was_is_taken_back(land: Land) -> None:
    client = land.client()
    first = record(client, "plant", PLANT, eventTime="2026-05-01T08:00")
    settle()
    address = f"/desk/records/correct?id={first.url.partition('id=')[2].partition('&')[0]}"
    sent = fields(client.get(address).content.decode()) | {"why": "did_not_occur"}
    assert client.post(address, sent).status_code == 302
    settle()
    assert "已更正" in client.get("/desk/records/done").content.decode()


def test_once_more_with_the_same_values(land: Land) -> None:
    client = land.client()
    first = record(client, "plant", PLANT, eventTime="2026-05-01T08:00")
    settle()
    old = first.url.partition("id=")[2].partition("&")[0]
    again = fields(client.get(f"/desk/records/crops/plant?again={old}").content.decode())
    assert again["variety"] == "大红一号"
    assert again["eventTime"] != "2026-05-01T08:00"


def test_a_correction_changes_what_was_changed_and_nothing_else(land: Land) -> None:
    """The time on another clock and what no column of the form holds."""
    client = land.client()
    old = captured(land, PLANTED)
    address = f"/desk/records/correct?id={old}"
    sent = fields(client.get(address).content.decode())
    assert sent["eventTime"] == "2026-05-01T08:00:30.250"
    sent |= {"variety": "粉果二号", "why": "incorrect_data"}
    answer = client.post(address, sent)
    if answer.status_code == 200:
        answer = client.post(address, sent | {"seen": fields(answer.content.decode())["seen"]})
    assert answer.status_code == 302, answer.content.decode()
    settle()
    (made,) = acts(scope_of(land.farm), Wanted(), limit=1)
    new = made.event()
    assert made.event_id != old
    assert new.event_time == datetime(2026, 5, 1, 0, 0, 30, 250_000, UTC)
    assert new.read_point
    assert [kind for kind, _ in new.biz_transactions] == ["inv"]
    assert "粉果二号" in client.get(answer.url).content.decode()
    # The same form once more, as after a lost answer: it is the same correction.
    again = client.post(address, sent)
    assert again.status_code == 302
    assert again.url == answer.url
