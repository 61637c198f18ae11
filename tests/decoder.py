"""A second reader for printed symbols: @zxing/library by Node, fetched once by npm from the lock file into node_modules."""

import json
import shutil
import struct
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pypdfium2

from repository import ROOT
from zhuisu.config.assets import NPM_SECONDS, npm

SCRIPT = Path(__file__).with_name("decoder.js")


@dataclass(frozen=True)
class Picture:
    """What a printer would have put on paper: one byte of light a pixel."""

    wide: int
    high: int
    light: bytes

    def part(self, left: int, top: int, wide: int, high: int) -> "Picture":
        rows = [self.light[y * self.wide + left : y * self.wide + left + wide] for y in range(top, top + high)]
        return Picture(wide, high, b"".join(rows))


def pictures(pdf: bytes, dpi: int) -> list[Picture]:
    """Every page at the printer's dots."""
    with pypdfium2.PdfDocument(pdf) as document:
        made = []
        for page in document:
            wide, high = page.get_size()
            # The renderer rounds up: 240.000003 dots would become 241, and every edge grey.
            page.set_mediabox(0, 0.002, wide - 0.002, high)
            image = page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
            made.append(Picture(image.width, image.height, image.tobytes()))
        return made


@cache
def missing() -> str:
    """Why the second decoder cannot run here, or nothing."""
    command = npm()
    if command is None:
        return "no Node here (pip install 'zhuisu[assets]')"
    if not (ROOT / "node_modules" / "@zxing" / "library").is_dir():
        done = subprocess.run(
            [*command, "ci", "--loglevel=error"], cwd=ROOT, capture_output=True, text=True, timeout=NPM_SECONDS
        )
        if done.returncode:
            return f"npm ci failed: {done.stderr.strip()[:200]}"
    return ""


def _node() -> str:
    command = npm() or []
    return command[0] if len(command) > 1 else shutil.which("node") or "node"


def decoded(kinds: list[str], seen: list[Picture]) -> list[str | None]:
    """What the second decoder reads in each picture; GS1 symbols begin with their FNC1 as "]C1" or 0x1D."""
    told = [
        {"kind": "code128" if "128" in kind else "datamatrix" if "matrix" in kind else "qr", "gs1": "gs1" in kind}
        | {"wide": one.wide, "high": one.high}
        for kind, one in zip(kinds, seen, strict=True)
    ]
    head = json.dumps(told).encode()
    data = struct.pack(">I", len(head)) + head + b"".join(one.light for one in seen)
    done = subprocess.run([_node(), str(SCRIPT)], input=data, capture_output=True, timeout=300)
    assert not done.returncode, done.stderr.decode()[:2000]
    texts: list[str | None] = json.loads(done.stdout)
    return texts
