"""What a store says of itself, as text that two stores can be compared by; also run as a process on a restored one."""

import json
import os
import random
import sys
from typing import Any


def told(walks: int, seed: int = 1) -> dict[str, Any]:
    """The log's head, every published event, the audit's findings, and what so many random walks reach, up and down."""
    from zhuisu.events.proof import Finding, audit
    from zhuisu.events.store import rows
    from zhuisu.lineage.queries import walk

    found = [one.message for one in audit() if isinstance(one, Finding)]
    items = sorted(number for (number,) in rows("select distinct item from part"))
    chosen = random.Random(seed).choices(items, k=walks) if items else []
    reached = []
    for number, item in enumerate(chosen):
        answer = walk([item], "up" if number % 2 else "down")
        reached.append(sorted((int(one), *map(str, answer.items[one])) for one in answer.items))
    (head,) = rows("select size, encode(root, 'hex') from log_head order by size desc limit 1") or [(0, "")]
    events = [
        name
        for (name,) in rows(
            "select b.event_id from log_entry l join event_body b on b.event = l.event order by l.position"
        )
    ]
    return {"findings": found, "head": list(head), "events": events, "walks": json.loads(json.dumps(reached))}


def main(database: str, walks: int) -> None:
    from zhuisu.config.database import Embedded

    os.environ["DJANGO_SETTINGS_MODULE"] = "zhuisu.config.settings"
    started = Embedded.start_unless_named()
    os.environ["ZHUISU_DATABASE_URL"] = os.environ["ZHUISU_DATABASE_URL"].replace("/zhuisu?", f"/{database}?")
    import django

    django.setup()
    from django.db import connection

    print(json.dumps(told(walks)))
    connection.close()
    if started:
        started.leave()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
