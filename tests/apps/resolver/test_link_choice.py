"""Which link answers: against a plain oracle that scores every link by itself; and headers that nobody can read."""

from hypothesis import given
from hypothesis import strategies as st

from zhuisu.resolver.choice import Offer, Wish, matching, preferences

PIP, FAQ = "https://gs1.org/voc/pip", "https://gs1.org/voc/faqs"
LANGUAGES = ("zh", "en", "zh-CN", "fr")
MEDIA = ("text/html", "application/pdf")

OFFERS = st.builds(
    Offer,
    link_type=st.sampled_from([PIP, FAQ]),
    href=st.integers(0, 10**9).map(str),
    title=st.just("t"),
    languages=st.sampled_from([(), ("zh",), ("en",), ("zh-CN",), ("zh", "en")]),
    media_type=st.sampled_from(["", *MEDIA]),
    context=st.sampled_from(["", "CN", "EU"]),
    ours=st.booleans(),
)
WISHES = st.builds(
    Wish,
    link_type=st.sampled_from([PIP, FAQ]),
    languages=st.lists(st.sampled_from(LANGUAGES), max_size=3, unique=True).map(tuple),
    media_types=st.lists(st.sampled_from([*MEDIA, "*/*"]), max_size=2, unique=True).map(tuple),
    context=st.sampled_from(["", "CN", "EU"]),
)


def score(offer: Offer, wish: Wish) -> tuple[int, int, int]:
    """Small is better: context, then language, then media type; what says nothing stands between wanted and unwanted."""
    context = 0 if wish.context and offer.context == wish.context else 1 if not offer.context else 2
    language = 99 if offer.languages else 98
    for place, tag in enumerate(wish.languages):
        if tag in offer.languages:
            language = min(language, 2 * place)
        if any(each.split("-")[0] == tag or each == tag.split("-")[0] for each in offer.languages):
            language = min(language, 2 * place + 1)
    media = 99 if offer.media_type else 98
    if offer.media_type in wish.media_types:
        media = wish.media_types.index(offer.media_type)
    return context, language, media


@given(
    levels=st.lists(st.lists(OFFERS, max_size=6, unique_by=lambda offer: offer.href), min_size=1, max_size=3),
    wish=WISHES,
)
def test_the_best_of_the_finest_level_answers(levels: list[list[Offer]], wish: Wish) -> None:
    expected: list[Offer] = []
    for level in levels:
        fitting = [offer for offer in level if offer.link_type == wish.link_type]
        fitting = [offer for offer in fitting if not offer.ours] or fitting
        if fitting:
            best = min(score(offer, wish) for offer in fitting)
            expected = [offer for offer in fitting if score(offer, wish) == best]
            break
    assert matching(levels, wish) == expected


def test_the_default_is_that_of_the_level_that_was_asked() -> None:
    plain = Offer(PIP, "plain", "t", is_default=True)
    english = Offer(PIP, "en", "t", languages=("en",), is_multi=True)
    pdf = Offer(PIP, "pdf", "t", languages=("en",), media_type="application/pdf", is_multi=True)
    above = Offer(PIP, "above", "t", is_default=True)
    levels = [[plain, english, pdf], [above]]
    assert matching(levels, Wish()) == [plain]
    assert matching(levels, Wish(languages=("fr", "en"))) == [english]
    assert matching(levels, Wish(languages=("en",), media_types=("application/pdf",))) == [pdf]
    assert matching(levels, Wish(media_types=("application/pdf",))) == [plain]


def test_preferences_are_in_order_of_liking() -> None:
    assert preferences("zh-CN,zh;q=0.9,en;q=0.8") == ("zh-CN", "zh", "en")
    assert preferences("en;q=0.1, fr ; Q=0.7 ,de;q=0") == ("fr", "en")
    assert preferences("a;q=x, b;q=nan, c;q=2, d;q=-1,, e") == ("e",)
    assert preferences("") == ()
    assert len(preferences(",".join(f"x{number}" for number in range(500)))) == 20


@given(st.text(max_size=60))
def test_no_header_breaks_it(header: str) -> None:
    assert all(isinstance(value, str) and value for value in preferences(header))
