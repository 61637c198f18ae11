"""`python -m zhuisu.config` is the command `zhuisu`."""

from zhuisu.config.cli import main

main()
