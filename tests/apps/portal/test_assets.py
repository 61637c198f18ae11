"""What the browser gets from others: taken over only with the recorded digest, and never needed to run the site."""

import json
from pathlib import Path

import pytest

from zhuisu.config import assets


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(assets, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(assets, "home", lambda: tmp_path / "home")
    return tmp_path / "package"


def given(monkeypatch: pytest.MonkeyPatch, content: bytes, reason: str | None = None) -> None:
    """npm that brings these bytes for every file, or a reason why not."""

    def install(work: Path) -> str | None:
        for asset in assets.manifest():
            file = work / "node_modules" / asset["package"] / asset["path"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return reason

    monkeypatch.setattr(assets, "install", install)


def test_other_bytes_than_recorded_are_refused(vendor: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, b"something else")
    fine, line = assets.fetch()
    assert not fine
    assert "zxing_reader.wasm" in line
    assert not vendor.exists()


def test_without_npm_or_network_the_site_runs_without_the_camera(
    vendor: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, b"", reason="npm ci failed: no network")
    assert assets.main() == 0
    assert "camera scanning and the printing of labels stay off" in capsys.readouterr().out
    assert not vendor.exists()


def test_a_machine_without_any_npm_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "npm", lambda: None)
    assert "zhuisu[assets]" in (assets.install(tmp_path) or "")


def test_the_lock_file_names_versions_and_digests_but_no_addresses() -> None:
    text = (assets.ROOT / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
    for asset in assets.manifest():
        assert packages[f"node_modules/{asset['package']}"]["version"] == asset["version"]
        assert asset["licence"] == packages[f"node_modules/{asset['package']}"]["license"]


def test_dependencies_are_pinned_exactly() -> None:
    told = json.loads((assets.ROOT / "package.json").read_text())
    assert all(version[0].isdigit() for version in (told["dependencies"] | told["devDependencies"]).values())


def test_each_file_lies_in_its_folder_and_what_npm_unpacked_is_gone(
    vendor: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, b"x")
    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    told = [one | {"sha256": digest} for one in assets.manifest()]
    monkeypatch.setattr(assets, "manifest", lambda: told)
    assert assets.fetch() == (True, f"assets: {len(assets.manifest())} files in place")
    assert (vendor / "labels" / "fonts" / "NotoSansSC-Regular.ttf").is_file()
    assert not (vendor.parent / "home" / "assets" / "node_modules").exists()
    assert assets.fetch() == (True, "assets: in place")
