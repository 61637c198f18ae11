"""Points 26 to 33: identifiers, vocabulary words and contexts."""

import json
from typing import Any
from urllib.parse import quote

from .data import COMPANY, NAMESPACE, check_digit, document, link, xml_document
from .run import Run, is_problem
from .table import check, point

URN = {"GS1-EPC-Format": "Always_EPC_URN"}
LINK = {"GS1-EPC-Format": "Always_GS1_Digital_Link"}
AS_SENT = {"GS1-EPC-Format": "Never_Translates"}
# Serials with each character that URN or address must escape, as the two write it (TDS §6.3, Digital Link 1.1 §5.8).
ESCAPED = [
    ("a%2Fb", "a%2Fb"),
    ("a!(b)*'", "a%21%28b%29%2A%27"),
    ("a%25b", "a%25b"),
    ("a%3Fb%26", "a%3Fb%26"),
    ("a+,:;=", "a%2B%2C%3A%3B%3D"),
]
CONTEXT_SECONDS = 1.0  # within which a server that fetches a context would have asked for it


@point(26, "URN and Digital Link are one thing", "EPCIS 2.0 §8.2.7.1, MATCH_epc; GS1 Digital Link 1.1 §5; TDS 2.0 §6")
def one_thing(run: Run) -> str:
    first, second = run.make.event(), run.make.thing()
    linked = run.make.event(epcList=[link(second)])
    run.keep(first, linked)
    urn = first["epcList"][0]
    run.same([first], "captured as URN, asked as link", MATCH_epc=link(urn))
    run.same([linked], "captured as link, asked as URN", MATCH_epc=second)
    held = run.find(AS_SENT, MATCH_epc=second)[0]["epcList"]
    check(held == [link(second)], f"a link was not kept as sent: {held}")
    return "each finds the other; the text sent is kept"


@point(27, "Identifiers are checked", "GS1 General Specifications §7.9, §3; TDS 2.0 §6.3; Digital Link 1.1 §4")
def checked(run: Run) -> str:
    right = link(run.make.thing())
    digits = right.split("/")[4]
    wrong = right.replace(digits, digits[:-1] + str((int(digits[-1]) + 1) % 10))
    run.must_take(a_correct_link=run.make.event(epcList=[right]))
    run.must_refuse(
        a_wrong_check_digit=run.make.event(epcList=[wrong]),
        a_serial_of_21_characters=run.make.event(epcList=[link(run.make.thing("A" * 21))]),
        a_URN_of_12_digits=run.make.event(epcList=[f"urn:epc:id:sgtin:{COMPANY}.05001.1"]),
        a_serial_with_a_letter_GS1_does_not_have=run.make.event(epcList=[link(run.make.thing("a%E4b"))]),
        a_GTIN_of_15_digits=run.make.event(epcList=[right.replace(digits, "0" + digits)]),
        a_pattern_among_things=run.make.event(epcList=[f"urn:epc:idpat:sgtin:{COMPANY}.050001.*"]),
    )
    return "check digit, length and characters are checked, in both forms"


@point(
    28, "SSCC of 18 and GTIN of 14 digits after translation", "TDS 2.0 §7.2, §7.3; EPCIS 2.0 §12.7.3, GS1-EPC-Format"
)
def lengths(run: Run) -> str:
    # The serial reference of this SSCC is of the company prefix's length: 17 digits in all.
    number = f"{int(run.make.mark, 16) % 10**9:09d}"
    sscc, thing = f"urn:epc:id:sscc:{COMPANY}.1{number}", run.make.thing()
    event = run.make.event(epcList=[sscc, thing])
    run.keep(event)
    digits = "1" + COMPANY + number
    wanted = [f"https://id.gs1.org/00/{digits}{check_digit(digits)}", link(thing)]
    held = run.find(LINK, EQ_eventID=event["eventID"])[0]["epcList"]
    check(held == wanted, f"as links {wanted} wanted, {held} came")
    run.must_refuse(an_SSCC_of_16_digits=run.make.event(epcList=[f"urn:epc:id:sscc:{COMPANY}.1{number[1:]}"]))
    return "18 and 14 digits with right check digits"


@point(29, "Escaped characters survive, both ways", "TDS 2.0 §6.3.1, Table A-1; Digital Link 1.1 §5.8; RFC 3986 §2")
def escapes(run: Run) -> str:
    for in_urn, in_link in ESCAPED:
        mark = run.make.next()
        urn = run.make.thing(in_urn + mark)
        asked = link(run.make.thing(in_link + mark))
        event = run.make.event(epcList=[urn])
        run.keep(event)
        run.same([event], f"the serial {in_urn}, asked as link", MATCH_epc=asked)
        as_link = run.find(LINK, EQ_eventID=event["eventID"])[0]["epcList"][0]
        second = run.make.event(epcList=[as_link])
        run.keep(second)
        back = run.find(URN, EQ_eventID=second["eventID"])[0]["epcList"][0]
        check(back == urn, f"URN → link → URN: {urn} became {as_link} became {back}")
    return f"{len(ESCAPED)} serials: URN to link to URN is the same, either finds it"


@point(30, "Private URIs stay; a link's depth says what it names", "EPCIS 2.0 §6.4; Digital Link 1.1 §5; TDS 2.0 §6")
def private(run: Run) -> str:
    own = [f"urn:example:pallet:{run.make.next()}", f"https://example.org/Asset/{run.make.next()}?b=2&a=1"]
    event = run.make.event(epcList=own)
    run.keep(event)
    for form in (AS_SENT, URN, LINK):
        held = run.find(form, EQ_eventID=event["eventID"])[0]["epcList"]
        check(held == own, f"private URIs changed under {form['GS1-EPC-Format']}: {held}")
    thing = link(run.make.thing())
    gtin, lot = thing.partition("/21/")[0], run.make.next()
    in_lot = run.make.event(epcList=None, quantityList=[{"epcClass": f"{gtin}/10/{lot}", "quantity": 1}])
    run.keep(in_lot)
    run.same([in_lot], "a lot by its URN", MATCH_epcClass=f"urn:epc:class:lgtin:{COMPANY}.050001.{lot}")
    run.must_refuse(
        a_GTIN_alone_among_things=run.make.event(epcList=[gtin]),
        a_lot_among_things=run.make.event(epcList=[f"{gtin}/10/{lot}"]),
        a_serialised_thing_as_class=run.make.event(epcList=None, quantityList=[{"epcClass": thing, "quantity": 1}]),
    )
    return "private URIs untouched; GTIN and lot are classes, a serial is one thing"


@point(
    31, "GS1-EPC-Format and GS1-CBV-XML-Format", "EPCIS 2.0 §12.7.3; OpenAPI 2.0.0, GS1-EPC-Format, GS1-CBV-XML-Format"
)
def formats(run: Run) -> str:
    event = run.make.event()
    run.keep(event)
    urn = event["epcList"][0]
    wanted = {"Always_EPC_URN": urn, "Always_GS1_Digital_Link": link(urn), "Never_Translates": urn}
    for form, text in wanted.items():
        answer = run.server.get("events", {"EQ_eventID": event["eventID"]}, GS1_EPC_Format=form)
        check(answer.status == 200, f"GS1-EPC-Format: {form}: 200 wanted, {answer.status} came")
        check(json.dumps(text) in answer.text, f"GS1-EPC-Format: {form}: {text} is not in the answer")
        check(answer.headers.get("gs1-epc-format") == form, f"the answer to {form} does not say so in GS1-EPC-Format")
    asked = {"EQ_eventID": event["eventID"]}
    check(
        run.server.get("events", asked, GS1_EPC_Format="No_Preference").status == 200, "No_Preference is not answered"
    )
    is_problem(
        run.server.get("events", asked, GS1_EPC_Format="Sometimes"), 406, "NotAcceptableException", "an unknown format"
    )
    for form, text in (
        ("Always_URN", "urn:epcglobal:cbv:bizstep:shipping"),
        ("Always_Web_URI", "https://ref.gs1.org/cbv/BizStep-shipping"),
    ):
        answer = run.server.get("events", asked, Accept="application/xml", GS1_CBV_XML_Format=form)
        check(
            answer.status == 200 and answer.type in ("application/xml", "text/xml"),
            f"XML wanted, {answer.status} {answer.type} came",
        )
        check(text in answer.text, f"GS1-CBV-XML-Format: {form}: {text} is not in the answer")
    return "each format gives what it says and says what it gave; others are 406"


@point(32, "Four spellings of one word", "CBV 2.0 §7.1, §7.2; EPCIS 2.0 §9.2 (bare words in JSON, URIs in XML)")
def words(run: Run) -> str:
    place = run.make.place()
    spellings = ["shipping", "https://ref.gs1.org/cbv/BizStep-shipping", "cbv:BizStep-shipping"]
    sent = [run.make.at(place, bizStep=one) for one in spellings[:2]]
    in_xml = run.make.at(place)
    run.keep(*sent)
    check(run.takes_document(xml_document(in_xml), "application/xml"), "an XML document with a CBV URN was refused")
    run.seen(in_xml["eventID"])
    for spelling in [*spellings, "urn:epcglobal:cbv:bizstep:shipping"]:
        run.same([*sent, in_xml], f"EQ_bizStep={spelling}", EQ_bizLocation=place, EQ_bizStep=spelling)
    held = run.find(EQ_eventID=in_xml["eventID"])[0]["bizStep"]
    check(held == "shipping", f"in JSON the bare word is wanted, {held} came")
    answer = run.server.get("events", {"EQ_eventID": sent[0]["eventID"]}, Accept="application/xml")
    check(answer.status == 200 and ">shipping<" not in answer.text, "in XML a URI is wanted, the bare word came")
    return "bare word, CURIE, web URI and URN find the same; JSON has the word, XML a URI"


@point(33, "Contexts are never fetched", "JSON-LD 1.1 §9.8 (security); EPCIS 2.0 §9.2")
def contexts(run: Run) -> str:
    door = run.need_listener()
    path = f"/context/{run.make.next()}.jsonld"
    whole: dict[str, Any] = json.loads(document(run.make.event()))
    whole["@context"] = [whole["@context"][0], door.address + path, {"ex": NAMESPACE}]
    answer = run.server.post("capture", whole)
    check(answer.status in (202, 400), f"a context of others: 202 or 400 wanted, {answer.status} came")
    check(door.wait(path, 1, CONTEXT_SECONDS) == [], "the server fetched an address that a sender put into @context")
    return f"answered {answer.status}, and nobody came to the address in @context"


def escaped(text: str) -> str:
    """As one segment of a path."""
    return quote(text, safe="")
