"""`zhuisu conformance` where it cannot begin: one line that says why, and exit code 2."""

import os
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from zhuisu import conformance as runner
from zhuisu.config.cli.app import app

NOBODY = "http://127.0.0.1:9/epcis"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "either the address of a server or --self"),
        ([NOBODY, "--self"], "either the address of a server or --self"),
        ([NOBODY], "no answer from http://127.0.0.1:9/epcis/"),
        (["example.invalid"], "no answer from example.invalid/"),
        (["http://127.0.0.1:70000/"], "no answer from"),
        ([NOBODY, "--points", "67"], "no points of 1 to 66: 67"),
        ([NOBODY, "--points", "5-1"], "no points of 1 to 66: 5-1"),
        ([NOBODY, "--points", "one"], "no list of points: one"),
    ],
)
def test_a_run_that_cannot_begin_says_why(words, said):
    done = CliRunner().invoke(app, ["conformance", *words])
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:70000", "192.0.2.1:9000"])
def test_a_door_that_cannot_be_opened_is_said_before_the_first_point(monkeypatch, address):
    monkeypatch.setattr(runner, "obstacle", lambda _run: "")
    done = CliRunner().invoke(app, ["conformance", NOBODY, "--listen", address])
    assert done.exit_code == 2 and f"--listen {address}: " in done.stderr


@pytest.mark.slow
def test_a_run_that_is_ended_takes_its_server_along(tmp_path):
    tmp_path.chmod(0o755)  # the embedded database gives up root and must reach its files
    command = [sys.executable, "-m", "zhuisu.config", "conformance", "--self"]
    running = subprocess.Popen(command, env=os.environ | {"TMPDIR": str(tmp_path)}, stdout=subprocess.DEVNULL)
    try:
        while not any("ready:" in log.read_text() for log in tmp_path.glob("zhuisu-conformance-*/log")):
            assert running.poll() is None
            time.sleep(0.2)
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 128 + signal.SIGTERM
    finally:
        running.kill()
    assert list(tmp_path.glob("zhuisu-conformance-*")) == []
