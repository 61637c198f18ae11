"""Points 34 to 45: the query, parameter by parameter."""

from .data import COMPANY, NAMESPACE, Event, master_data
from .run import Run, events_of, is_problem
from .table import check, point

# A query names fields of extensions with a prefix; the header says what the prefix means.
PREFIX = {"GS1-Extensions": f"ex={NAMESPACE}"}


@point(34, "Parameters are joined by AND, their values by OR", "EPCIS 2.0 §8.2.7.1; OpenAPI 2.0.0, GET /events")
def and_or(run: Run) -> str:
    place = run.make.place()
    one = run.make.at(place)
    two = run.make.at(place, bizStep="receiving")
    three = run.make.at(place, bizStep="receiving", action="ADD")
    run.keep(one, two, three)
    run.same([one, two, three], "OR of two values", EQ_bizLocation=place, EQ_bizStep="shipping|receiving")
    run.same([two], "AND of two parameters", EQ_bizLocation=place, EQ_bizStep="receiving", EQ_action="OBSERVE")
    run.same([], "AND that nothing fits", EQ_bizLocation=place, EQ_bizStep="shipping", EQ_action="ADD")
    answer = run.server.send("GET", "events", parameters=[("EQ_action", "ADD"), ("EQ_action", "OBSERVE")])
    is_problem(answer, 400, "QueryParameterException", "the same name twice")
    return "AND between names, OR within one; a name twice is refused"


@point(35, "Lists are separated by pipes", "OpenAPI 2.0.0 (style pipeDelimited); RFC 3986 §2.1")
def pipes(run: Run) -> str:
    one, two = run.make.event(), run.make.event()
    run.keep(one, two)
    first, second = one["epcList"][0], two["epcList"][0]
    run.same([one, two], "two values by %7C", MATCH_epc=f"{first}|{second}")
    answer = run.server.get(f"events?MATCH_epc={first}|{second}")
    check(answer.status in (200, 400), f"a pipe that is not escaped: 200 or 400 wanted, {answer.status} came")
    comma = run.server.get("events", {"MATCH_epc": f"{first},{second}"})
    check(
        comma.status == 400 or (comma.status == 200 and events_of(comma) == []),
        "values joined by a comma were taken as a list",
    )
    return "%7C separates, a comma does not"


@point(36, "An unknown parameter is an error", "EPCIS 2.0 §8.2.7.1; OpenAPI 2.0.0, 400 QueryParameterException")
def unknown(run: Run) -> str:
    for name in ("EQ_shoeSize", "eq_action", "limit", "MATCH_everything"):
        run.refused_query("QueryParameterException", **{name: "1"})
    run.refused_query("QueryParameterException", EQ_action="PERHAPS")
    run.refused_query("QueryParameterException", GE_eventTime="yesterday")
    return "unknown names and impossible values are 400 QueryParameterException"


@point(37, "eventCountLimit and maxEventCount", "EPCIS 2.0 §8.2.7.1; §8.2.5, QueryTooLargeException")
def counts(run: Run) -> str:
    place = run.make.place()
    run.keep(*(run.make.at(place) for _ in range(3)))
    run.refused_query("QueryParameterException", EQ_bizLocation=place, eventCountLimit="2")
    run.refused_query(
        "QueryParameterException", EQ_bizLocation=place, orderBy="eventTime", eventCountLimit="2", maxEventCount="2"
    )
    limited = run.ids(EQ_bizLocation=place, orderBy="eventTime", eventCountLimit="2")
    check(len(limited) == 2, f"eventCountLimit=2: two events wanted, {len(limited)} came")
    exact = run.ids(EQ_bizLocation=place, maxEventCount="3")
    check(len(exact) == 3, f"maxEventCount=3 with three events: all wanted, {len(exact)} came")
    run.refused_query("QueryTooLargeException", 413, EQ_bizLocation=place, maxEventCount="2")
    return "the first cuts and needs orderBy, the second refuses what is larger; both at once are refused"


@point(38, "Order: descending by default, stable, by extensions too", "EPCIS 2.0 §8.2.7.1, orderBy, orderDirection")
def order(run: Run) -> str:
    place = run.make.place()
    hours = [3, 1, 2, 1]
    events = [
        run.make.at(place, eventTime=f"2026-01-01T0{hour}:00:00Z", **{"ex:weight": weight})
        for hour, weight in zip(hours, (9, 10, 2, 33), strict=True)
    ]
    run.keep(*events)
    ids = [event["eventID"] for event in events]
    asked = {"EQ_bizLocation": place, "orderBy": "eventTime"}
    down, up = run.ids(**asked), run.ids(**asked, orderDirection="ASC")
    check(down[:2] == [ids[0], ids[2]], "orderBy=eventTime without a direction does not begin with the latest")
    check(up[2:] == [ids[2], ids[0]], "orderDirection=ASC does not end with the latest")
    check(
        run.ids(**asked) == down and run.ids(**asked, orderDirection="DESC") == down, "events of one time change places"
    )
    by_weight = run.ids(PREFIX, EQ_bizLocation=place, orderBy="ex:weight", orderDirection="ASC")
    check(by_weight == [ids[2], ids[0], ids[1], ids[3]], "orderBy an extension of numbers is not the order of numbers")
    run.refused_query("QueryParameterException", EQ_bizLocation=place, orderBy="eventTime", orderDirection="UP")
    return "DESC is the default, equal times keep their order, numbers of extensions sort as numbers"


@point(39, "From is inclusive, until exclusive", "EPCIS 2.0 §8.2.7.1, GE_eventTime to LT_recordTime")
def bounds(run: Run) -> str:
    place, at = run.make.place(), "2026-02-03T04:05:06.789Z"
    event = run.make.at(place, eventTime=at)
    run.keep(event)
    recorded = str(run.seen(event["eventID"])[0]["recordTime"])
    for name, moment in (("eventTime", at), ("recordTime", recorded)):
        run.same([event], f"GE_{name} at the very time", EQ_bizLocation=place, **{f"GE_{name}": moment})
        run.same([], f"LT_{name} at the very time", EQ_bizLocation=place, **{f"LT_{name}": moment})
    run.same(
        [event], "the same time in another zone", EQ_bizLocation=place, GE_eventTime="2026-02-03T12:05:06.789+08:00"
    )
    run.same([event], "until a millisecond later", EQ_bizLocation=place, LT_eventTime="2026-02-03T04:05:06.790Z")
    return "GE takes the very time, LT does not, for both times"


@point(40, "What each MATCH looks at", "EPCIS 2.0 §8.2.7.1, MATCH_epc to MATCH_anyEPCClass")
def matches(run: Run) -> str:
    make = run.make
    thing, lot = make.thing(), make.lot()
    parent = f"urn:epc:id:grai:{COMPANY}.12345.{make.next()}"
    listed = make.event(epcList=[thing])
    child = make.event("AggregationEvent", action="ADD", parentID=parent, childEPCs=[thing])
    above = make.event("AggregationEvent", action="ADD", parentID=thing, childEPCs=[make.thing()])
    put_in = make.event("TransformationEvent", inputEPCList=[thing], outputEPCList=[make.thing()])
    came_out = make.event("TransformationEvent", inputEPCList=[make.thing()], outputEPCList=[thing])
    of_lot = make.event(epcList=None, quantityList=[{"epcClass": lot, "quantity": 1}])
    lot_in = make.event(
        "TransformationEvent", inputQuantityList=[{"epcClass": lot, "quantity": 1}], outputEPCList=[make.thing()]
    )
    run.keep(listed, child, above, put_in, came_out, of_lot, lot_in)
    run.same([listed, child], "MATCH_epc", MATCH_epc=thing)
    run.same([above], "MATCH_parentID", MATCH_parentID=thing)
    run.same([put_in], "MATCH_inputEPC", MATCH_inputEPC=thing)
    run.same([came_out], "MATCH_outputEPC", MATCH_outputEPC=thing)
    run.same([listed, child, above, put_in, came_out], "MATCH_anyEPC", MATCH_anyEPC=thing)
    run.same([of_lot], "MATCH_epcClass", MATCH_epcClass=lot)
    run.same([lot_in], "MATCH_inputEPCClass", MATCH_inputEPCClass=lot)
    run.same([of_lot, lot_in], "MATCH_anyEPCClass", MATCH_anyEPCClass=lot)
    return "each looks at its own lists, any at all of them"


@point(41, "Patterns by structure, not by text", "EPCIS 2.0 §8.2.7.1; TDS 2.0 §8 (pure identity patterns)")
def patterns(run: Run) -> str:
    place, mark = run.make.place(), run.make.next()
    item = f"{int(run.make.mark, 16) % 100_000:05d}"
    plain = run.make.at(place, epcList=[run.make.thing(f"A_{mark}", item)])
    similar = run.make.at(place, epcList=[run.make.thing(f"AX{mark}", item)])
    run.keep(plain, similar)
    family = f"urn:epc:idpat:sgtin:{COMPANY}.0{item}"
    run.same([plain, similar], "all serials of an item", EQ_bizLocation=place, MATCH_epc=f"{family}.*")
    run.same(
        [plain, similar], "all items of a company", EQ_bizLocation=place, MATCH_epc=f"urn:epc:idpat:sgtin:{COMPANY}.*.*"
    )
    run.same([plain], "an underscore is no wildcard", MATCH_epc=plain["epcList"][0])
    run.same([], "a percent sign is no wildcard", MATCH_epc=run.make.thing("%25", item))
    run.same([], "a star inside a thing's own serial is no wildcard", MATCH_epc=run.make.thing("*", item))
    run.same([], "another item", EQ_bizLocation=place, MATCH_epc=f"urn:epc:idpat:sgtin:{COMPANY}.099999.*")
    return "patterns match by their parts; percent sign, underscore and star in a serial are letters"


@point(42, "WD_ follows the hierarchy of places, itself included", "EPCIS 2.0 §8.2.7.1, WD_readPoint, WD_bizLocation")
def descendants(run: Run) -> str:
    site, hall, shelf = (run.make.place() for _ in range(3))
    there, below, deep = (run.make.at(place) for place in (site, hall, shelf))
    run.keep(there, header=master_data(site, children=[hall]))
    run.keep(below, header=master_data(hall, children=[shelf]))
    run.keep(deep)
    run.same([there, below, deep], "WD_bizLocation of the site", WD_bizLocation=site)
    run.same([below, deep], "WD_bizLocation of the hall", WD_bizLocation=hall)
    run.same([there], "EQ_bizLocation of the site", EQ_bizLocation=site)
    return "a site finds itself, its halls and their shelves; EQ_ finds itself alone"


@point(43, "EXISTS_, comparisons, ILMD and inner fields", "EPCIS 2.0 §8.2.7.1, EQ_fieldname to EXISTS_INNER_ILMD")
def extensions(run: Run) -> str:
    place = run.make.place()
    heavy = run.make.at(place, **{"ex:weight": 10, "ex:label": {"ex:colour": "red"}})
    light = run.make.at(place, **{"ex:weight": 9})
    born = run.make.at(place, action="ADD", ilmd={"ex:variety": "round", "ex:due": "2026-05-01T00:00:00Z"})
    run.keep(heavy, light, born)
    both = {"EQ_bizLocation": place}
    cases: list[tuple[str, str, list[Event]]] = [
        ("EXISTS_ex:weight", "true", [heavy, light]),
        # False asks nothing (OpenAPI 2.0.0, EXISTS_errorDeclaration).
        ("EXISTS_ex:weight", "false", [heavy, light, born]),
        ("EXISTS_errorDeclaration", "false", [heavy, light, born]),
        ("EXISTS_errorDeclaration", "true", []),
        ("EQ_ex:weight", "10", [heavy]),
        ("GT_ex:weight", "9", [heavy]),
        ("GE_ex:weight", "9", [heavy, light]),
        ("LT_ex:weight", "9.5", [light]),
        ("EQ_ILMD_ex:variety", "round", [born]),
        ("EXISTS_ILMD_ex:variety", "true", [born]),
        ("LT_ILMD_ex:due", "2026-05-01T09:00:00+08:00", [born]),
        ("EQ_INNER_ex:colour", "red", [heavy]),
        ("EXISTS_INNER_ex:colour", "true", [heavy]),
    ]
    for name, value, wanted in cases:
        run.same(wanted, f"{name}={value}", PREFIX, **{**both, name: value})
    return f"{len(cases)} parameters: numbers compare as numbers, times as times; EXISTS_ with false asks nothing"


@point(44, "Sensor conditions hold within one report", "EPCIS 2.0 §8.2.7.1, EQ_type, GE_value_UOM; CBV 2.0 §7.7")
def sensors(run: Run) -> str:
    place = run.make.place()

    def of(*reports: Event) -> Event:
        return run.make.at(place, sensorElementList=[{"sensorReport": list(reports)}])

    cold = of({"type": "Temperature", "value": 4, "uom": "CEL"}, {"type": "RelativeHumidity", "value": 80, "uom": "P1"})
    warm = of({"type": "Temperature", "value": 30, "uom": "CEL"})
    run.keep(cold, warm)
    run.same([cold, warm], "EQ_type", EQ_bizLocation=place, EQ_type="Temperature")
    run.same([warm], "GE_value_CEL", EQ_bizLocation=place, EQ_type="Temperature", GE_value_CEL="10")
    run.same([], "type of one report, value of another", EQ_bizLocation=place, EQ_type="Temperature", GE_value_P1="50")
    run.same([warm], "30 °C asked in Fahrenheit", EQ_bizLocation=place, GE_value_FAH="80")
    return "type and value must be of one report; units are converted"


@point(45, "HASATTR and EQATTR ask the master data", "EPCIS 2.0 §8.2.7.1, HASATTR_fieldname, EQATTR_fieldname_attrname")
def attributes(run: Run) -> str:
    place, bare, city = run.make.place(), run.make.place(), f"city-{run.make.next()}"
    here, there = run.make.at(place), run.make.at(bare)
    run.keep(here, header=master_data(place, city=city))
    run.keep(there)
    name = "urn:epcglobal:cbv:mda#city"
    places = f"{place}|{bare}"
    run.same([here], "HASATTR_bizLocation", EQ_bizLocation=places, HASATTR_bizLocation=name)
    run.same([here], "EQATTR_bizLocation", **{f"EQATTR_bizLocation_{name}": city})
    run.same([], "EQATTR with another value", EQ_bizLocation=places, **{f"EQATTR_bizLocation_{name}": "nowhere"})
    return "an event is found by what is known of its location"
