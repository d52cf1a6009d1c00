"""`sidecar cache`: what it shows and does, over the real cache."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import InvalidParams
from sidecar.cli import main
from sidecar.cli.cache import amount, share, span
from tests.cli.conftest import write_project

Captured = pytest.CaptureFixture[str]


def answer(capsys: Captured, *words: str, code: int = 0) -> Any:
    assert main(["cache", *words, "--json"]) == code
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def rows(capsys: Captured, *words: str, code: int = 0) -> list[list[str]]:
    assert main(["cache", *words]) == code
    return [line.split("\t") for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def film(capsys: Captured) -> Path:
    """A rendered project, so that there is something in the cache."""
    path = write_project(Path("film.json"), id="film", name="Film")
    assert main(["render", str(path), "-o", "film.mp4"]) == 0
    capsys.readouterr()
    return path


def test_what_is_cached_is_shown_and_cleared(film: Path, capsys: Captured) -> None:
    stats = answer(capsys)
    assert stats["kinds"]["segments"]["entries"] == 1
    shown = {row[0]: row[1:] for row in rows(capsys, "stats")}
    assert shown["disk"][2] == str(stats["disk"]["entries"])
    assert shown["segments"][0] == "1"
    assert "sound" not in {row[0] for row in rows(capsys, "stats", "--kind", "segments")}
    (project,) = answer(capsys, "projects")["projects"]
    assert (project["projectId"], project["name"], project["path"]) == ("film", "Film", str(film.absolute()))
    assert rows(capsys, "projects")[0][:2] == ["film", "Film"]
    ((would,),) = rows(capsys, "clear", "--project", "film", "--dry-run")
    assert would.startswith(f"{project['entries']} entries would go, ")
    assert answer(capsys, "clear", "--kind", "segments", "--older-than", "1d")["entries"] == 0
    assert answer(capsys, "clear", "--kind", "segments")["entries"] == 1
    assert answer(capsys, "clear", "--all")["inUse"] == 0
    assert answer(capsys)["disk"]["entries"] == 0


def test_limits_are_shown_changed_and_kept(capsys: Captured) -> None:
    assert answer(capsys, "limits")["diskBytes"] == 10 * 2**30
    changed = answer(capsys, "limits", "--disk", "2G", "--memory", "64M", "--min-free", "0")
    assert changed["evicted"] == {"entries": 0, "bytes": 0}
    assert ["disk", "2.0 GiB", "64.0 MiB"] in rows(capsys, "limits")
    found = answer(capsys, "limits")
    assert (found["memoryBytes"], found["diskBytes"], found["minFreeDiskBytes"]) == (64 * 2**20, 2 * 2**30, 0)
    assert main(["cache", "limits", "--disk", "1M"]) == 2
    assert "the least is 67108864 bytes" in capsys.readouterr().err


@pytest.mark.usefixtures("film")
def test_damage_is_found_and_removed(home: Path, capsys: Captured) -> None:
    assert answer(capsys, "verify")["corrupt"] == 0
    entries = [path for path in home.rglob("objects/segments/*/*") if path.suffix != ".head"]
    entries[0].write_bytes(entries[0].read_bytes()[:-1] + b"?")
    assert rows(capsys, "verify", "--kind", "segments", "--keep", code=1)[1] == ["segments", entries[0].name]
    assert answer(capsys, "verify")["removed"] == 1
    assert answer(capsys, "verify")["corrupt"] == 0


def test_files_are_preloaded(clip: Path, capsys: Captured) -> None:
    assert rows(capsys, "preload", str(clip)) == [[str(clip), "metadata", "ok"]]
    assert rows(capsys, "preload", "missing.mp4", code=1) == [["missing.mp4", "metadata", "failed: mediaNotFound"]]
    assert main(["cache", "preload"]) == 2
    capsys.readouterr()


@pytest.mark.parametrize("words", [[], ["--all", "--kind", "sound"], ["a.mp4", "b.mp4"], ["--older-than", "soon"]])
def test_nothing_is_cleared_by_mistake(words: list[str], capsys: Captured) -> None:
    assert main(["cache", "clear", *words]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_amounts_and_spans() -> None:
    assert [amount(text) for text in ("0", "1000", "1k", "1.5M", "2GiB", "3 tb")] == [
        0,
        1000,
        1024,
        1_572_864,
        2**31,
        3 * 2**40,
    ]
    assert [span(text) for text in ("90", "30m", "12h", "7d", "4w", "1.5h")] == [
        90,
        1800,
        43_200,
        604_800,
        2_419_200,
        5400,
    ]
    assert (share(None), share(0.256)) == ("-", "26%")
    for wrong in ("", "-1", "1q", "1e3", "many"):
        with pytest.raises(InvalidParams):
            amount(wrong)
        with pytest.raises(InvalidParams):
            span(wrong)
