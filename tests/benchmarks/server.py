"""A child that answers JSON-RPC lines over pipes, driven without anything in between."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.harness.program import environment

SIDECAR = (sys.executable, "-m", "sidecar", "serve")
ECHO = (sys.executable, "-m", "tests.benchmarks.echo")
INITIALIZE = {"protocol": 1, "client": {"name": "benchmark", "version": "1"}}


class Server:
    """A running child. `call` waits for the answer; `time_calls` and `time_burst` measure."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.pid = process.pid
        self.process = process
        self._write = process.stdin.fileno()
        self._read = process.stdout.fileno()
        self._waiting = b""
        self._number = 0
        self._notices: deque[Any] = deque()

    def line(self) -> bytes:
        """Read one line."""
        while b"\n" not in self._waiting:
            data = os.read(self._read, 65_536)
            assert data, "the server ended"
            self._waiting += data
        line, _, self._waiting = self._waiting.partition(b"\n")
        return line

    def call(self, method: str, params: dict[str, Any]) -> Any:
        """Return the result of a request; notifications that come before it are kept for `notice`."""
        self._number += 1
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        self._send(msgspec.json.encode(request) + b"\n")
        while True:
            answer = msgspec.json.decode(self.line())
            if "method" in answer:
                self._notices.append(answer)
            elif answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def notice(self) -> Any:
        """Return the next notification."""
        return self._notices.popleft() if self._notices else msgspec.json.decode(self.line())

    def time_calls(self, request: bytes, count: int) -> float:
        """Seconds of one round trip: the median of `count`, one after the other."""
        taken = []
        for _ in range(count):
            began = time.perf_counter()
            os.write(self._write, request)
            self.line()
            taken.append(time.perf_counter() - began)
        return sorted(taken)[count // 2]

    def time_burst(self, request: bytes, count: int, at_once: int) -> float:
        """Answers a second when `at_once` requests are in flight together."""
        burst = request * at_once
        began = time.perf_counter()
        for _ in range(count // at_once):
            self._send(burst)
            for _ in range(at_once):
                self.line()
        return count // at_once * at_once / (time.perf_counter() - began)

    def _send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._write, data) :]


@contextlib.contextmanager
def running(command: Sequence[str]) -> Iterator[Server]:
    """Run a server in folders of its own while the block lasts."""
    with (
        tempfile.TemporaryDirectory() as home,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(Path(home)),
        ) as process,
    ):
        try:
            yield Server(process)
        finally:
            process.kill()


@contextlib.contextmanager
def sidecar() -> Iterator[Server]:
    """Run an initialized sidecar."""
    with running(SIDECAR) as server:
        server.call("initialize", INITIALIZE)
        yield server
