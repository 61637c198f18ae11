"""Random events and random queries of every family, over few values so that they meet."""

import random
from decimal import Decimal
from typing import Any

from query_oracle import (
    CLASSES,
    DISPOSITIONS,
    KIND,
    MEASURES,
    NAMESPACE,
    PARTY_TYPES,
    PLACES,
    PREFIX,
    REASONS,
    STEPS,
    THINGS,
    TRANSACTION_TYPES,
)

TIMES = [
    f"2026-11-{day:02d}T0{hour}:00:00.{part}" for day in (1, 2) for hour in (1, 9) for part in ("000Z", "500+08:00")
]
TEXTS = ["7", "07", "7.0", "seven", "a|b", "urn:x:thing:1"]
NUMBERS = [Decimal(text) for text in ("7", "7.5", "-1", "1000", "7.0")]
IDS = [f"urn:uuid:00000000-0000-4000-8000-{number:012d}" for number in range(200)]
HEX = ["0aff", "0AFF", "01"]
SENSED = ["dataProcessingMethod", "microorganism", "chemicalSubstance", "bizRules", "uriValue"]
TRANSACTIONS = ["urn:x:bt:1", "urn:x:bt:2"]
PATTERNS = [
    "urn:epc:idpat:sgtin:950600013.0435.*",
    "urn:epc:idpat:sgtin:950600013.*.*",
    "urn:epc:idpat:sgtin:*.*.*",
    "urn:epc:idpat:sgtin:950600099.*.*",
    "urn:epc:idpat:sscc:0614141.*",
    "urn:epc:idpat:giai:0614141.*",
    "urn:epc:idpat:lgtin:950600013.0435.*",
]
UNITS = ["CEL", "KEL", "KGM", "GRM"]
DEVICES = ["urn:x:device:1", "urn:x:device:2"]


class World:
    """A source of chance, and what can be made of it."""

    def __init__(self, seed: int, parties: list[str]) -> None:
        self.chance = random.Random(seed)
        self.parties = parties

    def one(self, table: list[Any]) -> Any:
        """One of a table; of writings one."""
        found = self.chance.choice(table)
        return self.chance.choice(found) if isinstance(found, tuple) else found

    def some(self, table: list[Any], most: int = 2) -> list[Any]:
        """Different ones of a table, each in one writing."""
        chosen = self.chance.sample(table, self.chance.randint(1, min(most, len(table))))
        return [self.chance.choice(one) if isinstance(one, tuple) else one for one in chosen]

    def maybe(self, odds: float = 0.4) -> bool:
        return self.chance.random() < odds

    def value(self) -> Any:
        return self.one([*TEXTS, *NUMBERS, *TIMES, True])

    def extensions(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in ("a", "b"):
            if self.maybe():
                found[f"{PREFIX}:{name}"] = self.value() if self.maybe(0.7) else [self.value(), self.value()]
        if self.maybe():
            found[f"{PREFIX}:deep"] = {f"{PREFIX}:a": self.value(), f"{PREFIX}:more": [{f"{PREFIX}:b": self.value()}]}
        return found

    def event(self, number: int) -> dict[str, Any]:
        kind = self.one(
            ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"]
        )
        event: dict[str, Any] = {
            "type": kind,
            "eventID": IDS[number],
            "eventTime": self.one(TIMES),
            "eventTimeZoneOffset": "+08:00",
            **self.extensions(),
        }
        if kind != "TransformationEvent":
            event["action"] = self.one(["ADD", "OBSERVE", "DELETE"])
        getattr(self, f"_{kind}")(event)
        for name, table in (("bizStep", STEPS), ("disposition", DISPOSITIONS)):
            if self.maybe(0.6):
                event[name] = self.one(table)
        for name in ("readPoint", "bizLocation"):
            if self.maybe(0.6):
                event[name] = {"id": self.one(PLACES), **(self.extensions() if self.maybe(0.3) else {})}
        self._dealings(event)
        if self.maybe(0.3):
            event["sensorElementList"] = [self._element() for _ in range(self.chance.randint(1, 2))]
        if self.maybe(0.3) and kind in ("ObjectEvent", "TransformationEvent"):
            event["persistentDisposition"] = {self.one(["set", "unset"]): self.some(DISPOSITIONS)}
        return event

    def _quantities(self) -> list[dict[str, Any]]:
        found = []
        for one in self.some(CLASSES):
            found.append({"epcClass": one})
            if self.maybe(0.7):
                found[-1]["quantity"] = self.one([Decimal("7"), Decimal("7.5"), Decimal("1000")])
                if self.maybe():
                    found[-1]["uom"] = self.one(["KGM", "GRM"])
        return found

    def _ObjectEvent(self, event: dict[str, Any]) -> None:
        event["epcList"] = self.some(THINGS)
        if self.maybe():
            event["quantityList"] = self._quantities()
        if event["action"] == "ADD" and self.maybe(0.7):
            event["ilmd"] = self.extensions()

    def _AggregationEvent(self, event: dict[str, Any]) -> None:
        parent, *children = self.chance.sample(THINGS, 3)
        event |= {"parentID": self.chance.choice(parent), "childEPCs": [self.chance.choice(one) for one in children]}
        if self.maybe():
            event["childQuantityList"] = self._quantities()

    _AssociationEvent = _AggregationEvent

    def _TransactionEvent(self, event: dict[str, Any]) -> None:
        event |= {"epcList": self.some(THINGS), "bizTransactionList": self._transactions()}
        if self.maybe():
            event["parentID"] = self.one(THINGS)

    def _TransformationEvent(self, event: dict[str, Any]) -> None:
        event |= {"inputEPCList": self.some(THINGS), "outputQuantityList": self._quantities()}
        if self.maybe():
            event |= {"outputEPCList": self.some(THINGS), "inputQuantityList": self._quantities()}
        if self.maybe():
            event["transformationID"] = self.one(TRANSACTIONS)

    def _transactions(self) -> list[dict[str, Any]]:
        found = []
        for one in self.some(TRANSACTIONS):
            found.append({"bizTransaction": one} | ({"type": self.one(TRANSACTION_TYPES)} if self.maybe(0.7) else {}))
        return found

    def _dealings(self, event: dict[str, Any]) -> None:
        if self.maybe(0.3):
            event["bizTransactionList"] = self._transactions()
        for side in ("source", "destination"):
            if self.maybe(0.3):
                event[f"{side}List"] = [{"type": self.one(PARTY_TYPES), side: self.one([*self.parties, *PLACES])}]

    def _element(self) -> dict[str, Any]:
        metadata: dict[str, Any] = {}
        for name in ("time", "startTime"):
            if self.maybe():
                metadata[name] = self.one(TIMES)
        if self.maybe():
            metadata["deviceID"] = self.one(DEVICES)
        if self.maybe(0.3):
            metadata |= self.extensions()
        reports = [self._report() for _ in range(self.chance.randint(1, 2))]
        element = {"sensorReport": reports} | ({"sensorMetadata": metadata} if metadata else {})
        return element | (self.extensions() if self.maybe(0.3) else {})

    def _report(self) -> dict[str, Any]:
        report: dict[str, Any] = {"type": self.one(MEASURES), "value": self.one(NUMBERS)}
        if self.maybe(0.8):
            report["uom"] = self.one(["CEL", "KEL"] if "Temperature" in report["type"] else ["KGM", "GRM"])
        if self.maybe(0.3):
            report |= {"deviceID": self.one(DEVICES), "sDev": self.one(NUMBERS)}
        if self.maybe(0.3):
            report |= {"hexBinaryValue": self.one(HEX), self.one(SENSED): self.one(DEVICES)}
        if self.maybe(0.3):
            report |= {f"{self.one(['min', 'max', 'mean', 'perc'])}Value": self.one(NUMBERS)}
        if self.maybe(0.3):
            report |= {"stringValue": self.one(TEXTS), "booleanValue": self.maybe(), "percRank": self.one(NUMBERS)}
        return report | (self.extensions() if self.maybe(0.3) else {})

    def declared(self, event: dict[str, Any]) -> dict[str, Any]:
        """The event declared wrong."""
        said: dict[str, Any] = {"declarationTime": self.one(TIMES), **self.extensions()}
        if self.maybe(0.7):
            said["reason"] = self.one(REASONS)
        if self.maybe():
            said["correctiveEventIDs"] = self.some(IDS[:5])
        return event | {"errorDeclaration": said}

    def query(self) -> dict[str, Any]:
        """A query as JSON: one to three parameters, one of them now and then of the same family."""
        return dict(self._parameter() for _ in range(self.chance.choice((1, 1, 2, 3))))

    def _parameter(self) -> tuple[str, Any]:
        return self.chance.choice(
            (self._plain, self._plain, self._match, self._match, self._typed, self._amount, self._field, self._field,
             self._sensed, self._sensed, self._error, self._attribute)
        )()  # fmt: skip

    def _plain(self) -> tuple[str, Any]:
        chosen = self.chance.randrange(9)
        if chosen == 0:
            return "eventType", self.some(
                ["ObjectEvent", "AggregationEvent", "TransformationEvent", "TransactionEvent"]
            )
        if chosen == 1:
            return f"{self.one(['GE', 'LT'])}_{self.one(['eventTime', 'recordTime'])}", self.one(TIMES)
        if chosen == 2:
            return f"{self.one(['EQ', 'WD'])}_{self.one(['readPoint', 'bizLocation'])}", self.some(PLACES)
        if chosen == 3:
            return f"EQ_persistentDisposition_{self.one(['set', 'unset'])}", self.some(DISPOSITIONS)
        tables = {
            "action": ["ADD", "OBSERVE", "DELETE"],
            "bizStep": STEPS,
            "disposition": DISPOSITIONS,
            "eventID": IDS[:60],
        }
        name = self.one([*tables, "transformationID"])
        return f"EQ_{name}", self.some(tables.get(name, TRANSACTIONS), 3)

    def _match(self) -> tuple[str, Any]:
        if self.maybe(0.6):
            name = self.one(["epc", "parentID", "inputEPC", "outputEPC", "anyEPC", "anyEPC"])
            return f"MATCH_{name}", self.some([*THINGS, *PATTERNS, CLASSES[2]])
        name = self.one(["epcClass", "inputEPCClass", "outputEPCClass", "anyEPCClass"])
        return f"MATCH_{name}", self.some([*CLASSES, *PATTERNS])

    def _typed(self) -> tuple[str, Any]:
        if self.maybe(0.6):
            return f"EQ_bizTransaction_{self.one([*TRANSACTION_TYPES, ''])}", self.some(TRANSACTIONS)
        return f"EQ_{self.one(['source', 'destination'])}_{self.one(PARTY_TYPES)}", self.some([*self.parties, *PLACES])

    def _op(self) -> str:
        return str(self.one(["EQ", "EQ", "GT", "GE", "LT", "LE"]))

    def _amount(self) -> tuple[str, Any]:
        return f"{self._op()}_quantity{self.one(['', '_KGM', '_GRM'])}", self.one(NUMBERS)

    def _value_of_field(self) -> tuple[str, Any]:
        op = self.one(["EQ", "EQ", "EQ", "GT", "GE", "LT", "LE", "EXISTS"])
        if op == "EXISTS":
            return op, self.maybe(0.8)
        return op, self.some([*TEXTS, *TIMES], 3) if op == "EQ" else self.one([*NUMBERS, *TIMES])

    def _field(self) -> tuple[str, Any]:
        op, value = self._value_of_field()
        part = self.one(["", "", "ILMD_", "ERROR_DECLARATION_", "readPoint_", "bizLocation_"])
        name = self.one([f"{PREFIX}:", NAMESPACE]) + self.one(["a", "b", "deep"])
        return f"{op}_{self.one(['', 'INNER_'])}{part}{name}", value

    def _attribute(self) -> tuple[str, Any]:
        """What master data says of the values of a field."""
        field = self.one(["readPoint", "readPoint", "bizLocation", "bizStep", "epcClass", "source", "bizTransaction"])
        if self.maybe():
            return f"HASATTR_{field}", self.some([KIND, "urn:x:attribute:cold", "urn:x:attribute:none"])
        return f"EQATTR_{field}_{KIND}", self.some(["hall", "shelf", "shop", "none"])

    def _sensed(self) -> tuple[str, Any]:
        chosen = self.chance.randrange(9)
        if chosen == 0:
            op, value = self._value_of_field()
            part = self.one(["SENSORELEMENT_", "SENSORMETADATA_", "SENSORREPORT_"])
            return f"{op}_{self.one(['', 'INNER_'])}{part}{PREFIX}:{self.one(['a', 'b'])}", value
        if chosen == 1:
            return f"{self.one(['GE', 'LT'])}_{self.one(['time', 'startTime', 'endTime'])}", self.one(TIMES)
        if chosen == 2:
            return "EQ_type", self.some(MEASURES)
        if chosen == 3:
            return "EQ_deviceID", self.some(DEVICES)
        if chosen == 4:
            return f"{self._op()}_{self.one(['value', 'value', 'sDev'])}_{self.one(UNITS)}", self.one(NUMBERS)
        if chosen == 7:
            return f"EQ_{self.one(SENSED)}", self.some(DEVICES)
        if chosen == 8:
            return f"{self._op()}_{self.one(['min', 'max', 'mean', 'perc'])}Value_{self.one(UNITS)}", self.one(NUMBERS)
        if chosen == 5:
            others: list[tuple[str, Any]] = [
                ("EQ_stringValue", ["7", "seven"]),
                ("EQ_hexBinaryValue", self.some(HEX)),
                ("EXISTS_sensorElementList", True),
                ("EQ_booleanValue", True),
            ]
            return self.chance.choice(others)
        return f"{self._op()}_percRank", self.one(NUMBERS)

    def _error(self) -> tuple[str, Any]:
        return self.chance.choice(
            [
                ("EXISTS_errorDeclaration", self.maybe()),
                (f"{self.one(['GE', 'LT'])}_errorDeclarationTime", self.one(TIMES)),
                ("EQ_errorReason", self.some(REASONS)),
                ("EQ_correctiveEventID", self.some(IDS[:5])),
            ]
        )
