"""The numbers of a sample by the names of `core.monitoring.series`. What was not measured has none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sidecar.core.monitoring.series import CARDS
from sidecar.services.monitoring.sample import Sample

if TYPE_CHECKING:
    from protocol.commands.gpu import Gpu

LEAST_ENDED = 20
"""Operations of a minute below which there is no error ratio: one failure among three says nothing."""

LEAST_LOOKUPS = 20
"""Lookups of a minute below which there is no hit ratio."""

JOBS = "render"
"""The queue of jobs; the others are of requests."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Numbers by name, and of some how many events stand behind them."""

    values: dict[str, float]
    samples: dict[str, int]


def readings_of(sample: Sample) -> Readings:
    """Return all numbers of a sample."""
    values: dict[str, float] = {}
    for name, value in _values(sample):
        if value is not None:
            values[name] = float(value)
    samples = {
        "operations.errorRatio": sample.ended.whole,
        "operations.responseTime": 0 if sample.response is None else sample.response.samples,
        "cache.hitRatio": sample.found.whole,
        "process.loopLag": 0 if sample.lag is None else sample.lag.samples,
    }
    return Readings(values, samples)


def error_ratio(sample: Sample) -> float | None:
    """Return faults of all that ended in a result or a fault in the last minute; None where those were few."""
    return sample.ended.ratio if sample.ended.whole >= LEAST_ENDED else None


def _values(sample: Sample) -> Iterator[tuple[str, float | None]]:
    machine, process = sample.machine, sample.process
    yield "system.cpu", machine.cpu
    yield "system.load", machine.load
    yield "system.memory", machine.memory_used / machine.memory_total
    yield "system.memoryUsed", machine.memory_used
    yield "system.diskFree", machine.disk.free
    yield "system.diskFreeRatio", machine.fullest.ratio
    yield "process.cpu", process.cpu
    yield "process.rss", process.rss
    yield "process.threads", process.threads
    yield "process.fds", process.fds
    yield "process.loopLag", None if sample.lag is None else sample.lag.p99
    yield "children.count", len(sample.children)
    yield "children.cpu", sum(child.cpu for child in sample.children)
    yield "children.rss", sum(child.rss for child in sample.children)
    yield "children.crashes", sample.crashes
    yield from _of_cards(sample.gpus)
    yield from _of_work(sample)


def _of_work(sample: Sample) -> Iterator[tuple[str, float | None]]:
    rates, queues = sample.rates, sample.queues
    yield "operations.rate", None if rates is None else rates.operations
    yield "operations.active", sample.active
    yield "operations.errorRatio", error_ratio(sample)
    yield "operations.responseTime", None if sample.response is None else sample.response.p95
    yield "queues.depth", sum(queue.depth for queue in queues.values())
    yield "queues.oldest", _most(queue.oldest for name, queue in queues.items() if name != JOBS)
    jobs = queues.get(JOBS)
    if jobs is not None:
        yield "render.running", jobs.running
        yield "render.queued", jobs.depth
    speeds = [each.frames_per_second for each in sample.pipelines if each.frames_per_second is not None]
    yield "render.framesPerSecond", sum(speeds) if speeds else None
    # Where nothing runs nothing stands: an alert ends with its job.
    yield "render.stalled", _most(each.stood for each in sample.pipelines) or 0.0
    yield "cache.hitRatio", sample.found.ratio if sample.found.whole >= LEAST_LOOKUPS else None
    cache = sample.cache
    yield "cache.memoryBytes", None if cache.memory is None else cache.memory.bytes
    yield "cache.diskBytes", None if cache.disk is None else cache.disk.bytes
    yield "rpc.connections", sample.connections
    yield "rpc.inFlight", sample.active
    yield "rpc.received", None if rates is None else rates.received
    yield "rpc.sent", None if rates is None else rates.sent


def _of_cards(cards: Iterable[Gpu]) -> Iterator[tuple[str, float | None]]:
    found = {card.index: dict(_of_card(card)) for card in cards}
    for index, numbers in found.items():
        if index < CARDS:
            for name, value in numbers.items():
                yield f"gpu{index}.{name}", value
    for name in ("utilization", "memory", "encoder", "decoder", "temperature"):
        yield f"gpu.{name}", _most(numbers[name] for numbers in found.values())
    powers = [numbers["power"] for numbers in found.values()]
    yield "gpu.power", sum(power for power in powers if power is not None) if _most(powers) is not None else None


def _of_card(card: Gpu) -> Iterator[tuple[str, float | None]]:
    memory = None
    if card.memory_used is not None and card.memory_total:
        memory = card.memory_used / card.memory_total
    yield "utilization", card.utilization
    yield "memory", memory
    yield "encoder", card.encoder
    yield "decoder", card.decoder
    yield "temperature", card.temperature
    yield "power", card.power


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
