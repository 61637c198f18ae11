"""A capture job as XML (EPCIS 2.0 XSD, EPCISCaptureJob); what the standard has no place for stands in our own namespace."""

from typing import Any

from zhuisu.epcis.xmlwrite import text

_ERROR = ("type", "title", "status", "detail")
_OURS = ("index", "eventID", "path", "rule", "message_zh")


def job_xml(job: dict[str, Any]) -> bytes:
    """The document, from the fields of the JSON answer."""
    state = " ".join(f'{name}="{text(_plain(job[name]))}"' for name in ("captureID", "running", "success"))
    inside = "".join(_element(name, job.get(name)) for name in ("captureErrorBehaviour", "createdAt", "finishedAt"))
    if job["errors"]:  # the schema has no empty list of them
        inside += f"<errors>{''.join(map(_error, job['errors']))}</errors>"
    counts = " ".join(f'{name}="{number}"' for name, number in job["counts"].items())
    inside += f"<zs:counts {counts}/>"
    inside += "".join(
        _element(name, job.get(name), "zs:") for name in ("payloadHash", "errorsOmitted", "verdictsOmitted")
    )
    inside += "".join(map(_verdict, job["verdicts"]))
    root = 'xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:zs="urn:zhuisu:ns:"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<epcis:EPCISCaptureJob {root} {state}>{inside}</epcis:EPCISCaptureJob>'
    ).encode()


def _error(one: dict[str, Any]) -> str:
    standard = "".join(_element(name, one.get(name)) for name in _ERROR)
    return f"<error>{standard}{''.join(_element(name, one.get(name), 'zs:') for name in _OURS)}</error>"


def _verdict(one: dict[str, Any]) -> str:
    """The reasons stand among the errors."""
    names = ("index", "verdict", "eventID", "payloadHash")
    said = " ".join(f'{name}="{text(_plain(one[name]))}"' for name in names if one.get(name) is not None)
    return f"<zs:verdict {said}/>"


def _element(name: str, value: Any, prefix: str = "") -> str:
    return "" if value is None else f"<{prefix}{name}>{text(_plain(value))}</{prefix}{name}>"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
