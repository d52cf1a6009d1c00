"""Sidecars that end, and what is done about it: with a clock of our own, and with real processes that are killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any

import msgspec
import psutil
import pytest

from frontend.sidecar import start_command
from frontend.supervise import CRASHES, LONGEST_DELAY, WINDOW, Clock, Crashes, State, Supervisor
from frontend.wire import Wire
from protocol.client import Answer, Client
from tests.harness.patience import PATIENCE
from tests.harness.program import environment


def test_delays_double_and_the_fifth_crash_in_three_minutes_is_the_last() -> None:
    crashes = Crashes()
    assert [crashes.another(float(n)) for n in range(CRASHES)] == [0.1, 0.2, 0.4, 0.8, None]


def test_crashes_of_long_ago_do_not_count() -> None:
    crashes = Crashes()
    for n in range(50):
        assert crashes.another(n * (WINDOW / 3)) in {0.1, 0.2, 0.4, 0.8}
    assert Crashes().another(1e9) == 0.1
    assert LONGEST_DELAY >= 0.8


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        self.send: Callable[[bytes], None] = lambda _: None

    def ready(self, initialized: dict[str, Any], send: Callable[[bytes], None]) -> None:
        self.send = send
        self.told.put(("ready", initialized))

    def message(self, body: bytes) -> None:
        self.told.put(("message", body))

    def lost(self, state: State, reason: str) -> None:
        self.told.put((state, reason))

    def next(self) -> tuple[str, Any]:
        return self.told.get(timeout=PATIENCE)


class Scripted:
    """A sidecar that says this, then ends."""

    def __init__(self, *said: bytes, code: int = 0, complains: str = "") -> None:
        self._said = iter(said)
        self._code = code
        self._complains = complains
        self.heard: list[bytes] = []
        self.killed = False

    def send(self, data: bytes) -> None:
        self.heard.append(data)

    def receive(self) -> bytes:
        return b"" if self.killed else next(self._said, b"")

    def leave(self) -> None:
        """It leaves anyway."""

    def kill(self) -> None:
        self.killed = True

    def ended(self) -> int:
        return self._code

    def said(self) -> str:
        return self._complains


HTTP = {"origin": "http://127.0.0.1:4711", "token": "t"}
OPENED = msgspec.json.encode({"jsonrpc": "2.0", "id": "shell", "result": {"http": HTTP}}) + b"\n"
NOTICE = b'{"jsonrpc":"2.0","method":"$/event","params":{}}'


class Waits:
    """A clock that stands still but for the waits, which are noted and over at once."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waited: list[float] = []

    def wait(self, event: Event, seconds: float) -> bool:
        self.waited.append(seconds)
        self.now += seconds
        return event.is_set()

    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.wait)


@contextmanager
def supervised(spawn: Callable[[int], Any], listener: Listener, clock: Clock | None = None) -> Iterator[Supervisor]:
    supervisor = Supervisor(spawn, listener, clock=clock)
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()


def test_it_is_started_again_on_the_same_port_until_it_crashes_too_often() -> None:
    waits, listener, ports = Waits(), Listener(), []

    def spawn(port: int) -> Scripted:
        ports.append(port)
        return Scripted(OPENED[:20], OPENED[20:] + NOTICE + b"\n", code=-9)

    with supervised(spawn, listener, waits.clock()):
        seen = [listener.next() for _ in range(3 * CRASHES)]
    assert [kind for kind, _ in seen] == ["ready", "message", "restarting"] * (CRASHES - 1) + [
        "ready",
        "message",
        "failed",
    ]
    assert seen[1][1] == NOTICE
    assert seen[2][1] == "The sidecar was ended by SIGKILL"
    assert seen[-1][1] == "The sidecar was ended by SIGKILL. That was 5 times in 3 minutes"
    assert ports == [0, *[4711] * (CRASHES - 1)]
    assert waits.waited == [0.1, 0.2, 0.4, 0.8]


def test_it_says_why_it_cannot_be_started() -> None:
    waits, listener = Waits(), Listener()
    reasons = iter(["no such program", "denied"])

    def spawn(_port: int) -> Scripted:
        reason = next(reasons, None)
        if reason is not None:
            raise OSError(reason)
        return Scripted(code=1, complains="error: httpPort: 70000 is too large")

    with supervised(spawn, listener, waits.clock()):
        seen = [listener.next()[1] for _ in range(CRASHES)]
    assert seen[:2] == [f"The sidecar cannot be started: {each}" for each in ("no such program", "denied")]
    assert seen[2] == "The sidecar ended with code 1: error: httpPort: 70000 is too large"


def test_one_that_refuses_or_talks_nonsense_is_ended() -> None:
    waits, listener = Waits(), Listener()
    error = {"code": 1001, "message": "Protocol 1 is not served"}
    refusal = msgspec.json.encode({"jsonrpc": "2.0", "id": "shell", "error": error}) + b"\n"
    made: list[Scripted] = []

    def spawn(_port: int) -> Scripted:
        flood = [b"x" * 1_000_000] * 20
        made.append(Scripted(refusal, refusal) if not made else Scripted(OPENED, *flood))
        return made[-1]

    with supervised(spawn, listener, waits.clock()):
        seen = [listener.next() for _ in range(3)]
    assert seen[0] == ("restarting", "The sidecar refuses to be opened: Protocol 1 is not served")
    assert seen[1][0] == "ready"
    assert "cannot be understood" in seen[2][1]
    assert made[0].killed
    assert made[1].killed


class Failing(Listener):
    """Fails at each message, and at the first loss."""

    def __init__(self) -> None:
        super().__init__()
        self.losses = 0

    def message(self, body: bytes) -> None:
        raise LookupError(body)

    def lost(self, state: State, reason: str) -> None:
        super().lost(state, reason)
        self.losses += 1
        if self.losses == 1:
            raise LookupError(reason)


def test_a_listener_that_fails_costs_a_sidecar_and_not_the_supervisor() -> None:
    waits, listener = Waits(), Failing()
    made: list[Scripted] = []

    def spawn(_port: int) -> Scripted:
        made.append(Scripted(OPENED + NOTICE + b"\n"))
        return made[-1]

    with supervised(spawn, listener, waits.clock()):
        seen = [listener.next() for _ in range(2 * CRASHES)]
    assert [kind for kind, _ in seen] == ["ready", "restarting"] * (CRASHES - 1) + ["ready", "failed"]
    assert "LookupError" in seen[1][1]
    assert all(each.killed for each in made)


@contextmanager
def sidecars(home: Path, page: Path, listener: Listener) -> Iterator[list[Wire]]:
    """Keep real sidecars running."""
    page.mkdir()
    wires: list[Wire] = []

    def spawn(port: int) -> Wire:
        wires.append(Wire(start_command(page, port), environment(home)))
        return wires[-1]

    with supervised(spawn, listener):
        yield wires
    assert not psutil.pid_exists(wires[-1].pid)


def answered(listener: Listener, method: str) -> Any:
    client = Client()
    _, data = client.request(method)
    listener.send(data.rstrip())
    kind, body = listener.next()
    assert kind == "message"
    (answer,) = client.feed(body + b"\n")
    assert isinstance(answer, Answer)
    return answer.result


def killed_and_back(listener: Listener, wires: list[Wire], origin: str) -> None:
    os.kill(wires[-1].pid, signal.SIGKILL)
    assert listener.next() == ("restarting", "The sidecar was ended by SIGKILL")
    kind, initialized = listener.next()
    assert kind == "ready"
    assert initialized["http"]["origin"] == origin
    assert answered(listener, "system.info")["pid"] == wires[-1].pid


def test_a_killed_sidecar_is_replaced_at_the_same_address(tmp_path: Path) -> None:
    listener = Listener()
    with sidecars(tmp_path / "home", tmp_path / "page", listener) as wires:
        kind, initialized = listener.next()
        assert kind == "ready"
        assert answered(listener, "system.info")["pid"] == wires[0].pid
        killed_and_back(listener, wires, initialized["http"]["origin"])
    assert len(wires) == 2


@pytest.mark.soak
def test_five_kills_in_a_row_are_the_end_of_it(tmp_path: Path) -> None:
    listener = Listener()
    with sidecars(tmp_path / "home", tmp_path / "page", listener) as wires:
        origin = listener.next()[1]["http"]["origin"]
        for _ in range(CRASHES - 1):
            killed_and_back(listener, wires, origin)
        os.kill(wires[-1].pid, signal.SIGKILL)
        assert listener.next() == ("failed", "The sidecar was ended by SIGKILL. That was 5 times in 3 minutes")
    assert len(wires) == CRASHES


def test_a_sidecar_that_does_not_end_is_killed(tmp_path: Path) -> None:
    listener = Listener()
    opened = tmp_path / "opened"
    opened.write_bytes(OPENED)
    stubborn = f"import sys, time; sys.stdout.write(open({str(opened)!r}).read()); sys.stdout.flush(); time.sleep(3600)"
    wires: list[Wire] = []

    def spawn(_port: int) -> Wire:
        wires.append(Wire([sys.executable, "-c", stubborn]))
        return wires[-1]

    supervisor = Supervisor(spawn, listener)
    supervisor.start()
    assert listener.next()[0] == "ready"
    supervisor.stop(grace=0.1)
    assert listener.told.empty()
    assert [psutil.pid_exists(wire.pid) for wire in wires] == [False]


def test_what_is_sent_arrives_in_order_and_what_it_complains_of_is_kept() -> None:
    program = "import sys, shutil; shutil.copyfileobj(sys.stdin, sys.stdout); sys.exit('no such thing')"
    wire = Wire([sys.executable, "-c", program])
    lines = [b"%d" % n + b"x" * (n * 37 % 100_000) + b"\n" for n in range(300)]
    for line in lines:
        wire.send(line)
    wire.leave()
    received = b""
    while data := wire.receive():
        received += data
    assert received == b"".join(lines)
    assert wire.ended() == 1
    assert wire.said() == "no such thing"
    wire.send(b"nobody hears this")


def test_what_is_sent_to_one_that_takes_nothing_is_not_kept() -> None:
    wire = Wire([sys.executable, "-c", "import os, time; os.close(0); os.write(1, b'-'); time.sleep(3600)"])
    try:
        assert wire.receive() == b"-"
        wire.send(b"x")
        wire._threads[0].join(PATIENCE)
        wire.send(b"x")
        assert wire._waiting.empty()
    finally:
        wire.kill()
        wire.ended()


def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(OSError, match="no-such-program"):
        Wire(["/no-such-program"])
