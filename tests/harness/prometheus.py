"""A real Prometheus on the loopback address, and its tool, where Debian's package is installed."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import trio

from tests.harness.patience import PATIENCE
from tests.transport.http.asking import exchange

SERVER, TOOL = Path("/usr/bin/prometheus"), Path("/usr/bin/promtool")

HAVE_PROMETHEUS = SERVER.exists() and TOOL.exists()


def free_port() -> int:
    """Return a port that nobody had a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def promtool(*arguments: str | Path, given: str = "") -> str:
    """Run the tool to its end, which must be a good one, and return what it has said."""
    done = subprocess.run(
        [TOOL, *arguments], input=given, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A server that runs."""

    port: int
    log: Path

    async def ask(self, path: str, **given: str) -> Any:
        """Return the data of an answer of its API, which must be a good one."""
        target = f"/api/v1/{path}" + (f"?{urlencode(given)}" if given else "")
        with trio.fail_after(PATIENCE):
            # In an older version of HTTP, in which no answer comes in chunks.
            asked = f"GET {target} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"
            head, _, body = (await exchange(self.port, asked.encode())).partition(b"\r\n\r\n")
        answer = json.loads(body) if body else {}
        assert answer.get("status") == "success", (target, head, body, self.log.read_text()[-2_000:])
        return answer["data"]

    async def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return labels and values of what an expression comes to now."""
        found = await self.ask("query", query=expression)
        return [(each["metric"], float(each["value"][1])) for each in found["result"]]

    async def until(self, expression: str) -> float:
        """Wait until an expression has a value, and return the first."""
        with trio.fail_after(PATIENCE):
            while not (found := await self.query(expression)):  # noqa: ASYNC110 - a server tells nobody
                await trio.sleep(0.1)
        return found[0][1]

    async def past(self, expression: str, seconds: int) -> list[float]:
        """Return the values that an expression, of one series, has had, by the second."""
        end = float((await self.ask("query", query="time()"))["result"][1])
        given = {"start": f"{end - seconds:.3f}", "end": f"{end:.3f}", "step": "1"}
        (found,) = (await self.ask("query_range", query=expression, **given))["result"]
        return [float(value) for _, value in found["values"]]


@asynccontextmanager
async def prometheus(folder: Path, target: int, rules: Sequence[Path]) -> AsyncIterator[Prometheus]:
    """Scrape a port each second while the block lasts, with these files of rules."""
    config, log = folder / "prometheus.yml", folder / "prometheus.log"
    text = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(path) for path in rules],
        "scrape_configs": [{"job_name": "videoc", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}],
    }
    config.write_text(json.dumps(text))
    promtool("check", "config", config)
    server = Prometheus(free_port(), log)
    command = [
        str(SERVER),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{server.port}",
        "--log.level=warn",
    ]
    with log.open("wb") as written:
        async with trio.open_nursery() as nursery:
            run = partial(
                trio.run_process, command, stdout=written, stderr=written, check=False, deliver_cancel=_killed
            )
            process: trio.Process = await nursery.start(run)
            with trio.fail_after(PATIENCE):
                while not await _listens(server.port):
                    assert process.poll() is None, log.read_text()
                    await trio.sleep(0.05)
            yield server
            nursery.cancel_scope.cancel()


async def _killed(process: trio.Process) -> None:
    """End it at once: nobody reads what it would put in order."""
    process.kill()


async def _listens(port: int) -> bool:
    try:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
    except OSError:
        return False
    await stream.aclose()
    return True
