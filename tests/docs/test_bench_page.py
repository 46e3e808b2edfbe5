"""make bench writes beside the repository's files, never into them."""

import subprocess
from pathlib import Path

import pytest

import bench.__main__ as bench
from tests.conftest import ROOT


def test_a_measurement_changes_no_file_that_is_deployed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.PAGE == ROOT / ".build" / "performance.md"
    ignored = ["git", "check-ignore", "--quiet", str(bench.PAGE)]
    assert subprocess.run(ignored, cwd=ROOT).returncode == 0
    page = tmp_path / "new" / "performance.md"
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(bench, "PAGE", page)
    monkeypatch.setattr(bench, "KEPT", tmp_path / "docs" / "performance.md")
    parts = {title: (name, lambda: ["| a |"]) for title, (name, _) in bench.PARTS.items()}
    monkeypatch.setattr(bench, "PARTS", parts)
    before = (ROOT / "docs" / "performance.md").read_bytes()
    assert bench.main() == 0
    assert (ROOT / "docs" / "performance.md").read_bytes() == before
    assert page.read_text("utf-8").count("| a |") == len(parts)
    assert "cp new/performance.md docs/performance.md" in capsys.readouterr().out


def test_the_page_of_the_guides_is_one_that_bench_wrote() -> None:
    page = " ".join((ROOT / "docs" / "performance.md").read_text("utf-8").split())
    for title, (name, _) in bench.PARTS.items():
        assert f"## {title} {bench.NOTES[name]}" in page
        assert f"Again: `make bench PART={name}`" in page
