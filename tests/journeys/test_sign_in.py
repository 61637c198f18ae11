"""A person signs in, sends a document, sees what became of it, makes and ends a key; and what is refused on the way."""

import csv
import io
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from support import AT, document, event
from zhuisu.accounts import queries, services
from zhuisu.accounts.models import ApiKey, AuditEntry, FailedSignIn, Organisation, Person
from zhuisu.events.sequencer import publish
from zhuisu.registry.models import Party
from zhuisu.web.tables import neutral

PASSWORD = "sufficient-words-42"


def organisation(kind: str, name: str, party: str, region: str = "350212") -> Organisation:
    return services.create_organisation(kind=kind, name=name, party=party, by="system", at=AT, region=region)


def person(tenant: Organisation, username: str, role: str = "admin") -> Person:
    return services.create_person(
        organisation=tenant, username=username, password=PASSWORD, role=role, by="system", at=AT
    )


@pytest.fixture
def farm(db) -> Organisation:
    return organisation("enterprise", "同安示范养殖场", "cn.uscc:91350212MA0000015N")


@pytest.fixture
def market(db) -> Organisation:
    return organisation("enterprise", "湖里示范市场", "cn.uscc:91350206MA0000023U", "350206")


def signed_in(who: Person) -> Client:
    client = Client()
    client.force_login(who)
    return client


def sign_in(client: Client, name: str, password: str, **more):
    return client.post("/sign-in", {"username": name, "password": password, **more})


def send(client: Client, *events: dict, behaviour: str = "rollback", **how):
    fields = how or {"text": document(*events).decode()}
    return client.post("/desk/upload", {"behaviour": behaviour} | fields)


def numbered(number: int, **fields) -> dict:
    return event(eventID=f"urn:uuid:00000000-0000-4000-a000-{number:012d}", **fields)


def test_from_the_door_to_the_verdicts_and_out(farm):
    person(farm, "lin")
    client = Client(enforce_csrf_checks=True)
    assert client.get("/desk").url == "/sign-in?next=/desk"
    page = client.get("/sign-in?next=/desk/upload").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    entered = sign_in(client, "lin", PASSWORD, next="/desk/upload", csrfmiddlewaretoken=token)
    assert (entered.status_code, entered.url) == (302, "/desk/upload")
    page = client.get("/desk/upload").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    without_token = send(client, numbered(1))
    assert without_token.status_code == 403
    sent = client.post(
        "/desk/upload",
        {"text": document(numbered(1), numbered(2)).decode(), "behaviour": "rollback", "csrfmiddlewaretoken": token},
    )
    assert sent.status_code == 302
    result = client.get(sent.url).content.decode()
    assert "全部入库" in result
    assert "person:lin" in result
    listed = client.get("/desk").content.decode()
    assert sent.url in listed
    assert client.get("/sign-out").status_code == 405
    out = client.post("/sign-out", {"csrfmiddlewaretoken": token})
    assert (out.status_code, out.url) == (302, "/")
    assert client.get("/desk").status_code == 302
    assert AuditEntry.objects.filter(organisation=farm, verb="person.sign_in", actor="person:lin").count() == 1


def test_signing_in_twice_is_no_circle(farm):
    client = signed_in(person(farm, "lin"))
    for url in ("/sign-in", "/sign-in?next=/sign-in", "/sign-in?next=/sign-in%3Fnext=/sign-in"):
        assert client.get(url).url == "/desk"


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org/", "javascript:alert(1)", "/\\example.org"])
def test_nobody_is_sent_elsewhere_after_signing_in(farm, target):
    person(farm, "lin")
    assert sign_in(Client(), "lin", PASSWORD, next=target).url == "/desk"


def test_ten_wrong_passwords_close_the_door_for_a_while(farm, monkeypatch):
    person(farm, "lin")
    client = Client()
    for _ in range(queries.SIGN_IN_FAILURES):
        page = sign_in(client, "lin", "wrong")
        assert page.status_code == 200
        assert "用户名或密码不正确" in page.content.decode()
    for password in ("wrong", PASSWORD):
        assert "失败次数过多" in sign_in(client, "lin", password).content.decode()
    assert sign_in(Client(REMOTE_ADDR="192.0.2.9"), "lin", PASSWORD).status_code == 302
    later = timezone.now() + queries.SIGN_IN_WINDOW + timedelta(seconds=1)
    monkeypatch.setattr("zhuisu.web.doors.timezone.now", lambda: later)
    assert sign_in(client, "lin", PASSWORD).status_code == 302
    assert not FailedSignIn.objects.exists()


def test_unknown_names_and_wrong_passwords_look_the_same(farm):
    person(farm, "lin")
    pages = [
        re.sub(r'value="[^"]*"', "", sign_in(Client(), name, "wrong").content.decode()) for name in ("lin", "nobody")
    ]
    assert pages[0] == pages[1]


def test_a_wrong_document_comes_back_with_its_reasons_and_what_was_typed(farm):
    client = signed_in(person(farm, "lin"))
    text = document(numbered(1), numbered(2, action="DANCE")).decode()
    page = send(client, text=text)
    assert page.status_code == 422
    body = page.content.decode()
    assert "以下事件不合格" in body
    assert "DANCE" in body
    assert re.search(r'<td class="n"[^>]*>2</td>', body)
    assert queries.audit_of(farm, 10)
    broken = send(client, text='{"type": "EPCIS')
    assert broken.status_code == 422
    assert 'aria-invalid="true"' in broken.content.decode()
    assert "{&quot;type&quot;: &quot;EPCIS" in broken.content.decode()
    assert "还没有上报" in client.get("/desk").content.decode()


def test_a_small_wrong_file_comes_back_as_text_to_be_mended(farm):
    client = signed_in(person(farm, "lin"))
    page = send(client, file=SimpleUploadedFile("a.json", document(numbered(2, action="DANCE")))).content.decode()
    assert "<textarea" in page
    assert "DANCE" in page.partition("<textarea")[2]
    good = send(client, file=SimpleUploadedFile("a.json", document(numbered(2))))
    assert good.status_code == 302


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "请选择文件"),
        ({"text": "   "}, "请选择文件"),
        ({"text": "{}", "file": SimpleUploadedFile("a.json", b"{}")}, "只提供一种"),
        ({"file": SimpleUploadedFile("a.json", b"")}, "文件是空的"),
        ({"file": SimpleUploadedFile("a.json", "备注".encode("gbk"))}, "aria-invalid"),
        ({"text": "\ud800"}, ""),
        ({"text": "{}", "behaviour": "other"}, ""),
    ],
)
def test_what_cannot_be_sent_is_said_beside_the_field(farm, fields, says):
    if fields.get("text") == "\ud800":
        fields = {"text": "\\ud800"}
    page = signed_in(person(farm, "lin")).post("/desk/upload", {"behaviour": "rollback"} | fields)
    assert page.status_code == 422
    assert says in page.content.decode()
    assert 'class="error"' in page.content.decode()


def test_proceed_shows_a_verdict_for_each_event_that_was_not_taken(farm):
    client = signed_in(person(farm, "lin"))
    sent = send(client, numbered(1), numbered(2, action="DANCE"), event(), behaviour="proceed")
    page = client.get(sent.url).content.decode()
    assert "有退回" in page
    assert "平台已为它编号" in page
    assert "ni:///sha-256;" in page


def test_english_is_complete_on_every_page_of_the_desk(farm):
    client = signed_in(person(farm, "lin"))
    client.cookies["django_language"] = "en"
    sent = send(client, numbered(1), numbered(2, action="DANCE"), event(), behaviour="proceed")
    key, _ = services.issue_key(organisation=farm, label="ERP", by="system", at=AT)
    pages = [client.get(url) for url in ("/desk", "/desk?q=none", sent.url, "/desk/upload", "/desk/keys")]
    pages += [
        client.get(f"/desk/keys/{key.pk}/revoke"),
        send(client, text="x"),
        Client(headers={"Accept-Language": "en"}).get("/sign-in"),
    ]
    for page in pages:
        shown = re.sub(r'<a [^>]*lang="zh-Hans"[^>]*>.*?</a>|<span class="seal".*?</span>', "", page.content.decode())
        left = re.findall(r"[\u4e00-\u9fff]+", shown.replace(farm.name, ""))
        assert left == [], (page.request["PATH_INFO"], left)


def test_a_key_is_shown_once_works_and_ends(farm):
    client = signed_in(person(farm, "lin"))
    made = client.post("/desk/keys", {"label": "收银系统", "may_capture": "on"})
    text = re.search(r"zs_[\w-]{40}", made.content.decode())[0]
    assert "no-store" in made["Cache-Control"]
    assert text not in client.get("/desk/keys").content.decode()
    headers = {"Authorization": f"Bearer {text}"}
    assert Client().get("/epcis/capture", headers=headers).status_code == 200
    key = ApiKey.objects.get(organisation=farm)
    asked = client.get(f"/desk/keys/{key.pk}/revoke")
    assert "不能恢复" in asked.content.decode()
    assert Client().get("/epcis/capture", headers=headers).status_code == 200
    assert client.post(f"/desk/keys/{key.pk}/revoke").url == "/desk/keys"
    assert Client().get("/epcis/capture", headers=headers).status_code == 401
    assert client.post(f"/desk/keys/{key.pk}/revoke").status_code == 404
    verbs = set(AuditEntry.objects.filter(organisation=farm, actor="person:lin").values_list("verb", flat=True))
    assert {"key.issue", "key.revoke"} <= verbs


def test_roles(farm):
    member, reader = signed_in(person(farm, "wu", "member")), signed_in(person(farm, "xu", "reader"))
    assert [member.get(url).status_code for url in ("/desk", "/desk/upload", "/desk/keys")] == [200, 200, 403]
    assert [reader.get(url).status_code for url in ("/desk", "/desk/upload", "/desk/keys")] == [200, 403, 403]
    assert send(reader, numbered(1)).status_code == 403
    key, _ = services.issue_key(organisation=farm, label="ERP", by="system", at=AT)
    assert member.post(f"/desk/keys/{key.pk}/revoke").status_code == 403
    assert ApiKey.objects.get(pk=key.pk).revoked_at is None


def test_neighbours_see_nothing_of_each_other_regulators_their_region_the_operator_all(farm, market):
    lin, wu = signed_in(person(farm, "lin")), signed_in(person(market, "wu"))
    sent = send(lin, numbered(1)).url
    publish(AT)
    key, _ = services.issue_key(organisation=farm, label="ERP", by="system", at=AT)
    token = sent.rpartition("/")[2]
    unknown = "/desk/captures/0123456789abcdefghijklmn"
    assert [wu.get(url).status_code for url in (sent, unknown, "/desk/captures/%00")] == [404, 404, 404]
    for list_of in ("/desk", f"/desk?q={token}", "/desk?outcome=success"):
        assert sent not in wu.get(list_of).content.decode()
    assert token not in wu.get("/desk/captures.csv").content.decode()
    assert wu.get(f"/desk/keys/{key.pk}/revoke").status_code == 404
    assert wu.post(f"/desk/keys/{key.pk}/revoke").status_code == 404
    assert wu.get("/epcis/events/" + quote(numbered(1)["eventID"])).status_code == 404
    for tenant, sees in (
        (organisation("regulator", "同安监管（演示）", "cn.uscc:91350203MA0000031B", "350212"), True),
        (organisation("regulator", "湖里监管（演示）", "cn.uscc:91350200MA000004XP", "350206"), False),
        (organisation("operator", "平台运营（演示）", "uri:urn:example:operator", ""), True),
    ):
        client = signed_in(person(tenant, f"of{tenant.pk}"))
        assert client.get(sent).status_code == (200 if sees else 404)
        listed = client.get("/desk").content.decode()
        assert (token in listed and farm.name in listed) == sees
        assert client.get("/desk/upload").status_code == 403
        made = client.post("/desk/keys", {"label": "BI", "may_capture": "on"})
        assert made.status_code == 200
        assert not ApiKey.objects.get(organisation=tenant).may_capture


def test_the_list_is_searched_narrowed_paged_and_exported(farm):
    client = signed_in(person(farm, "lin"))
    urls = [send(client, numbered(number)).url for number in range(33)]
    bad = send(client, numbered(0, bizStep="packing")).url
    tokens = [url.rpartition("/")[2] for url in [*urls, bad]][::-1]
    first = client.get("/desk").content.decode()
    assert [token in first for token in tokens] == [True] * 30 + [False] * 4
    older = re.search(r'href="(\?before=\d+)"', first)[1]
    second = client.get("/desk" + older).content.decode()
    assert [token in second for token in tokens] == [False] * 30 + [True] * 4
    assert "更早的" not in second
    failed = client.get("/desk?outcome=failed").content.decode()
    assert bad in failed
    assert urls[0] not in failed
    assert urls[3] in client.get(f"/desk?q={tokens[-4]}").content.decode()
    assert "没有符合条件的上报" in client.get("/desk?q=nobody").content.decode()
    for odd in ("?before=x", "?before=-1", "?before=" + "9" * 40, "?outcome=x", "?q=%00", "?q=" + "x" * 300):
        assert client.get("/desk" + odd).status_code == 200
    sheet = client.get("/desk/captures.csv")
    assert "attachment" in sheet["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [neutral(token) for token in tokens]


def test_an_export_that_is_cut_says_so_in_its_last_row(farm, monkeypatch):
    client = signed_in(person(farm, "lin"))
    for number in range(5):
        send(client, numbered(number))
    monkeypatch.setattr("zhuisu.workspace.captures.EXPORT_STEP", 2)

    def exported(limit: int) -> list[list[str]]:
        monkeypatch.setattr("zhuisu.workspace.captures.EXPORT_LIMIT", limit)
        return list(csv.reader(io.StringIO(client.get("/desk/captures.csv").content.decode("utf-8-sig"))))[1:]

    assert [len(row) for row in exported(4)] == [10] * 4 + [1]
    assert exported(4)[-1] == ["已到 4 行的上限，更早的没有导出：请用条件缩小范围后再导出。"]
    assert [len(row) for row in exported(6)] == [10] * 5
    assert "最多 6 行" in client.get("/desk").content.decode()


def test_the_sums_are_those_of_the_page_shown(farm):
    client = signed_in(person(farm, "lin"))
    for number in range(31):
        send(client, numbered(number))
    send(client, numbered(0))  # a duplicate
    send(client, numbered(0, bizStep="packing"))  # a conflict, which rolls its document back
    send(client, numbered(50), numbered(51, action="DANCE"), behaviour="proceed")

    def sums(url: str) -> list[int]:
        return [int(each) for each in re.findall(r'stat w3"><b>(\d+)</b>', client.get(url).content.decode())]

    assert sums("/desk") == [28, 1, 1, 1]
    older = re.search(r'href="(\?before=\d+)"', client.get("/desk").content.decode())[1]
    assert sums("/desk" + older) == [4, 0, 0, 0]
    assert sums("/desk?outcome=failed") == [1, 0, 1, 1]


def test_names_are_english_where_the_register_has_them(farm, market):
    Party.objects.create(code=farm.party, name=farm.name, name_en="Tong'an Model Farm")
    operator = signed_in(person(organisation("operator", "平台运营（演示）", "uri:urn:example:operator", ""), "zhou"))
    for tenant in (farm, market):
        send(signed_in(person(tenant, f"of{tenant.pk}")), numbered(tenant.pk))
    operator.cookies["django_language"] = "en"
    page = operator.get("/desk").content.decode()
    assert "Tong&#x27;an Model Farm" in page
    assert farm.name not in page
    assert market.name in page  # given in Chinese alone


def test_the_first_screen_of_those_who_only_look(farm):
    send(signed_in(person(farm, "lin")), numbered(1))
    for kind, region in (("regulator", "3502"), ("operator", "")):
        tenant = organisation(kind, f"{kind}（演示）", f"uri:urn:example:{kind}", region)
        page = signed_in(person(tenant, kind, role="reader")).get("/desk").content.decode()
        assert "各主体最近的上报" in page
        assert farm.name in page
        assert "/desk/upload" not in page
        assert "/desk/keys" not in page


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "\n=1"])
def test_no_cell_becomes_a_formula(cell):
    assert neutral(cell) == "'" + cell
    assert neutral("1" + cell) == "1" + cell
    assert neutral(None) == ""
