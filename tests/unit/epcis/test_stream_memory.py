"""A document is read in memory that does not depend on its length."""

import subprocess
import sys

import pytest

GROWTH = 60  # MB: pieces, a window and some events, whatever the length; a tree of the smaller document would take 300
PROGRAM = """
import json, resource, sys
from zhuisu import epcis

kind, octets, whole = sys.argv[1], int(sys.argv[2]) << 20, sys.argv[3] == "stream"
JSON = '''{"type":"ObjectEvent","eventID":"urn:x:%d","action":"OBSERVE","eventTime":"2026-11-20T08:00:00.000+08:00",
"eventTimeZoneOffset":"+08:00","epcList":["urn:epc:id:sgtin:9506000.013435.%d"],"readPoint":{"id":"urn:x:place"}}'''
XML = '''<ObjectEvent><eventTime>2026-11-20T08:00:00.000+08:00</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
<eventID>urn:x:%d</eventID><epcList><epc>urn:epc:id:sgtin:9506000.013435.%d</epc></epcList><action>OBSERVE</action></ObjectEvent>'''
HEADS = {
    "json": ('{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",'
             '"schemaVersion":"2.0","creationDate":"2026-11-20T08:00:00Z","epcisBody":{"eventList":[', JSON, ",", "]}}"),
    "xml": ('<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" creationDate="2026-11-20T08:00:00Z">'
            '<EPCISBody><EventList>', XML, "", "</EventList></EPCISBody></e:EPCISDocument>"),
}


def pieces():
    head, event, between, tail = HEADS[kind]
    yield head.encode()
    size = number = 0
    while size < octets:
        piece = between.join(event % (one, one) for one in range(number, number + 500))
        piece = ((between if number else "") + piece).encode()
        size, number = size + len(piece), number + 500
        yield piece
    yield tail.encode()


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


for _ in epcis.stream(lambda: iter([HEADS[kind][0].encode(), (HEADS[kind][1] % (1, 1)).encode(), HEADS[kind][3].encode()]))[1]:
    pass
before = peak()
if whole:
    counted = sum(isinstance(one, epcis.Event) for one in epcis.stream(pieces)[1])
else:
    counted = epcis.look(pieces())[1]
print(json.dumps([counted, peak() - before]))
"""


def run(kind: str, megabytes: int, how: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, kind, str(megabytes), how], capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    counted, growth = map(int, done.stdout.strip("[]\n").split(","))
    assert counted > megabytes * 3_000
    assert growth < GROWTH


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_thirty_megabytes_are_looked_through(kind):
    run(kind, 30, "look")


@pytest.mark.long
@pytest.mark.parametrize("kind", ["json", "xml"])
def test_two_hundred_megabytes_are_read(kind):
    run(kind, 200, "stream")
