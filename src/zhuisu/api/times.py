"""How every door writes an instant."""

from datetime import UTC, datetime


def instant(at: datetime) -> str:
    """An instant as EPCIS answers write it: UTC, milliseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
