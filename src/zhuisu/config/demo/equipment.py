"""Two things that stay: a passenger lift whose yearly inspection was let slip, and the gas cylinder of a taxi with all in order."""

from dataclasses import dataclass
from typing import Any

from zhuisu.config.demo.goods import GOODS
from zhuisu.config.demo.journal import Deal, Journal, elements
from zhuisu.config.demo.licences import MAKERS_LICENCES
from zhuisu.config.demo.market import paper
from zhuisu.config.demo.master import Firm
from zhuisu.config.demo.numbers import day_of, day_text, moment
from zhuisu.config.demo.parties import FIRMS
from zhuisu.config.demo.places import SITES

# 设备代码: kind 3110, maker 35901, year 2025, sequence 00017 (特种设备代码编号方法)
LIFT = "urn:zhuisu:cn.special_equip_code:311035901202500017"
HOUSE = "思明区演示路 18 号 2 单元"
# Days before the Monday of the week.
MADE, SOLD, NOTIFIED, INSTALLED, SUPERVISED, HANDED_OVER, REGISTERED = -453, -440, -421, -396, -378, -375, -369
# The maintenance firm came to the platform in September: what it did before stands in its own books.
FORTNIGHT, FIRST_MAINTAINED, LAST_MAINTAINED = 14, -75, -5
# The inspection was due a year after the supervised one: 13 days before the Monday.
IN_ORDER, STILL_RUNNING = -20, 3
TAXI = "urn:epc:id:giai:9521192.TAXI-018"
# Days of the cylinder.
BUILT, TESTED, DELIVERED, BOUGHT, FITTED, FILED, FILLED = -610, -600, -590, -585, -580, -572, 1


@dataclass(frozen=True, slots=True)
class Equipment:
    """What has a dossier."""

    lift: str
    cylinder: str


def equipment(journal: Journal) -> Equipment:
    """Their whole lives; both are judged by the clocks of their sectors."""
    _lift(journal)
    cylinder = GOODS["cylinder"].serial("QP20250316008")
    _cylinder(journal, cylinder)
    return Equipment(LIFT, cylinder)


def _say(site: str, answers: Firm, **more: Any) -> dict[str, Any]:
    return {"site": SITES[site], "answers": answers, "disposition": "active", **more}


def _made(journal: Journal, maker: Firm, part: str, thing: str, day: int, said: dict[str, Any], part_said: Any) -> None:
    """The maker's part with a number of its own, and the thing in which it is built."""
    site = "lift_works" if maker.key == "lift_maker" else "cylinder_works"
    journal.observe(
        maker,
        moment(day - 20, "10:00"),
        "commissioning",
        action="ADD",
        epcs=[part],
        **_say(site, maker, ilmd=part_said | elements(producedOn=day_of(day - 20))),
    )
    journal.make(
        maker,
        moment(day, "15:00"),
        "creating_class_instance",
        "assembling",
        inputs=[part],
        outputs=[thing],
        **_say(site, maker, ilmd=said | elements(producedOn=day_of(day))),
    )


def _lift(journal: Journal) -> None:
    maker, service, user, body = (FIRMS[key] for key in ("lift_maker", "lift_service", "property", "inspection_body"))
    part = GOODS["governor"].serial("XS25070417")
    plate = elements(
        kind="elevators.traction_passenger",
        equipmentKind="traction_passenger",
        model="LT-1000",
        productNumber="LT25-0017",
        licenceNumber=MAKERS_LICENCES["lift_maker"],
        ratedLoad=1000,
        ratedSpeed=1.75,
        stops=18,
        designYears=15,
    )
    _made(
        journal, maker, part, LIFT, MADE, plate, elements(partName="限速器", model="XS-12", productNumber="XS25070417")
    )
    certificate = [paper("cert", maker, "LT25-0017")]
    here = _say("house", service)
    journal.observe(
        maker,
        moment(SOLD, "09:00"),
        "shipping",
        epcs=[LIFT],
        papers=certificate,
        **_say("lift_works", maker, deal=Deal(maker, user), leaves=True, extra=elements(documentsComplete=True)),
    )
    notice = elements(
        step="notify", workKind="install", notifiedOn=day_of(NOTIFIED), noticeNumber="GZ2025-0921", locationName=HOUSE
    )
    journal.trade(
        service,
        moment(NOTIFIED, "10:00"),
        "other",
        epcs=[LIFT],
        papers=[paper("po", maker, "GZ2025-0921")],
        **here,
        extra=notice,
    )
    work = elements(installedOn=day_of(INSTALLED), locationName=HOUSE, workDone="井道、导轨、轿厢、控制柜安装与调试")
    journal.observe(service, moment(INSTALLED, "17:00"), "installing", epcs=[LIFT], **here, extra=work)
    passed = elements(
        step="supervise", inspectedOn=day_of(SUPERVISED), testConclusion="passed", reportNumber="JD2025-1103-017"
    )
    journal.observe(
        service, moment(SUPERVISED, "11:00"), "inspecting", epcs=[LIFT], **_say("house", body), extra=passed
    )
    handed = elements(
        step="hand_over",
        acceptedOn=day_of(HANDED_OVER),
        handedOverOn=day_of(HANDED_OVER),
        documentsComplete=True,
    )
    journal.trade(service, moment(HANDED_OVER, "15:00"), "other", epcs=[LIFT], papers=certificate, **here, extra=handed)
    _lift_on_file(journal, maker, service, user)
    _lift_in_use(journal, service, user)


def _lift_on_file(journal: Journal, maker: Firm, service: Firm, user: Firm) -> None:
    on_file = elements(
        step="register",
        certificateNumber="梯11闽D90017(25)",
        registeredOn=day_of(REGISTERED),
        putIntoUseOn=day_of(REGISTERED + 1),
        deviceNumber="2 单元客梯",
    )
    journal.trade(
        service,
        moment(REGISTERED, "09:30"),
        "other",
        epcs=[LIFT],
        papers=[paper("cert", maker, "D90017")],
        **_say("house", user),
        extra=on_file,
    )


def _lift_in_use(journal: Journal, service: Firm, user: Firm) -> None:
    """Maintained every fortnight; the inspection fell due, and it ran on."""
    for day in range(FIRST_MAINTAINED, LAST_MAINTAINED + 1, FORTNIGHT):
        done = elements(
            step="maintain",
            maintainedOn=day_of(day),
            maintenanceKind="half_month",
            checkItem="机房、轿厢、层门、底坑",
            checkResult="normal",
        )
        journal.observe(service, moment(day, "14:00"), "other", epcs=[LIFT], **_say("house", service), extra=done)
    for day in (IN_ORDER, STILL_RUNNING):
        running = elements(step="use", recordedOn=day_of(day), runState="normal")
        journal.observe(service, moment(day, "08:00"), "other", epcs=[LIFT], **_say("house", user), extra=running)


def _cylinder(journal: Journal, cylinder: str) -> None:
    maker, station, user, body = (FIRMS[key] for key in ("cylinder_maker", "gas_station", "taxi", "inspection_body"))
    valve = GOODS["valve"].serial("PF25022211")
    plate = elements(
        equipmentKind="vehicle_cng",
        gasName="压缩天然气",
        volume=80,
        workingPressure=20,
        testPressure=30,
        licenceNumber=MAKERS_LICENCES["cylinder_maker"],
        markKind="etched_qr",
        designYears=15,
        designEndsOn="2040-03-15",
    )
    part = elements(partName="瓶阀", model="QF-T1", productNumber="PF25022211")
    _made(journal, maker, valve, cylinder, BUILT, plate, part)
    passed = elements(inspectedOn=day_of(TESTED), testConclusion="passed", reportNumber="QJ2025-0326-008")
    journal.observe(
        maker, moment(TESTED, "10:00"), "inspecting", epcs=[cylinder], **_say("cylinder_works", body), extra=passed
    )
    deal, papers = Deal(maker, station), [paper("cert", maker, "QP20250316008")]
    journal.observe(
        maker,
        moment(DELIVERED, "09:00"),
        "shipping",
        epcs=[cylinder],
        papers=papers,
        **_say("cylinder_works", maker, deal=deal, leaves=True, extra=elements(documentsComplete=True)),
    )
    arrived = elements(arrivedOn=day_of(BOUGHT), supplierName=maker.name, documentsComplete=True)
    at_station = _say("gas_station", station)
    journal.observe(
        station,
        moment(BOUGHT, "16:00"),
        "receiving",
        epcs=[cylinder],
        papers=papers,
        deal=deal,
        **at_station,
        extra=arrived,
    )
    fitted = elements(step="install", installedOn=day_of(FITTED), vehicleNumber="闽D·演T018", installKind="new")
    journal.fit(station, moment(FITTED, "11:00"), TAXI, [cylinder], **at_station, extra=fitted)
    filed = elements(
        step="register",
        certificateNumber="瓶10闽D90018(25)",
        registeredOn=day_of(FILED),
        vehicleNumber="闽D·演T018",
        ownership="vehicle",
    )
    journal.trade(
        station,
        moment(FILED, "10:00"),
        "other",
        epcs=[cylinder],
        papers=[paper("cert", maker, "D90018")],
        **_say("gas_station", user),
        extra=filed,
    )
    _filled(journal, station, cylinder)


def _filled(journal: Journal, station: Firm, cylinder: str) -> None:
    said = {"epcs": [cylinder], **_say("gas_station", station)}
    before = elements(
        step="check_before",
        recordedOn=day_of(FILLED),
        ownership="vehicle",
        outlookChecked=True,
        residualPressure=1.6,
        checkResult="normal",
    )
    journal.observe(station, moment(FILLED, "13:02"), "inspecting", **said, extra=before)
    gas = elements(
        filledAt=moment(FILLED, "13:06").isoformat(),
        fillKind="compressed",
        filledGas="压缩天然气",
        fillPressure=19.6,
        gunNumber="3",
        gasLot=f"CNG{day_text(FILLED)}",
    )
    journal.observe(station, moment(FILLED, "13:06"), "loading", **said, extra=gas)
    after = elements(step="check_after", recordedOn=day_of(FILLED), leakFree=True, checkResult="normal", fillLabel=True)
    journal.observe(station, moment(FILLED, "13:09"), "inspecting", **said, extra=after)
