"""The worker's housekeeping must never stop the worker."""

import logging

import pytest
from django.db import OperationalError

from support import AT
from zhuisu.config.cli.server import judged, tidy


def test_a_fault_in_housekeeping_is_logged_and_goes_no_further(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_at: object) -> None:
        raise KeyError("minute")

    monkeypatch.setattr("zhuisu.verification.services.keep_house", broken)
    with caplog.at_level(logging.ERROR):
        tidy(AT)
    assert "housekeeping failed" in caplog.text


def test_that_the_database_is_away_reaches_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_at: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("zhuisu.verification.services.keep_house", away)
    with pytest.raises(OperationalError):
        tidy(AT)


def test_a_fault_in_judging_is_logged_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_at: object) -> None:
        raise KeyError("sector")

    monkeypatch.setattr("zhuisu.compliance.services.judge_next", broken)
    with caplog.at_level(logging.ERROR):
        assert judged(AT) is None
    assert "judging failed" in caplog.text
