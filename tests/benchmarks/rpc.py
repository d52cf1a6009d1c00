"""Round trips and throughput of small messages, against the echo."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.benchmarks.figure import Figure, paired
from tests.benchmarks.server import ECHO, Server, running, sidecar

REQUEST = b'{"jsonrpc":"2.0","id":1,"method":"render.jobs","params":{"states":["queued","running"],"limit":10}}\n'
"""100 bytes. The sidecar decodes it, runs the command in a task of its own, and answers as many."""
AT_ONCE = 100
"""Below the 256 that a connection may have in flight."""


def measure(*, short: bool) -> Iterator[Figure]:
    """Measure both figures in interleaved pairs in one run."""
    pairs, calls, burst = (3, 200, 1_000) if short else (15, 2_000, 10_000)
    with sidecar() as ours, running(ECHO) as peer, pinned(ours, peer):
        for server in (ours, peer):
            server.time_calls(REQUEST, 200)
        conditions = (
            f"{len(REQUEST)} B request, pipes, warm, client and server on a core each, median of {calls} a pair"
        )
        yield paired(
            "rpc.roundTrip",
            "s",
            *_interleaved(ours, peer, pairs, lambda server: server.time_calls(REQUEST, calls)),
            target=2.0,
            bound="at most",
            conditions=conditions,
        )
        yield paired(
            "rpc.throughput",
            "1/s",
            *_interleaved(ours, peer, pairs, lambda server: server.time_burst(REQUEST, burst, AT_ONCE)),
            target=0.6,
            bound="at least",
            conditions=f"{len(REQUEST)} B requests, {AT_ONCE} in flight, {burst} a pair",
        )


@contextmanager
def pinned(*servers: Server) -> Iterator[None]:
    """Keep us on one core and the servers on another: where the scheduler puts them would decide the figure."""
    cores = os.sched_getaffinity(0)
    for server in servers:
        os.sched_setaffinity(server.pid, {max(cores)})
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _interleaved(
    ours: Server, peer: Server, pairs: int, measured: Callable[[Server], float]
) -> tuple[list[float], list[float]]:
    """Measure both in turn; who is first alternates, so that a drift of the machine hits both alike."""
    mine: list[float] = []
    theirs: list[float] = []
    for pair in range(pairs):
        order = [(ours, mine), (peer, theirs)]
        for server, taken in order if pair % 2 else reversed(order):
            taken.append(measured(server))
    return mine, theirs
