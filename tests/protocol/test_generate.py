"""Generated files: those committed are those the tables say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from protocol.commands import COMMANDS
from protocol.errors import REGISTRY
from protocol.generate import FILES, main, out_of_date, write
from protocol.markdown import api, errors
from protocol.topics import PAYLOADS
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE


def test_the_committed_files_are_up_to_date() -> None:
    assert out_of_date(ROOT) == []
    assert main(["--check", "--root", str(ROOT)]) == 0


def test_the_command_says_so_too() -> None:
    command = [sys.executable, "-m", "protocol.generate", "--check"]
    done = subprocess.run(command, cwd=ROOT, timeout=PATIENCE, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_writing_makes_them_so_and_the_second_time_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().out.count(": out of date\n") == len(FILES)
    assert main(["--root", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count(": written\n") == len(FILES)
    assert write(tmp_path) == []
    assert main(["--check", "--root", str(tmp_path)]) == 0
    (tmp_path / "docs/api.md").write_text("edited by hand", encoding="utf-8")
    assert out_of_date(tmp_path) == ["docs/api.md"]


def test_the_reference_names_every_method_topic_and_error() -> None:
    page = api()
    for command in COMMANDS:
        assert f"### {command.name}\n" in page
        assert command.summary in page
    for topic in PAYLOADS:
        assert f"| `{topic}` |" in page
    listed = errors()
    for kind, error in REGISTRY.items():
        assert f"| [{kind}](#{kind.lower()}) | {error.code} |" in listed


def test_links_inside_the_pages_lead_somewhere() -> None:
    import re

    pages = {"api.md": api(), "errors.md": errors()}
    anchors = {
        name: {h.lower().replace(".", "") for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
        for name, text in pages.items()
    }
    for name, text in pages.items():
        for page, anchor in re.findall(r"\]\(((?:api|errors)\.md)?#([^)]+)\)", text):
            assert anchor in anchors[page or name], anchor


def test_ranges_and_defaults_are_written() -> None:
    page = api()
    assert "| `limit` | integer 1–1,000 | `100` |" in page
    assert "| `quality` | integer 0–100 | `85` |" in page
    assert "| `fontSize` | number 1–4,096 \\| null | `null` |" in page
    assert "integer ≥ 1 \\| null" in page
    assert "string 1–128 characters" in page
    assert "[number, number" in page.replace("integer", "number")
