"""Check a code: the readings, the parts, the forms; nothing is looked up, nothing personal is given back."""

import re

import pytest
from django.test import Client

from zhuisu import codes

TIN = "(01)09506000134352(21)A1"
DRUG = "84765620001563394047"
AMBIGUOUS = "6901234567892"  # a GTIN-13 or a GLN
OWN = "7KQA3M9TWX2C8HRL"
PERSON = "11010519491231002X"


def asked(text: str, **headers: str):
    return Client(**headers).post("/check", {"q": text}, follow=True)


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_empty_page_has_the_box_and_nothing_else():
    page = Client().get("/check")
    assert page.status_code == 200
    assert "reading" not in page.content.decode()
    refused = Client().post("/check", {"q": "  "})
    assert refused.status_code == 422
    assert "请先输入" in words(refused)


def test_a_code_is_shown_part_by_part_and_in_every_form():
    page = asked(TIN)
    said = words(page)
    for text in ("09506000134352", "A1", TIN, "urn:epc:id:sgtin:", "http://testserver/01/09506000134352/21/A1"):
        assert text in said, text
    assert page.content.decode().count('class="code piece"') == len(codes.explain(codes.parse(TIN)))
    assert "<svg" in page.content.decode()
    assert page.request["QUERY_STRING"].startswith("q=")  # a link that can be passed on
    assert page.headers["Cache-Control"] == "no-store"


def test_every_reading_is_offered_with_its_reason():
    found = codes.readings(AMBIGUOUS)
    page = asked(AMBIGUOUS)
    assert page.content.decode().count('class="card reading"') == len(found) > 1
    for reading in found:
        assert reading.reason_zh in words(page).replace("&quot;", '"')
    assert f"{len(found)} 种读法" in words(page)


def test_in_english_nothing_is_left_in_chinese():
    page = Client().get("/check", {"q": OWN, "lang": "en"})
    text = re.sub(r'<(\w+)[^<>]* lang="zh-Hans"[^<>]*>[^<]*</\1>', "", page.content.decode())
    assert page.status_code == 200
    assert not re.search("[\u4e00-\u9fff]", text)


def test_a_slip_of_the_pen_says_which_check_failed_and_keeps_what_was_typed():
    page = asked("6901234567893")  # a GTIN-13 whose check digit should be 2
    said = words(page)
    assert page.status_code == 422
    assert "6901234567893" in page.content.decode()
    assert "校验位不对" in said
    assert "商品条码" in said


def test_a_persons_number_is_never_given_back():
    page = asked(PERSON)
    assert PERSON not in page.content.decode()
    assert PERSON[3:-4] not in page.content.decode()
    assert "q=" not in page.request["QUERY_STRING"]
    assert PERSON not in Client().get("/check", {"q": PERSON}).content.decode()
    spaced = f"{PERSON[:6]} {PERSON[6:14]} {PERSON[14:]}"
    for text in (
        f"号码 {PERSON}\n批号 7",
        spaced,
        f"https://example.org/q?c={PERSON}",
        f"uri:urn:x:{PERSON}",
        PERSON.lower(),
    ):
        page = asked(text).content.decode()
        assert not re.search(r"1949\s?1231|19491231", page), text


@pytest.mark.django_db
@pytest.mark.parametrize("text", [TIN, DRUG, OWN, PERSON, "no code", "a\nb"])
def test_nothing_is_looked_up(text, django_assert_num_queries):
    with django_assert_num_queries(0):
        asked(text)


@pytest.mark.parametrize(
    "text", ["\x00", "x" * 3000, "<script>alert(1)</script>", "𬭎" * 50, "\ud800", "(01)" * 400, "%%%"]
)
def test_hostile_texts_are_refused_in_words(text):
    page = Client().post("/check", {"q": text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")})
    assert page.status_code in (200, 302, 422)
    assert "<script>alert" not in page.content.decode()
