"""Makes sure that the browser tests have what they need: Debian's packages, through apt where that is allowed."""

import os
import shutil
import subprocess
import sys

# The browser, letters for what it shows, and a library that the browser's driver links to and a small Debian lacks.
PACKAGES = ["chromium", "fonts-noto-cjk", "libatomic1"]


def missing() -> list[str]:
    """Which packages are not installed; on another system than Debian only the browser is looked for."""
    if not shutil.which("dpkg-query"):
        return [] if shutil.which("chromium") else PACKAGES[:1]
    ask = ["dpkg-query", "--show", "--showformat=${db:Status-Abbrev}"]
    told = {name: subprocess.run([*ask, name], capture_output=True, text=True).stdout for name in PACKAGES}
    return [name for name, status in told.items() if not status.startswith("ii")]


def main() -> int:
    wanted = missing()
    if not wanted:
        return 0
    advice = f"the browser tests need these packages: apt-get install {' '.join(wanted)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(advice, file=sys.stderr)
        return 1
    print("installing", *wanted)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted]
    for command in (["apt-get", "update", "-qq"], install):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode:
            print(advice, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
