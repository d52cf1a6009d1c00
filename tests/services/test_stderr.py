from __future__ import annotations

import os
import re
import threading
from time import monotonic

from sidecar.services.stderr import BoundedStderr
from tests.harness.patience import PATIENCE


def _read_lines(fd: int, count: int) -> list[bytes]:
    data = b""
    deadline = monotonic() + PATIENCE
    while data.count(b"\n") < count and monotonic() < deadline:
        data += os.read(fd, 65_536)
    return data.splitlines()


def test_lines_arrive_in_order() -> None:
    reader, writer = os.pipe()
    stderr = BoundedStderr(writer)
    for number in range(100):
        stderr.write(b"%d\n" % number)
    assert _read_lines(reader, 100) == [b"%d" % number for number in range(100)]
    stderr.close()
    os.close(writer)
    os.close(reader)


def test_a_reader_that_never_reads_stops_nobody_and_hears_of_what_was_dropped() -> None:
    reader, writer = os.pipe()
    stderr = BoundedStderr(writer, limit=100_000)
    line = b"x" * 999 + b"\n"
    for _ in range(10_000):
        stderr.write(line)  # which would never return if it waited
    # 64 KB lie in the pipe and at most the limit waits; everything else was counted.
    assert 9_700 <= stderr.dropped < 10_000
    dropped = stderr.dropped
    reported = 0
    told = threading.Event()

    def drain() -> None:
        nonlocal reported
        seen = b""
        while reported < dropped:
            seen += os.read(reader, 65_536)
            reported = sum(int(number) for number in re.findall(rb'"dropped":(\d+)}\n', seen))
        told.set()

    thread = threading.Thread(target=drain)
    thread.start()
    deadline = monotonic() + PATIENCE
    while not told.wait(0.01) and monotonic() < deadline:
        stderr.write(b"there is room again\n")
    thread.join(PATIENCE)
    assert reported >= dropped
    stderr.close()
    os.close(writer)
    os.close(reader)


def test_close_does_not_wait_for_a_reader_that_never_reads() -> None:
    reader, writer = os.pipe()
    stderr = BoundedStderr(writer)
    stderr.write(b"x" * 200_000)
    stderr.close(within=0.1)
    stderr.write(b"too late\n")
    assert stderr.dropped == 1
    os.close(reader)


def test_a_reader_that_is_gone_is_no_fault() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    stderr = BoundedStderr(writer)
    stderr.write(b"to nobody\n")
    stderr.close(within=5)
    assert stderr.dropped == 0
    os.close(writer)
