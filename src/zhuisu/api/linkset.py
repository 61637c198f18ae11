"""The list of links of a code as a linkset document (RFC 9264), and the Link header that leads to it (RFC 8288)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhuisu import codes
from zhuisu.resolver import link_types
from zhuisu.resolver.choice import Offer
from zhuisu.resolver.paths import Asked
from zhuisu.resolver.queries import LinkLevel

MEDIA_TYPE = "application/linkset+json"
CONTEXT_PATH = "/linkset-context.jsonld"
CONTEXT_REL = "http://www.w3.org/ns/json-ld#context"
# What the words of a linkset mean as RDF, after the example that GS1 publishes: the links are statements about the anchor.
CONTEXT: dict[str, Any] = {
    "@context": {
        "@vocab": "http://www.iana.org/assignments/relation/",
        "dcterms": "http://purl.org/dc/terms/",
        "gs1": link_types.GS1,
        "schema": link_types.PREFIXES["schema"],
        "linkset": "@graph",
        "anchor": "@id",
        "href": "@id",
        "title": "dcterms:title",
        "type": "dcterms:format",
        "hreflang": {"@id": "dcterms:language", "@container": "@set"},
        "context": {"@id": "dcterms:coverage", "@container": "@set"},
        "itemDescription": "http://www.w3.org/2000/01/rdf-schema#comment",
    }
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who answers: the site's own address ("https://host"), and whether in English."""

    root: str
    english: bool

    def title(self, offer: Offer) -> str:
        """The link's title in the language of the answer, else as it was given."""
        return (self.english and offer.title_en) or offer.title

    def target(self, offer: Offer) -> str:
        """The link's full address."""
        return self.root + offer.href if offer.ours else offer.href


def document(
    speaker: Speaker, asked: Asked, levels: Sequence[LinkLevel], names: Mapping[str, str], only: Sequence[Offer] = ()
) -> dict[str, Any]:
    """The linkset of a code: one object a level, the finest first, its subject the uncompressed Digital Link.

    `names` are descriptions by canonical code; `only` keeps these offers alone (300: what there is to choose from).
    """
    sets = []
    for number, level in enumerate(levels):
        offers = [offer for offer in level.offers if not only or offer in only]
        if not offers:
            continue
        path = asked.path if number == 0 else level.code.value
        one: dict[str, Any] = {
            "anchor": f"{speaker.root}/{path}",
            "itemDescription": names.get(level.code.canonical) or codes.to_ai(level.code),
        }
        for offer in offers:
            if offer.is_default and not only:
                # The default link has no optional attributes (GS1-Conformant resolver standard).
                one[link_types.DEFAULT] = [{"href": speaker.target(offer), "title": speaker.title(offer)}]
            if offer.is_multi and not only:
                one.setdefault(link_types.DEFAULT_MULTI, []).append(described(speaker, offer))
            one.setdefault(offer.link_type, []).append(described(speaker, offer))
        sets.append(one)
    return {"linkset": sets}


def described(speaker: Speaker, offer: Offer) -> dict[str, Any]:
    """One link with all that is known of it."""
    found: dict[str, Any] = {"href": speaker.target(offer), "title": speaker.title(offer)}
    if offer.languages:
        found["hreflang"] = list(offer.languages)
    if offer.media_type:
        found["type"] = offer.media_type
    if offer.context:
        found["context"] = [offer.context]
    return found


def link_value(target: str, rel: str, **attributes: str) -> str:
    """One value of a Link header."""
    return f'<{target}>; rel="{rel}"' + "".join(f'; {name}="{value}"' for name, value in attributes.items())
