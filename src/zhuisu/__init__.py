"""zhuisu 追溯: where it came from, where it went, who answers for it."""

__version__ = "0.1.0"
