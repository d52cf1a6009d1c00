"""`studio` as a person starts it: with a real sidecar that is killed, and killed itself."""

from __future__ import annotations

import os
import signal
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from html import escape
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import psutil
import pytest

from frontend import browser, studio
from frontend import bundle as bundling
from tests.frontend.echo import PAGE
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE
from tests.harness.program import environment
from tests.harness.web_view import ENVIRONMENT, INSTALLED

LOOK = 0.01

OUTLIVED = 10.0
"""Seconds after which a process that still lives has outlived the shell: it dies in milliseconds, or not for minutes."""


@contextmanager
def started(home: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `studio` with the page of the tests while the block lasts; whatever is left then is killed."""
    command = [sys.executable, "-m", "frontend", "--web", str(PAGE), *arguments]
    env = {**environment(home), **ENVIRONMENT, "STUDIO_DIR": str(home)}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            left = below(process)
            process.kill()
            for each in left:
                with suppress(psutil.NoSuchProcess):
                    each.kill()


def below(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def fetched(address: str, path: str, token: str) -> tuple[int, str, bytes]:
    """Return status, policy and body of a path that is asked for with a token."""
    with closing(HTTPConnection(address.removeprefix("http://"), timeout=PATIENCE)) as connection:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-security-policy", ""), answer.read()


def reachable(address: str, token: str) -> bool:
    try:
        return fetched(address, "/rpc", token)[0] == 426
    except OSError:
        return False


def until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(LOOK)
    return found


def outlive(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Return which of these processes have not ended some seconds later."""
    _, alive = psutil.wait_procs(processes, OUTLIVED)
    return [each for each in alive if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def said(home: Path, phase: str) -> Any:
    """Return what the page reports, once it does."""

    def look() -> Any:
        try:
            report = msgspec.json.decode((home / "studio.json").read_bytes())["page.report"]
        except (FileNotFoundError, KeyError):
            return None
        assert report["phase"] != "failed", report
        return report if report["phase"] == phase else None

    return until(look)


def endless(path: Path) -> Path:
    """Write a sound file of hours, almost none of which is on the disk: to read its packets takes long."""
    size = 4_000_000_000
    header = struct.pack("<IHHIIHH", 16, 1, 2, 48_000, 192_000, 4, 16)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + header + b"data" + struct.pack("<I", size))
        file.truncate(44 + size)
    return path


if INSTALLED:

    def renderers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
        """Return the processes that draw pages: children of those that Qt's own have started."""
        engine = [each for each in below(process) if each.name().startswith("QtWebEngine")]
        return [each for each in engine if each.ppid() != process.pid and each.status() != psutil.STATUS_ZOMBIE]

    def test_the_page_outlives_its_processes_and_nothing_outlives_the_shell(tmp_path: Path) -> None:
        with started(tmp_path, str(endless(tmp_path / "endless.wav"))) as process:
            born = said(tmp_path, "waiting")["born"]
            for each in renderers(process):
                each.kill()
            until(lambda: said(tmp_path, "waiting")["born"] != born)
            first = said(tmp_path, "waiting")["pid"]
            os.kill(first, signal.SIGKILL)
            back = said(tmp_path, "back")
            assert back["lost"] == "connectionLost"
            assert back["told"]["state"] == "restarting"
            assert "SIGKILL" in back["told"]["reason"]
            assert back["info"] == back["pid"] != first
            children = below(process)
            assert back["pid"] in {each.pid for each in children}
            process.kill()
            process.wait(PATIENCE)
            assert outlive(children) == []


def test_in_a_browser_it_says_where_and_ends_in_order(tmp_path: Path) -> None:
    project = tmp_path / "a & ü.json"
    with started(tmp_path, "--browser", "--no-open", str(project)) as process:
        assert process.stdout is not None
        address, _, query = process.stdout.readline().decode().strip().partition("/?project=")
        named, _, token = query.partition("#token=")
        assert (unquote(named), "&" in named) == (str(project), False)
        assert len(token) > 40
        status, policy, page = fetched(address, "/", token)
        assert (status, b"page.js" in page) == (200, True)
        assert policy.startswith("default-src 'self'")
        # 426: a WebSocket would have been let in.
        assert [fetched(address, "/rpc", each)[0] for each in (token, "x")] == [426, 401]
        (sidecar,) = psutil.Process(process.pid).children()
        sidecar.kill()
        sidecar.wait(PATIENCE)
        # The page goes on with the next one where it is.
        until(lambda: reachable(address, token))
        children = below(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert outlive(children) == []


def test_a_browser_is_led_to_the_page_by_a_file_that_nobody_else_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    address = browser._Address(tmp_path / "a&b.json", tmp_path)
    for _ in range(2):
        address.ready({"http": {"origin": "http://127.0.0.1:1", "token": "secret"}}, lambda _: None)
    said = capsys.readouterr().out.strip()
    (url,) = opened
    assert "secret" in said
    assert "secret" not in url
    page = Path(unquote(url.removeprefix("file://")))
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert page.parent == tmp_path
    assert f"url={escape(said)}" in page.read_text()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("alone")
def test_without_a_screen_or_the_extra_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(studio, "find_spec", lambda _name: object())
    assert studio.main(["--web", str(PAGE)]) == studio.CANNOT
    assert "no screen" in capsys.readouterr().err
    monkeypatch.setattr(studio, "find_spec", lambda name: None if name == "PySide6" else object())
    assert studio.main(["--web", str(PAGE)]) == studio.CANNOT
    assert "PySide6 missing: install the extra `shell`" in capsys.readouterr().err


def test_a_page_that_is_not_built_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bundling, "WEB", tmp_path / "web")
    monkeypatch.setattr(bundling, "STATIC", tmp_path / "static")
    assert studio.main([]) == studio.CANNOT
    assert "There is no page" in capsys.readouterr().err


def test_a_folder_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        studio.main(["--web", "/no/such"])
    assert "is not a folder" in capsys.readouterr().err
