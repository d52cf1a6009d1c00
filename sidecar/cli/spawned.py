"""A sidecar spawned as a child, asked in the simplest way: one request, then wait for its answer."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, cast

from protocol.client import Answer, Client, Failed, Progressed
from protocol.errors import ConnectionLost, SidecarError
from sidecar import __version__

GRACE = 5.0
"""Seconds that a child gets to end after its stdin was closed."""


class Remote:
    """One request at a time over a child's pipes."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers
        self._client = Client()

    def request(
        self, method: str, params: Mapping[str, Any], on_progress: Callable[[Any], None] | None = None
    ) -> tuple[Any, tuple[SidecarError, str] | None]:
        """Return (result, None), or (None, (error, trace id)).

        Raises ConnectionLost when the child ends before it answers. Interrupting it leaves the request running.
        """
        number, data = self._client.request(method, params, progress=on_progress is not None)
        self._write(data)
        while True:
            chunk = os.read(self._answers.fileno(), 65_536)
            if not chunk:
                raise ConnectionLost(detail=f"it ended before it answered {method}")
            for event in self._client.feed(chunk):
                match event:
                    case Progressed(value=value) if on_progress is not None:
                        on_progress(value)
                    case Answer(id=id, result=result) if id == number:
                        return result, None
                    case Failed(id=id, error=error, trace_id=trace_id) if id == number:
                        return None, (error, trace_id or "")

    def _write(self, data: bytes) -> None:
        try:
            self._requests.write(data)
            self._requests.flush()
        except OSError as error:
            raise ConnectionLost(detail=str(error)) from error


@contextlib.contextmanager
def child(arguments: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """Run `sidecar serve` while the block lasts; its stderr is discarded, its log is the record.

    On the way out its stdin is closed, and a child that has not ended after GRACE seconds is killed.
    """
    command = [sys.executable, "-m", "sidecar", "serve", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(OSError):
                cast("IO[bytes]", process.stdin).close()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def spawn(*, initialize: bool = True) -> Iterator[Remote]:
    """Run a sidecar while the block lasts, initialized unless the caller will do that."""
    with child() as process:
        remote = Remote(cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout))
        if initialize:
            client = {"name": "sidecar-cli", "version": __version__}
            _, failure = remote.request("initialize", {"protocol": 1, "client": client, "processId": os.getpid()})
            if failure is not None:
                raise failure[0]
        yield remote
