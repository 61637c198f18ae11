"""The query language of EPCIS 2.0 (SimpleEventQuery, §8.2.7.1): read from a URL or JSON, asked of one event. Pure."""

from .evaluate import NOTHING_KNOWN, Vocabulary, attributed, evaluator, fits
from .marks import declared_marks, event_marks, marks_of, match_marks, plain_marks
from .model import Condition, Order, Query, QueryError
from .order import sort_key
from .patterns import Exactly, Pattern
from .reading import read_json, read_url

__all__ = [
    "NOTHING_KNOWN",
    "Condition",
    "Exactly",
    "Order",
    "Pattern",
    "Query",
    "QueryError",
    "Vocabulary",
    "attributed",
    "declared_marks",
    "evaluator",
    "event_marks",
    "fits",
    "marks_of",
    "match_marks",
    "plain_marks",
    "read_json",
    "read_url",
    "sort_key",
]
