"""Makes sure that the browser tests have a browser: Debian's Chromium, through apt where that is allowed."""

import os
import shutil
import subprocess
import sys

PACKAGES = ["chromium", "fonts-noto-cjk"]


def main() -> int:
    if shutil.which("chromium"):
        return 0
    wanted = f"the browser tests need Debian's packages: apt-get install {' '.join(PACKAGES)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(wanted, file=sys.stderr)
        return 1
    print("installing", *PACKAGES)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES],
    ):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode:
            print(wanted, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
