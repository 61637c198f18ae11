"""The receiver of the reference page, run as it stands there, on what is really sent."""

import re
from typing import Any

from repository import ROOT
from support import AT
from zhuisu.subscriptions import signing


def is_genuine() -> Any:
    page = (ROOT / "docs" / "reference" / "subscriptions.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    held: dict[str, Any] = {}
    exec(code, held)
    return held["is_genuine"]


def test_the_receiver_takes_what_is_ours_and_nothing_else() -> None:
    check, now, body = is_genuine(), AT.timestamp(), b'{"type": "EPCISQueryDocument"}'

    def sent(delivery: str) -> dict[str, str]:
        return {"Zhuisu-Delivery": delivery, **signing.headers("secret", body, delivery=delivery, at=AT)}

    seen: set[str] = set()
    assert check("secret", sent("a"), body, seen, now)
    assert not check("secret", sent("a"), body, seen, now), "a copy"
    assert not check("secret", sent("b"), body, seen, now + 301), "too old"
    assert not check("other", sent("c"), body, seen, now), "another secret"
    assert not check("secret", sent("d"), body + b" ", seen, now), "another body"
    assert not check("secret", sent("e") | {"Zhuisu-Delivery": "f"}, body, seen, now), "another id"
    assert not check("secret", sent("g") | {"Zhuisu-Timestamp": str(int(now) + 1)}, body, seen, now), "another time"
