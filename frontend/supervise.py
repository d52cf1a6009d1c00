"""Keeps a sidecar running: starts it, opens the connection, starts another one when it ends unasked."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Thread, Timer
from typing import Any, Literal, Protocol

import msgspec

from frontend.sidecar import CLIENT
from frontend.wire import GRACE
from protocol import jsonrpc
from protocol.client import rebuild
from protocol.commands.session import PROTOCOL
from protocol.framing import Framer
from protocol.schema_hash import SCHEMA_HASH

State = Literal["ready", "restarting", "failed"]

FIRST_DELAY, LONGEST_DELAY = 0.1, 5.0
"""Seconds before the next start: doubled with each crash."""

CRASHES, WINDOW = 5, 180.0
"""So many crashes in so many seconds, and no more is tried."""

START_SECONDS = 60.0
"""For `initialize` to be answered; it takes a third of a second."""

OPENING = "shell"
"""The id of our own `initialize`."""


class Crashes:
    """When the next start may be, by when the last ones failed."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def another(self, now: float) -> float | None:
        """Note a crash at this time (seconds of any steady clock): seconds to wait, or None: try no more."""
        self._times.append(now)
        while now - self._times[0] > WINDOW:
            self._times.popleft()
        if len(self._times) >= CRASHES:
            return None
        return min(FIRST_DELAY * 2.0 ** (len(self._times) - 1), LONGEST_DELAY)


class Process(Protocol):
    """What is asked of a running sidecar; `frontend.wire.Wire` is one."""

    def send(self, data: bytes) -> None: ...
    def receive(self) -> bytes: ...
    def leave(self) -> None: ...
    def kill(self) -> None: ...
    def ended(self) -> int: ...
    def said(self) -> str: ...


class Listener(Protocol):
    """Who is told. All of it comes from the supervisor's thread, in order."""

    def ready(self, initialized: dict[str, Any], send: Callable[[bytes], None]) -> None:
        """A sidecar has answered `initialize`; messages are framed and sent by `send` from any thread."""

    def message(self, body: bytes) -> None:
        """It has sent a message."""

    def lost(self, state: State, reason: str) -> None:
        """It has ended: another one is being started ("restarting"), or none will be ("failed")."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, as the tests may replace it. `wait` returns early, and true, once the event is set."""

    now: Callable[[], float] = time.monotonic
    wait: Callable[[Event, float], bool] = Event.wait


class Supervisor:
    """One sidecar at a time, until `stop`."""

    def __init__(
        self,
        spawn: Callable[[int], Process],
        listener: Listener,
        *,
        roots: Mapping[str, list[str]] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`spawn` is given the port that the one before had (0: none), so that its URLs stay good.

        `roots` are the folders that its clients may use; None: all that the user may, and somebody else looks after it.
        """
        self._spawn = spawn
        self._listener = listener
        self._roots = roots
        self._clock = clock or Clock()
        self._crashes = Crashes()
        self._stopping = Event()
        self._process: Process | None = None
        self._port = 0
        self._thread = Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self, grace: float = GRACE) -> None:
        """End the sidecar in order: it gets `grace` seconds, then it is killed. Returns when it has ended."""
        self._stopping.set()
        # Once each: the supervisor's thread takes it away as it ends.
        process = self._process
        if process is not None:
            process.leave()
        self._join(grace)
        process = self._process
        if process is not None:
            process.kill()
        self._join(GRACE)

    def _join(self, seconds: float) -> None:
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            reason = self._life()
            if self._stopping.is_set():
                return
            delay = self._crashes.another(self._clock.now())
            if delay is None:
                minutes = WINDOW / 60
                self._lost("failed", f"{reason}. That was {CRASHES} times in {minutes:.0f} minutes")
                return
            self._lost("restarting", reason)
            self._clock.wait(self._stopping, delay)

    def _lost(self, state: State, reason: str) -> None:
        """Tell the listener; where it fails the next sidecar is started all the same."""
        try:
            self._listener.lost(state, reason)
        except Exception:  # noqa: BLE001 - nobody else hears of it, and nobody else starts another
            sys.stderr.write(traceback.format_exc())

    def _life(self) -> str:
        """Run one sidecar from its start to its end, and return why it ended."""
        try:
            process = self._spawn(self._port)
        except OSError as error:
            return f"The sidecar cannot be started: {error}"
        self._process = process
        patience = Timer(START_SECONDS, process.kill)
        patience.daemon = True
        patience.start()
        try:
            if self._stopping.is_set():
                process.leave()
            fault = self._conversation(process, patience)
        except Exception as error:  # noqa: BLE001 - a listener that fails is no reason to be without a sidecar
            process.kill()
            sys.stderr.write(traceback.format_exc())
            fault = f"What the sidecar said could not be taken: {error!r}"
        finally:
            patience.cancel()
            code = process.ended()
            self._process = None
        return fault or _ending(code, process.said())

    def _conversation(self, process: Process, patience: Timer) -> str | None:
        """Hand on what it says until it says no more; returns what is wrong with it, if it is not its end."""
        framer, opened = Framer(style="lines"), False
        process.send(framer.wrap(jsonrpc.encode_request(OPENING, "initialize", self._initialize())))
        while data := process.receive():
            for body in framer.feed(data):
                if opened:
                    self._listener.message(body)
                    continue
                reply = jsonrpc.decode(body)
                if not isinstance(reply, jsonrpc.Reply) or reply.id != OPENING:
                    continue
                if reply.error is not None:
                    process.kill()
                    return f"The sidecar refuses to be opened: {rebuild(reply.error)[0].message}"
                opened = True
                patience.cancel()
                self._opened(process, framer, msgspec.json.decode(reply.result))
            if framer.fault is not None:
                process.kill()
                return f"The sidecar cannot be understood: {framer.fault.message}"
        return None

    def _initialize(self) -> dict[str, Any]:
        return {
            "protocol": PROTOCOL,
            "client": CLIENT,
            "processId": os.getpid(),
            "schemaHash": SCHEMA_HASH,
            "roots": self._roots,
        }

    def _opened(self, process: Process, framer: Framer, initialized: dict[str, Any]) -> None:
        http = initialized["http"]
        if http is not None:
            self._port = int(http["origin"].rpartition(":")[2])
        self._listener.ready(initialized, lambda body: process.send(framer.wrap(body)))


def _ending(code: int, said: str) -> str:
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return f"The sidecar was ended by {name}"
    return f"The sidecar ended with code {code}" + (f": {said}" if said else "")
