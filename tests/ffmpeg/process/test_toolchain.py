from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import FfmpegNotFound
from sidecar.ffmpeg import toolchain as module
from sidecar.ffmpeg.supervisor import FORKING
from sidecar.ffmpeg.toolchain import Toolchain, bundled, locate, new_enough, parse_version


def test_the_bundled_binary_is_the_default() -> None:
    found = locate(None, {})
    assert found.source == "bundled"
    assert found.path == bundled()
    assert found.licence == "GPL-3.0-or-later"
    assert new_enough(found.version)


def test_setting_comes_before_environment_before_bundled(tmp_path: Path, toolchain: Toolchain) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for path in (one, two):
        path.symlink_to(toolchain.path)
    assert locate(str(one), {"SIDECAR_FFMPEG": str(two)}).source == "setting"
    assert locate(None, {"SIDECAR_FFMPEG": str(two)}).source == "environment"
    assert locate("", {"SIDECAR_FFMPEG": ""}).source == "bundled"


def test_a_plain_name_is_found_by_path(tmp_path: Path, toolchain: Toolchain) -> None:
    (tmp_path / "myffmpeg").symlink_to(toolchain.path)
    assert locate("myffmpeg", {"PATH": str(tmp_path)}).path == toolchain.path


def refused(tmp_path: Path, script: str | None) -> FfmpegNotFound:
    path = tmp_path / "ffmpeg"
    if script is not None:
        path.write_text(script)
        path.chmod(0o755)
    with pytest.raises(FfmpegNotFound) as caught:
        locate(str(path), os.environ)
    assert caught.value.tried == [f"setting: {path}"]
    return caught.value


def test_a_named_binary_that_is_missing_is_an_error_and_no_reason_to_take_another(tmp_path: Path) -> None:
    assert "not an executable file" in refused(tmp_path, None).detail


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("#!/bin/sh\necho 'ffmpeg version 8.1.1 Copyright'", "8.1.1 is older than 8.1.2"),
        ("#!/bin/sh\necho 'ffmpeg version 5.1.9-0+deb12u1 Copyright'", "older"),
        ("#!/bin/sh\necho hello", "does not answer"),
        ("#!/bin/sh\nexit 1", "does not answer"),
        ("#!/nonexistent/interpreter\n", "cannot be started"),
    ],
)
def test_what_is_not_a_usable_ffmpeg_is_refused_with_the_reason(tmp_path: Path, script: str, says: str) -> None:
    assert says in refused(tmp_path, script).detail


def test_a_binary_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_WITHIN", 0.2)
    assert "took longer" in refused(tmp_path, "#!/bin/sh\nexec sleep 3600").detail


def test_without_a_bundled_binary_the_error_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(FfmpegNotFound) as caught:
        locate(None, {})
    assert "brings no binary" in caught.value.tried[0]


def test_a_replaced_binary_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "ffmpeg"
    for version, flag, licence in (("9.1", "version3", "LGPL-3.0-or-later"), ("9.2.1", "gpl", "GPL-2.0-or-later")):
        path.write_text(f"#!/bin/sh\necho 'ffmpeg version {version} Copyright'\necho 'configuration: --enable-{flag}'")
        path.chmod(0o755)
        found = locate(str(path), os.environ)
        assert (found.version, found.licence) == (version, licence)


def test_a_binary_is_asked_as_all_that_fork_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fork says so, and what is waited for holds up none of the others."""
    said: list[bool] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *given: Any, **named: Any) -> None:
            said.append(FORKING.locked())
            super().__init__(*given, **named)

        def communicate(self, *given: Any, **named: Any) -> tuple[Any, Any]:
            said.append(FORKING.locked())
            return super().communicate(*given, **named)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    assert "does not answer" in refused(tmp_path, "#!/bin/sh\nexit 0").detail
    assert said == [True, False]


@pytest.mark.parametrize(
    ("version", "accepted"),
    [
        ("9.0.2", True),
        ("n9.0.2-17-g2a571b6068-20260930", True),
        ("8.1.2", True),
        ("8.1.2-3ubuntu1", True),
        ("10.0", True),
        ("8.1", False),
        ("8.1.1", False),
        ("n8.0.9-5-gabc-20260930", False),
        ("7.1.5", False),
        ("N-121000-g2a571b6068-20260930", True),
        ("N-118000-g2a571b6068-20250101", False),
        ("2026-09-30-git-abcdef-full_build-www.example.org", True),
        ("N-121000-g2a571b6068", False),
        ("unknown", False),
    ],
)
def test_versions(version: str, *, accepted: bool) -> None:
    assert new_enough(version) is accepted


@pytest.mark.parametrize(
    ("flags", "licence"),
    [
        ("--enable-gpl --enable-version3", "GPL-3.0-or-later"),
        ("--enable-gpl", "GPL-2.0-or-later"),
        ("", "LGPL-2.1-or-later"),
        ("--enable-gpl --enable-nonfree", "LicenseRef-nonfree"),
    ],
)
def test_licences(flags: str, licence: str) -> None:
    assert parse_version(f"ffmpeg version 9.0 Copyright\nconfiguration: {flags}\n") == ("9.0", licence)
