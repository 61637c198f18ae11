"""Links and forwards: who may register what, what is refused and in which words, and that it is written down."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from support import AT
from zhuisu import codes
from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.registry.models import Party, Place, Product
from zhuisu.resolver.models import Forward, Link
from zhuisu.resolver.queries import forward_of, links, links_of
from zhuisu.resolver.services import MAX_LINKS, add_forward, add_link, remove_forward, remove_link
from zhuisu.resolver.targets import LinkError, checked_target

pytestmark = pytest.mark.django_db
GTIN = "09506000134352"
HREF = "https://dairy.example/p"
Add = Callable[..., Link]


def rule(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(LinkError) as refused:
        call()
    error = refused.value
    assert error.message and error.message_zh and error.message != error.message_zh
    return error.rule, error.field


def test_a_link_is_stored_under_the_canonical_code_and_written_down(link: Add, dairy: Organisation) -> None:
    made = link(HREF, code="gtin/9506000134352", link_type="pip")
    assert (made.anchor, made.link_type, made.title, made.title_en) == (
        f"gs1.gtin:01/{GTIN}", "https://gs1.org/voc/pip", "产品信息", "Product information",
    )  # fmt: skip
    entry = AuditEntry.objects.get(verb="link.add")
    assert (entry.organisation, entry.target, entry.actor, entry.at) == (dairy, made.anchor, "system:test", AT)
    removed = remove_link(made.pk, organisation=dairy, by="person:lin", at=AT)
    assert removed.href == HREF
    assert AuditEntry.objects.get(verb="link.remove").detail["href"] == HREF
    assert not Link.objects.exists()


def test_only_who_holds_a_code_registers_links_for_it(
    link: Add, dairy: Organisation, farm: Organisation, operator: Organisation, product: Product
) -> None:
    for path in (f"01/{GTIN}", f"01/{GTIN}/10/L1", f"01/{GTIN}/21/7", f"01/{GTIN}/22/2A", f"8006/{GTIN}0102"):
        link(HREF, code=path)
        assert rule(lambda path=path: link(HREF, code=path, organisation=farm)) == ("not-yours", "code")
        link(HREF + "/operator", code=path, organisation=operator)
    other = "01/06901234567892"
    assert rule(lambda: link(HREF, code=other)) == ("not-yours", "code")  # registered by nobody
    Product.objects.create(code=f"gs1.gtin:{other}", name="无主")
    assert rule(lambda: link(HREF, code=other)) == ("not-yours", "code")  # held by nobody
    regulator = Organisation.objects.create(kind="regulator", name="局", party=dairy.party + "x", region="35")
    assert rule(lambda: link(HREF, organisation=regulator)) == ("not-yours", "code")


def test_places_parties_and_own_codes(link: Add, dairy: Organisation, farm: Organisation, product: Product) -> None:
    party = Party.objects.get(code=dairy.party)
    Place.objects.create(code="gs1.sgln:414/9506000134352", name="乳品厂", operator=party)
    link(HREF, code="414/9506000134352", link_type="gs1:locationInfo")
    assert rule(lambda: link(HREF, code="414/9506000134352", organisation=farm)) == ("not-yours", "code")
    own = codes.from_canonical(dairy.party)

    def of(code: codes.Code) -> Link:
        return add_link(code=code, href=HREF, link_type="gs1:homepage", organisation=dairy, by="t", at=AT)

    assert of(own).anchor == dairy.party
    assert rule(lambda: of(codes.from_canonical(farm.party))) == ("not-yours", "code")
    # Of a code that was never issued the answer is the same as of somebody else's.
    assert rule(lambda: of(codes.parse("7KQA3M9TWX2C8HRL", "zs.unit"))) == ("not-yours", "code")
    assert rule(lambda: of(codes.parse("110101199003070097", "cn.ric"))) == ("personal", "code")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"link_type": "gs1:noSuch"}, ("link-type", "link_type")),
        ({"link_type": "gs1:defaultLink"}, ("link-type", "link_type")),
        ({"link_type": "gs1:handledBy"}, ("link-type", "link_type")),
        ({"link_type": "linkset"}, ("link-type", "link_type")),
        ({"link_type": "https://schema.org/instructions"}, ("link-type", "link_type")),
        ({"link_type": "javascript:alert(1)"}, ("link-type", "link_type")),
        ({"link_type": "https://example.org/own/x"}, ("title", "title")),
        ({"title": "x" * 121}, ("title", "title")),
        ({"title": "a\u202eb"}, ("title", "title")),
        ({"title": "a", "title_en": "\n"}, ("title", "title_en")),
        ({"title": "a\u200f"}, ("title", "title")),
        ({"title": "a\x85"}, ("title", "title")),
        ({"title": "a\ud800"}, ("title", "title")),
        ({"language": "zh-Hans"}, ("language", "language")),
        ({"language": "english"}, ("language", "language")),
        ({"media_type": "pdf"}, ("media-type", "media_type")),
        ({"media_type": 'text/html"x'}, ("media-type", "media_type")),
        ({"context": "a b"}, ("context", "context")),
        ({"is_default": True, "is_multi": True}, ("default", "is_multi")),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(link: Add, wrong: dict[str, Any], told: tuple[str, str]) -> None:
    assert rule(lambda: link(HREF, **wrong)) == told
    assert not Link.objects.exists()
    assert not AuditEntry.objects.filter(verb="link.add").exists()


@pytest.mark.parametrize(
    "href",
    [
        *(
            "",
            "x",
            "//dairy.example/p",
            "http://dairy.example/p",
            "ftp://dairy.example/p",
            "javascript:alert(1)",
            "data:text/html,x",
        ),
        *("https://user@dairy.example/", "https://user:pass@dairy.example/", "https://dairy.example@evil.example/"),
        *(
            "https://",
            "https:///p",
            "https://dairy.example:x/",
            "https://dairy.example:0/",
            "https://dairy.example:99999/",
        ),
        *(
            "https://dairy.example/a b",
            "https://dairy.example/\n",
            "https://dairy.example/\u202e",
            "https://dairy.example/ü",
        ),
        *(
            "https://dairy.example\\@evil.example/",
            "https://[::1",
            "https://-x-/",
            "https://a..b/",
            "https://dairy.example/<x>",
        ),
        *(
            "HTTPS://dairy.example/" + "x" * 2000,
            'https://dairy.example/"',
            "https://dairy.example/[1]",
            "http://localhost/x",
        ),
        # Of a house or of a machine, however it is written: nobody's browser is sent to the router in its own home.
        *(
            "https://localhost/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://10.0.0.1/",
            "https://169.254.169.254/",
        ),
        *(
            "https://2130706433/",
            "https://0x7f.1/",
            "https://intranet/",
            "https://router.local/",
            "https://a.localhost/",
        ),
    ],
)
def test_nobody_is_sent_to_a_doubtful_address(link: Add, href: str) -> None:
    assert rule(lambda: link(href)) == ("target", "href")
    assert not Link.objects.exists()


@pytest.mark.parametrize(
    "href",
    ["https://dairy.example", "https://dairy.example:8443/a/b?c=%E4%B8%AD&d#e", "https://xn--fiq228c.example/(x)"],
)
def test_plain_addresses_are_taken(link: Add, href: str) -> None:
    assert link(href).href == href


def test_this_machine_is_a_target_for_development_alone() -> None:
    assert checked_target("http://localhost:3000/x", local=True)
    assert rule(lambda: checked_target("http://dairy.example/", local=True)) == ("target", "href")


@given(st.text(max_size=80) | st.text("htps:/@.\\[]#?a1", max_size=40).map(lambda tail: "https://" + tail))
def test_no_text_breaks_the_check(text: str) -> None:
    try:
        assert checked_target(text, local=False).lower().startswith("https://")
    except LinkError:
        return
    assert "@" not in re.split("[/?#]", text)[2]
    assert "\\" not in text


@override_settings(ALLOWED_HOSTS=["trace.example", ".zhuisu.example"])
def test_nothing_leads_round_in_a_circle(link: Add, operator: Organisation) -> None:
    """A default that is the product's own link, or a forward to ourselves, would never come to an end."""
    for host in ("trace.example", "TRACE.example", "www.zhuisu.example"):
        assert rule(lambda host=host: link(f"https://{host}/01/{GTIN}", is_default=True)) == ("target", "href")
        assert rule(lambda host=host: forward(operator, "gs1", "9506", f"https://{host}/{{value}}"))[0] == "target"
    assert link("https://trace.example.cn/")


@pytest.mark.parametrize("path", [f"01/{GTIN}/21/7", f"01/{GTIN}/10/L1", f"01/{GTIN}/235/x", f"8006/{GTIN}0102/21/7"])
@pytest.mark.parametrize("kind", ["is_default", "is_multi"])
def test_things_in_somebodys_hand_are_never_led_past_the_public_page(
    link: Add, operator: Organisation, path: str, kind: str
) -> None:
    """Else a holder would lead the scans of a recalled lot past the recall, by the default or by a variant of it."""
    for more in ({}, {"organisation": operator}):
        assert rule(lambda more=more: link(HREF, code=path, **{kind: True}, **more)) == ("default", kind)
    made = link(HREF, code=path)  # any other link is free
    Link.objects.filter(pk=made.pk).update(**{kind: True})  # what stands in the table since before is not followed
    finest = links(codes.parse(f"https://id.gs1.org/{path}"))[0]
    assert [offer.href for offer in finest.offers if offer.is_default] == [f"/i/{path}"]
    assert not any(offer.is_multi for offer in finest.offers)


def test_other_codes_may_have_a_default(link: Add, operator: Organisation) -> None:
    for path in (f"01/{GTIN}", f"01/{GTIN}/22/2A", "414/9506000134352", "8004/9506000A1"):
        assert link(HREF, code=path, organisation=operator, is_default=True).is_default
    for path in ("00/095060001343500019",):
        assert rule(lambda path=path: link(HREF, code=path, organisation=operator, is_default=True))[0] == "default"
    own = codes.parse("7KQA3M9TWX2C8HRL", "zs.unit")
    more = {"link_type": "gs1:pip", "organisation": operator, "by": "t", "at": AT}
    assert rule(lambda: add_link(code=own, href=HREF, is_default=True, **more)) == ("default", "is_default")


@pytest.mark.django_db(transaction=True)
def test_two_at_a_time_neither_break_the_limit_nor_fail(link: Add) -> None:
    first = link(HREF)
    Link.objects.bulk_create(
        Link(anchor=first.anchor, link_type=first.link_type, href=f"{HREF}/{n}", title="x", organisation=first.organisation, by="t", at=AT)
        for n in range(MAX_LINKS - 5)
    )  # fmt: skip

    def add(number: int) -> str:
        try:
            return link(f"{HREF}/new/{number}", is_default=True).href
        except LinkError as error:
            return error.rule
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(add, range(8)))
    assert told.count("many") == 4
    assert Link.objects.count() == MAX_LINKS
    assert Link.objects.filter(is_default=True).count() == 1


def test_a_new_default_takes_the_place_of_the_old(link: Add) -> None:
    link(HREF, is_default=True)
    link(HREF, link_type="gs1:homepage", is_default=True)
    assert [one.link_type[-8:] for one in Link.objects.filter(is_default=True)] == ["homepage"]
    assert rule(lambda: link(HREF)) == ("again", "href")


def test_a_code_has_only_so_many_links(link: Add) -> None:
    first = link(HREF)
    Link.objects.bulk_create(
        [
            Link(anchor=first.anchor, link_type=first.link_type, href=f"{HREF}/{n}", title="x", organisation=first.organisation, by="t", at=AT)
            for n in range(MAX_LINKS - 1)
        ]
    )  # fmt: skip
    assert rule(lambda: link(HREF + "/more")) == ("many", "code")


def test_lists_and_removal_stay_within_the_organisation(
    link: Add, dairy: Organisation, farm: Organisation, operator: Organisation
) -> None:
    made = link(HREF)
    assert list(links_of(dairy)) == list(links_of(operator)) == [made]
    assert list(links_of(farm)) == []
    assert list(links_of(operator, anchor="gs1.gtin:01/06901234567892")) == []
    assert rule(lambda: remove_link(made.pk, organisation=farm, by="t", at=AT)) == ("unknown", "pk")
    assert remove_link(made.pk, organisation=operator, by="t", at=AT).anchor == made.anchor


def test_every_level_is_there_with_one_default(link: Add, django_assert_num_queries: Any) -> None:
    link(HREF, is_default=True)
    with django_assert_num_queries(1):
        levels = links(codes.parse(f"https://id.gs1.org/01/{GTIN}/21/7"))
    assert [level.code.scheme for level in levels] == ["gs1.sgtin", "gs1.gtin"]
    assert [[offer.href for offer in level.offers if offer.is_default] for level in levels] == [
        [f"/i/01/{GTIN}/21/7"],
        [HREF],
    ]
    (only,) = links(codes.parse("7KQA3M9TWX2C8HRL", "zs.unit"))
    assert [offer.href for offer in only.offers] == ["/i/zs.unit/7KQA3M9TWX2C8HRL"]


def forward(
    operator: Organisation, scheme: str, prefix: str = "", template: str = "https://a.example/{value}", **more: Any
) -> Forward:
    return add_forward(
        scheme=scheme, prefix=prefix, template=template, organisation=operator, by="t", at=AT, **{"name": "甲"} | more
    )


def test_the_longest_prefix_wins(operator: Organisation, django_assert_num_queries: Any) -> None:
    forward(operator, "cn.drug_trace_msfx", "", "https://all.example/?c={value}&x=1")
    forward(operator, "cn.drug_trace_msfx", "8476", "https://near.example/{value}", name="乙", name_en="B")
    forward(operator, "cn.drug_trace_msfx", "84765621", "https://other.example/{value}")
    with django_assert_num_queries(1):
        found = forward_of(codes.parse("84765620001563394047", "cn.drug_trace_msfx"))
    assert found is not None
    assert (found.name, found.name_en, found.href) == ("乙", "B", "https://near.example/84765620001563394047")
    far = forward_of(codes.parse("81765620001563394047", "cn.drug_trace_msfx"))
    assert far is not None and far.href == "https://all.example/?c=81765620001563394047&x=1"
    assert forward_of(codes.parse("7KQA3M9TWX2C8HRL", "zs.unit")) is None


def test_forwards_are_the_operators_and_are_written_down(operator: Organisation, dairy: Organisation) -> None:
    made = forward(operator, "gs1", "9506000")
    assert forward(operator, "gs1", "9506000", "https://b.example/{value}").pk == made.pk
    assert rule(lambda: forward(dairy, "gs1", "9506000")) == ("not-operator", "")
    assert rule(lambda: remove_forward(made.pk, organisation=dairy, by="t", at=AT)) == ("not-operator", "")
    assert remove_forward(made.pk, organisation=operator, by="t", at=AT).prefix == "9506000"
    assert rule(lambda: remove_forward(made.pk, organisation=operator, by="t", at=AT)) == ("unknown", "pk")
    verbs = list(AuditEntry.objects.filter(verb__startswith="forward").order_by("pk").values_list("verb", "target"))
    assert verbs == [("forward.add", "gs1:9506000")] * 2 + [("forward.remove", "gs1:9506000")]


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        (("no.such",), ("scheme", "scheme")),
        (("gs1.gtin", "9506000"), ("scheme", "scheme")),
        (("cn.ric",), ("scheme", "scheme")),
        (("uri",), ("scheme", "scheme")),
        (("gs1", ""), ("prefix", "prefix")),
        (("gs1", "9506000x"), ("prefix", "prefix")),
        (("cn.drug_trace_msfx", "84%"), ("prefix", "prefix")),
        (("gs1", "9506000", "https://a.example/"), ("template", "template")),
        (("gs1", "9506000", "https://a.example/{value}/{value}"), ("template", "template")),
        (("gs1", "9506000", "https://{value}.a.example/"), ("template", "template")),
        (("gs1", "9506000", "http://a.example/{value}"), ("target", "template")),
        (("gs1", "9506000", "https://a.example@{value}/"), ("target", "template")),
        (("gs1", "9506000", "https://10.0.0.1/{value}"), ("target", "template")),
    ],
)
def test_forwards_that_do_not_fit_are_refused(
    operator: Organisation, given_: tuple[str, ...], told: tuple[str, str]
) -> None:
    assert rule(lambda: forward(operator, *given_)) == told
    assert not Forward.objects.exists()


def test_a_persons_number_is_forwarded_to_nobody(operator: Organisation) -> None:
    Forward.objects.create(scheme="cn.ric", template="https://a.example/{value}", name="x", by="t", at=AT)
    assert forward_of(codes.parse("110101199003070097", "cn.ric")) is None
