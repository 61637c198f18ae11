"""A black-box runner for servers of EPCIS 2.0: it speaks HTTP, judges the answers, and knows nothing of this project's own server."""

from . import capture, content, headers, identifiers, links, paging, query, subscriptions
from .report import as_html, as_markdown
from .run import Row, Run, judge, obstacle, run_all
from .table import POINTS, Point

# Importing a module of points enters its points into the table.
MODULES = (capture, content, identifiers, query, paging, headers, subscriptions, links)

__all__ = ["MODULES", "POINTS", "Point", "Row", "Run", "as_html", "as_markdown", "judge", "obstacle", "run_all"]
