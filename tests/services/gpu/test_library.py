"""Cards through pynvml itself, over a library in the place of the driver's: what it writes into memory is what is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ctypes import POINTER, c_void_p, cast
from types import SimpleNamespace
from typing import Any

import pytest

from protocol.commands.gpu import Gpu, GpuProcess
from protocol.errors import DependencyMissing
from sidecar.services.gpu import cards, find_gpus
from sidecar.services.gpu.cards import measure_gpus
from sidecar.services.monitoring.graphics import AGAIN, CardMeter

SUCCESS, UNINITIALIZED, NOT_SUPPORTED, TOO_SMALL, LOST = 0, 1, 3, 7, 15
"""Of nvmlReturn_t."""

NOT_AVAILABLE = 2**64 - 1
"""What the driver writes where it does not know how much memory a process has."""

Card = dict[str, Any]
FULL: Card = {
    "name": b"NVIDIA H200",
    "utilization": 37,
    "memory": (150_000_000_000, 9_000_000_000),
    "encoder": 12,
    "decoder": 100,
    "temperature": 44,
    "power": 123_456,
    "compute": [(4_242, 500_000_000), (7, 1)],
    "graphics": [(4_243, NOT_AVAILABLE)],
}


def library(driven: Sequence[Card], state: dict[str, int]) -> Any:
    """What the driver's library exports: `state` has how often it is initialized, and what its initializing answers."""

    def of(name: str, write: Callable[..., Any]) -> Callable[..., int]:
        def function(handle: Any, *into: Any) -> int:
            card = driven[(cast(handle, c_void_p).value or 0) - 1]
            if card.get("lost"):
                return LOST
            if name not in card:
                return NOT_SUPPORTED
            return write(card[name], *into) or SUCCESS

        return function

    def put(value: int, into: Any, *_: Any) -> None:
        into._obj.value = value

    def memory(value: tuple[int, int], into: Any) -> None:
        into._obj.total, into._obj.used = value

    def utilization(value: int, into: Any) -> None:
        into._obj.gpu, into._obj.memory = value, 99

    def text(value: bytes, buffer: Any, _size: Any) -> None:
        buffer.value = value

    def running(value: list[tuple[int, int]], count: Any, array: Any) -> Any:
        room = count._obj.value
        count._obj.value = len(value)
        if len(value) > room:
            return TOO_SMALL
        for place, (pid, used) in enumerate(value):
            array[place].pid, array[place].usedGpuMemory = pid, used
        return None

    def initialize(_flags: int) -> int:
        state["open"] += state["answer"] == SUCCESS
        return state["answer"]

    def shutdown() -> int:
        state["open"] -= 1
        return SUCCESS

    def version(buffer: Any, _size: Any) -> int:
        buffer.value = b"600.10"
        return SUCCESS

    def count(into: Any) -> int:
        into._obj.value = len(driven)
        return SUCCESS

    def handle_of(index: Any, into: Any) -> int:
        cast(into, POINTER(c_void_p))[0] = index.value + 1
        return SUCCESS

    return SimpleNamespace(
        nvmlInitWithFlags=initialize,
        nvmlShutdown=shutdown,
        nvmlErrorString=lambda code: f"error {code}".encode(),
        nvmlSystemGetDriverVersion=version,
        nvmlDeviceGetCount_v2=count,
        nvmlDeviceGetHandleByIndex_v2=handle_of,
        nvmlDeviceGetName=of("name", text),
        nvmlDeviceGetUtilizationRates=of("utilization", utilization),
        nvmlDeviceGetMemoryInfo=of("memory", memory),
        nvmlDeviceGetEncoderUtilization=of("encoder", put),
        nvmlDeviceGetDecoderUtilization=of("decoder", put),
        nvmlDeviceGetTemperature=of("temperature", lambda value, _sensor, into: put(value, into)),
        nvmlDeviceGetPowerUsage=of("power", put),
        nvmlDeviceGetComputeRunningProcesses_v3=of("compute", running),
        nvmlDeviceGetGraphicsRunningProcesses_v3=of("graphics", running),
    )


class Driver:
    """A driver that tells of some cards, through the real pynvml."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.state = {"open": 0, "answer": SUCCESS}
        self.cards: list[Card] = [dict(FULL)]
        self.library = library(self.cards, self.state)
        pynvml = cards._library()
        patch.setattr(pynvml, "nvmlLib", self.library)
        patch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    return Driver(monkeypatch)


TOLD = Gpu(
    index=0,
    name="NVIDIA H200",
    driver="600.10",
    utilization=0.37,
    memory_used=9_000_000_000,
    memory_total=150_000_000_000,
    encoder=0.12,
    decoder=1.0,
    temperature=44.0,
    power=123.456,
    processes=[GpuProcess(pid=4_242, memory=500_000_000), GpuProcess(pid=4_243, memory=None)],
)


def test_what_the_driver_writes_is_what_is_told(driver: Driver) -> None:
    assert measure_gpus(ours={4_242, 4_243}) == [TOLD]
    assert [(card.name, card.memory, card.driver) for card in find_gpus()] == [
        ("NVIDIA H200", 150_000_000_000, "600.10")
    ]
    assert driver.state["open"] == 0


def test_of_several_cards_some_measure_little_and_some_are_lost(driver: Driver) -> None:
    driver.cards += [{"name": b"Small", "memory": (100, 95)}, {"lost": True}, dict(FULL)]
    found = measure_gpus(ours={7})
    assert [(card.index, card.name) for card in found] == [(0, "NVIDIA H200"), (1, "Small"), (3, "NVIDIA H200")]
    small = found[1]
    assert (small.memory_used, small.memory_total) == (95, 100)
    silent = (small.utilization, small.encoder, small.decoder, small.temperature, small.power, small.processes)
    assert silent == (None,) * 6
    assert [[each.pid for each in card.processes or ()] for card in found] == [[7], [], [7]]


def test_a_driver_that_is_older_than_the_library_measures_what_it_can(driver: Driver) -> None:
    for name in ("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v3"):
        delattr(driver.library, name)
    del driver.library.nvmlDeviceGetEncoderUtilization
    (card,) = measure_gpus(ours={7})
    assert (card.processes, card.encoder, card.decoder, card.power) == (None, None, 1.0, 123.456)


def test_a_driver_that_goes_and_comes_is_followed(driver: Driver) -> None:
    meter = CardMeter(likely=lambda: True)
    assert len(meter.look(0.0)) == 1
    assert driver.state["open"] == 1
    driver.cards[0]["lost"] = True
    assert meter.look(5.0) == ()
    assert driver.state["open"] == 0
    driver.state["answer"] = UNINITIALIZED
    assert meter.look(5.0 + AGAIN) == ()
    with pytest.raises(DependencyMissing):
        measure_gpus()
    driver.state["answer"] = SUCCESS
    del driver.cards[0]["lost"]
    assert [card.power for card in meter.look(5.0 + 2 * AGAIN)] == [123.456]
    meter.close()
    assert driver.state["open"] == 0
