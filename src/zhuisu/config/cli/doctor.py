"""`zhuisu doctor`: examines an installation, and says what is wrong and how it is mended."""

import json
import os
from typing import Annotated

import typer

from zhuisu.config.cli.common import language, setup

MARKS = ("ok", "warning", "FAULT")
MARKS_ZH = ("正常", "注意", "故障")
EXITS = (0, 1, 4)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    sample: Annotated[int, typer.Option(min=0, max=200, help="Stored events that are read again and checked.")] = 50,
) -> None:
    """Examine this installation; say what is wrong and how it is mended.

    Exit code 0: all well; 1: warnings; 4: faults. Example: zhuisu doctor --json
    """
    trouble = ""
    try:
        setup(migrate=False)
    except Exception as error:
        trouble = type(error).__name__
        os.environ.setdefault("ZHUISU_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
        setup(migrate=False)  # wrong settings end it here, with their one line
    from zhuisu.config.doctor import ROWS, Level, examine, findings

    found = findings(examine(sample, trouble))
    worst = max(said.level for said in found.values())
    if as_json:
        checks = {
            name: {"level": said.level.name.lower(), "seen": said.seen}
            | (
                {}
                if said.level == Level.OK
                else {key: getattr(ROWS[name], key) for key in ("what", "what_zh", "mend", "mend_zh")}
            )
            for name, said in found.items()
        }
        typer.echo(json.dumps({"worst": worst.name.lower(), "checks": checks}, ensure_ascii=False))
        raise typer.Exit(EXITS[worst])
    chinese = language() == "zh-hans"
    for name, said in found.items():
        row, mark = ROWS[name], (MARKS_ZH if chinese else MARKS)[said.level]
        if said.level == Level.OK:
            typer.echo(f"{mark:8} {name}")
            continue
        seen = f" ({said.seen})" if said.seen else ""
        typer.echo(f"{mark:8} {name}: {row.what_zh if chinese else row.what}{seen}")
        typer.echo(f"         {row.mend_zh if chinese else row.mend}")
    raise typer.Exit(EXITS[worst])
