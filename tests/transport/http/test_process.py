"""The sidecar as a shell spawns it: HTTP beside stdio, from `initialize` to the end of the process."""

from __future__ import annotations

import socket
import sys
import wave
from pathlib import Path
from typing import Any

import psutil
import pytest
import trio

from tests.harness.media import make_clip
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE
from tests.harness.program import environment, sidecar
from tests.harness.shell import INITIALIZE, SIDECAR, Shell, spawn
from tests.transport.http.asking import get
from tests.transport.http.socketing import connect

FILM = 256 << 20
GROWTH = 50 << 20
HUGE = 20 * 10**9
END = b"the end"


async def begun(shell: Shell, **params: Any) -> tuple[int, str]:
    """Initialize, and return the port and the token."""
    http = (await shell.call("initialize", {**INITIALIZE, **params}))["http"]
    host, port = http["origin"].rsplit(":", maxsplit=1)
    assert host == "http://127.0.0.1"
    return int(port), http["token"]


def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "index.html").write_text("<title>page</title>")
    with (folder / "film.mp4").open("wb") as file:
        file.truncate(FILM)
    return folder


async def test_a_session_beside_stdio(tmp_path: Path) -> None:
    async with spawn(SIDECAR, env=environment(tmp_path)) as shell:
        roots = {"read": [str(tmp_path)], "write": []}
        port, token = await begun(shell, roots=roots, allowOrigins=["tauri://localhost"])
        assert (await get(port, "/")).status == 401
        protocols = ["sidecar.v1", f"bearer.{token}"]
        async with connect(port, protocols=protocols, headers={"Origin": "tauri://localhost"}) as page:
            said = (await page.call("initialize", {**INITIALIZE, "roots": {"read": ["/"], "write": ["/"]}}))["result"]
            assert said["granted"] == {"read": [str(tmp_path)], "write": []}
            assert said["http"] == {"origin": f"http://127.0.0.1:{port}", "token": token}
            assert said["features"]["http"] is True
            refused = await page.call("media.probe", {"path": str(ROOT / "README.md")}, 2)
            assert refused["error"]["data"]["kind"] == "permissionDenied"
            await page.call("events.subscribe", {"topics": ["settings.changed"]}, 3)
            await shell.call("settings.set", {"settings": {"autosaveSeconds": 7}, "persist": False})
            event = await page.receive()
            assert event["params"]["payload"]["settings"]["autosaveSeconds"] == 7
            assert (await page.call("shutdown", {}, 4))["result"] == {}
            assert (await shell.call("system.health"))["state"]
            assert (await page.call("exit", {}, 5))["result"] == {}
            assert await page.closed() == 1000
        assert (await shell.call("settings.get"))["settings"]["autosaveSeconds"] == 7
        await shell.call("exit")
        assert await shell.ended() == 0


@pytest.mark.parametrize("how", ["exit", "eof", "SIGTERM"])
async def test_nothing_that_is_open_outlives_the_sidecar(tmp_path: Path, how: str) -> None:
    command = [*SIDECAR, "--web", str(web(tmp_path))]
    async with spawn(command, env=environment(tmp_path)) as shell:
        port, token = await begun(shell)
        async with (
            await trio.open_tcp_stream("127.0.0.1", port) as unread,
            await trio.open_tcp_stream("127.0.0.1", port) as silent,
            connect(port, headers={"Authorization": f"Bearer {token}"}) as page,
        ):
            await unread.send_all(f"GET /film.mp4 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            with trio.fail_after(PATIENCE):
                assert (await unread.receive_some(100)).startswith(b"HTTP/1.1 200")
            await page.call("initialize", INITIALIZE)
            if how == "exit":
                await shell.call("exit")
            elif how == "eof":
                await shell.close()
            else:
                shell.process.terminate()
            assert await page.closed() == 1001
            assert await shell.ended() == {"exit": 0, "eof": 0, "SIGTERM": 143}[how]
            with trio.fail_after(PATIENCE):
                assert await silent.receive_some(1) == b""
        with pytest.raises(OSError):
            await trio.open_tcp_stream("127.0.0.1", port)


async def test_a_download_costs_no_memory(tmp_path: Path) -> None:
    command = [*SIDECAR, "--web", str(web(tmp_path))]
    async with spawn(command, env=environment(tmp_path)) as shell:
        port, _token = await begun(shell)
        assert (await get(port, "/")).status == 200
        process = psutil.Process(shell.process.pid)
        before = process.memory_info().rss
        most = count = 0
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(
                f"GET /film.mp4 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nRange: bytes=-{FILM // 2}\r\n\r\n".encode()
            )
            with trio.fail_after(PATIENCE):
                while count < FILM // 2:
                    count += len(await stream.receive_some(1 << 20))
                    most = max(most, process.memory_info().rss)
        assert most - before < GROWTH
        await shell.call("exit")
        assert await shell.ended() == 0


async def test_the_last_megabyte_of_20_gb_costs_no_more(tmp_path: Path) -> None:
    folder = web(tmp_path)
    with (folder / "film.mp4").open("r+b") as film:
        film.seek(HUGE - len(END))
        film.write(END)
    clip = make_clip(tmp_path / "clip.mp4")
    async with spawn([*SIDECAR, "--web", str(folder)], env=environment(tmp_path)) as shell:
        port, _token = await begun(shell)
        assert (await get(port, "/")).status == 200
        await shell.call("media.probe", {"path": str(clip)})
        sidecar_itself = psutil.Process(shell.process.pid)
        processes = [sidecar_itself, *sidecar_itself.children(recursive=True)]
        assert len(processes) > 1
        before = sum(each.memory_info().rss for each in processes)
        answer = await get(port, "/film.mp4", {"Range": "bytes=-1048576"})
        assert answer.status == 206
        assert answer.headers["content-range"] == f"bytes {HUGE - 2**20}-{HUGE - 1}/{HUGE}"
        assert answer.body == bytes(2**20 - len(END)) + END
        assert sum(each.memory_info().rss for each in processes) - before < GROWTH
        await shell.call("exit")
        assert await shell.ended() == 0


async def test_the_port_of_the_settings_and_of_a_second_sidecar(tmp_path: Path) -> None:
    with socket.socket() as free, socket.socket() as other:
        free.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        wanted, metrics = free.getsockname()[1], other.getsockname()[1]
    command = [*SIDECAR, "--set", f"httpPort={wanted}", "--set", f"metricsPort={metrics}"]
    async with spawn(command, env=environment(tmp_path / "one")) as one:
        first, token = await begun(one)
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await get(metrics, "/healthz")).body == b"ok\n"
        async with spawn(command, env=environment(tmp_path / "two")) as two:
            second, _ = await begun(two)
            assert second != wanted
            for port in (first, second):
                assert (await get(port, "/")).status == 401
            # The port for metrics is the first one's as long as it lives, and nobody has another for it.
            assert (await get(metrics, "/metrics", bearer)).status == 200
            logs = list((tmp_path / "two").rglob("*.jsonl"))
            told = "".join(log.read_text() for log in logs)
            assert "metrics are not served on their port" in told
            assert f"port {metrics} is missing" in told
            await two.call("exit")
        await one.call("exit")


async def test_what_commands_answer_is_fetched_gone_and_fetched_again(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "tone.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(
            b"".join((index * 997 % 20_000 - 10_000).to_bytes(2, "little", signed=True) for index in range(80_000))
        )
    async with spawn(SIDECAR, env=environment(tmp_path)) as shell:
        port, _token = await begun(shell)
        asked = {"path": str(tmp_path / "tone.wav")}
        # Known from now on: what follows takes as long as the machine needs, not ten seconds at most.
        await shell.call("media.probe", {**asked, "timeoutMs": 100_000})
        for _ in range(2):
            offered = (await shell.call("media.waveform", asked))["dat"]
            path = offered["url"].removeprefix(f"http://127.0.0.1:{port}")
            whole = await get(port, path)
            assert (whole.status, len(whole.body)) == (200, offered["bytes"])
            assert whole.headers["content-type"] == offered["contentType"]
            part = await get(port, path, {"Range": "bytes=-7", "If-Range": whole.headers["etag"]})
            assert (part.status, part.body) == (206, whole.body[-7:])
            await shell.call("cache.clear", {"kinds": ["waveforms"]})
            assert (await get(port, path)).status == 410
        await shell.call("exit")
        assert await shell.ended() == 0


def test_a_front_end_that_is_not_there_is_said(tmp_path: Path) -> None:
    said = sidecar("serve", "--web", tmp_path / "missing", home=tmp_path, expect=2).stderr
    assert "is not a folder" in said


SCRIPT = """
import pathlib, sys, threading
from sidecar.cli import main
import sidecar.transport.http.site as site

load = site._load
def noted(hosting):
    pathlib.Path(sys.argv[1]).write_text(threading.current_thread().name)
    return load(hosting)
site._load = noted
main(["serve"])
"""


async def test_what_serves_is_imported_in_a_thread_when_somebody_comes(tmp_path: Path) -> None:
    note = tmp_path / "thread"
    command = (sys.executable, "-c", SCRIPT, str(note))
    async with spawn(command, env=environment(tmp_path)) as shell:
        port, _token = await begun(shell)
        await shell.call("system.health")
        assert not note.exists()
        assert (await get(port, "/")).status == 401
        assert note.read_text() != "MainThread"
        await shell.call("exit")
        assert await shell.ended() == 0
