"""The addresses under /epcis with values in them: of somebody, and of nobody."""

from urllib.parse import quote

from zhuisu.conformance.data import Maker

MAKE = Maker("9f9f", "2026-11-20T08:00:00Z")
# Words of the owner's own: those of the CBV are the same for everybody.
STEP, STATE = "https://example.org/steps/own", "https://example.org/states/own"
# Values that are not there but could be, by the name of the path's value.
MISSING = {
    "captureID": "AAAAAAAAAAAAAAAAAAAAAAAA",
    "eventID": "urn:uuid:00000000-0000-4000-8000-00000000dead",
    "epc": MAKE.thing("dead"),
    "bizStep": "https://example.org/steps/none",
    "disposition": "https://example.org/states/none",
    "bizLocation": MAKE.place(),
    "readPoint": MAKE.place(),
    "queryName": "nobodys-query",
    "subscriptionID": "00000000-0000-4000-8000-00000000dead",
    "token": "AAAA:BBBB:CCCC",
    "vocabulary": f"BusinessLocation/{MAKE.place()}",
}
# Values that say nothing of anybody: the same for all callers.
PUBLIC = {"eventType", "list"}


def names_of(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def filled(path: str, values: dict[str, str], quoted: bool = True) -> str:
    for name in names_of(path):
        path = path.replace(f"{{{name}}}", quote(values[name], safe="") if quoted else values[name])
    return f"/epcis{path}"
