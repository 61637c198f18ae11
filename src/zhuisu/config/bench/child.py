"""A measurement in a process of its own, so that the memory that it needed is its own."""

import json
import subprocess
import sys
from importlib import import_module
from typing import Any

from zhuisu.config.bench.figures import peak_octets


def apart(function: str, *arguments: Any) -> dict[str, Any]:
    """What `file.function(*arguments)` gives (a dictionary that JSON can carry) in a new process on the same database and home; with
    `peak_before` and `peak`, the octets of its memory before and after. Raises RuntimeError with its last line where it fails."""
    command = [sys.executable, "-m", __name__, function, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{function}: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(function: str, arguments: str) -> None:
    """In the new process."""
    from zhuisu.config.cli.common import setup

    setup(migrate=False)
    file, _, name = function.partition(".")
    action = getattr(import_module(f"zhuisu.config.bench.{file}"), name)
    before = peak_octets()
    found = action(*json.loads(arguments))
    sys.stdout.write(json.dumps(found | {"peak_before": before, "peak": peak_octets()}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
