"""The shell's own window, Qt's, without a screen: what a page in it can do, and how fast."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE
from tests.harness.web_view import ENVIRONMENT, INSTALLED

if INSTALLED:

    @pytest.fixture(scope="module")
    def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
        """Return what the page found, with the file that was dropped and chosen."""
        folder = tmp_path_factory.mktemp("window")
        file = folder / "clip.mp4"
        file.touch()
        report = looked(folder, file)
        return {**report, "file": str(file)}

    def looked(folder: Path, file: Path) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "tests.frontend.window", str(folder), str(file)],
            cwd=ROOT,
            env={**os.environ, **ENVIRONMENT, "QT_API": "pyside6"},
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        said = done.stderr.decode(errors="replace")
        assert done.returncode == 0, said
        report = msgspec.json.decode((folder / "studio.json").read_bytes())["page.report"]
        assert report["phase"] == 2, (report, said)
        return report

    def test_the_page_evaluates_no_text_and_has_no_token(found: Any) -> None:
        assert (found["eval"], found["token"]) == ("EvalError", "")

    def test_the_port_is_the_only_way_out_of_the_page(found: Any) -> None:
        assert found["external"] == ["object", "undefined"]

    def test_it_lives_through_a_thousand_calls_of_each_kind(found: Any) -> None:
        """Each costs PySide a reference that it does not own, where it goes by a signal."""
        assert found["trips"]["p50"] > 0

    def test_ten_thousand_messages_keep_their_order_both_ways(found: Any) -> None:
        assert found["order"]["heard"]
        assert found["order"]["answered"]

    def test_large_and_strange_texts_arrive_as_they_were(found: Any) -> None:
        assert all(each["same"] for each in [*found["large"], found["unicode"]])

    def test_what_is_not_allowed_is_denied(found: Any) -> None:
        assert found["denied"] == ["permissionDenied", "permissionDenied"]
        assert found["host"] == "methodNotFound"

    def test_it_opens_no_windows(found: Any) -> None:
        assert found["opened"]

    def test_what_is_chosen_or_dropped_may_be_read(found: Any) -> None:
        assert found["chosen"] == [found["file"], "none"]
        assert found["dropped"] == [[found["file"]], "none"]

    def test_the_window_goes_nowhere_else(found: Any) -> None:
        assert found["here"] == "/"

    def test_a_page_that_is_loaded_again_hears_nothing_of_its_past(found: Any) -> None:
        assert found["after"] == 5
        assert found["strangers"] == []
        assert found["heard"]["$/cancelRequest"] == 1
        assert found["heard"]["events.unsubscribe"] == 1

    def test_a_window_with_edits_asks_before_it_closes(found: Any) -> None:
        assert found["asked"]
