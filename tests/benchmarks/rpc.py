"""Round trips and throughput of small messages, against the echo."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.benchmarks.figure import Figure, paired
from tests.benchmarks.server import ECHO, Server, running, sidecar

REQUEST = b'{"jsonrpc":"2.0","id":1,"method":"settings.get","params":{"keys":["logLevel","locale","workers"]}}\n'
"""100 bytes. The sidecar decodes it, runs the command in a task of its own, and answers some 200 bytes."""
AT_ONCE = 100
"""Below the 256 that a connection may have in flight."""


def measure(*, short: bool) -> Iterator[Figure]:
    """Measure both figures in interleaved pairs in one run."""
    pairs, calls, burst = (3, 200, 1_000) if short else (15, 2_000, 10_000)
    with sidecar() as ours, running(ECHO) as peer:
        for server in (ours, peer):
            server.time_calls(REQUEST, 200)
        conditions = f"{len(REQUEST)} B request, pipes, warm, median of {calls} a pair"
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
