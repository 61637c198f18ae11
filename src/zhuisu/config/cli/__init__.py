"""The command line: `zhuisu`. Each group of commands is a module of this package; `--help` of each shows an example."""

from zhuisu.config.cli.app import main

__all__ = ["main"]
