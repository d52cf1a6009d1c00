"""The graphics cards that NVIDIA's driver tells of: the one place that imports pynvml."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from protocol.commands.gpu import Gpu as Measured
from protocol.commands.gpu import GpuProcess
from protocol.errors import DependencyMissing


@dataclass(frozen=True, slots=True)
class Gpu:
    """A card; memory in bytes."""

    index: int
    name: str
    memory: int
    driver: str


def find_gpus(nvml: Any = None) -> tuple[Gpu, ...]:
    """Return the cards; `nvml` stands in for the library in tests. Blocks for the driver's answer.

    Raises DependencyMissing when there is no driver, or it fails: a machine without a card is not told from one
    whose driver is missing.
    """
    with opened(nvml) as library:
        driver = library.nvmlSystemGetDriverVersion()
        handles = [library.nvmlDeviceGetHandleByIndex(index) for index in range(library.nvmlDeviceGetCount())]
        return tuple(
            Gpu(index, library.nvmlDeviceGetName(handle), library.nvmlDeviceGetMemoryInfo(handle).total, driver)
            for index, handle in enumerate(handles)
        )


def measure_gpus(nvml: Any = None, ours: Collection[int] = ()) -> list[Measured]:
    """Return the cards and what they do now; what a card, or its driver, does not measure is None. Blocks.

    `ours` are the processes that are told of. Raises DependencyMissing as `find_gpus` does.
    """
    with opened(nvml) as library:
        return measure_with(library, ours)


def measure_with(library: Any, ours: Collection[int]) -> list[Measured]:
    """Return the cards and what they do now, by a library that `opened` gave.

    A card that is lost is left out, and takes no other with it. Raises DependencyMissing where the driver fails, or
    there are cards and all of them are lost.
    """
    try:
        driver = library.nvmlSystemGetDriverVersion()
        count = library.nvmlDeviceGetCount()
    except library.NVMLError as error:
        raise DependencyMissing(name="NVIDIA driver", detail=str(error)) from error
    cards = []
    lost: Exception | None = None
    for index in range(count):
        try:
            cards.append(_measure(library, index, driver, ours))
        except library.NVMLError as error:
            lost = error
    if lost is not None and not cards:
        raise DependencyMissing(name="NVIDIA driver", detail=str(lost)) from lost
    return cards


def _measure(library: Any, index: int, driver: str, ours: Collection[int]) -> Measured:
    card = library.nvmlDeviceGetHandleByIndex(index)

    def ask(read: Callable[[], Any]) -> Any:
        try:
            return read()
        except library.NVMLError:
            return None

    memory = ask(lambda: library.nvmlDeviceGetMemoryInfo(card))
    return Measured(
        index=index,
        name=library.nvmlDeviceGetName(card),
        driver=driver,
        utilization=ask(lambda: library.nvmlDeviceGetUtilizationRates(card).gpu / 100),
        memory_used=None if memory is None else int(memory.used),
        memory_total=None if memory is None else int(memory.total),
        encoder=ask(lambda: library.nvmlDeviceGetEncoderUtilization(card)[0] / 100),
        decoder=ask(lambda: library.nvmlDeviceGetDecoderUtilization(card)[0] / 100),
        temperature=ask(lambda: float(library.nvmlDeviceGetTemperature(card, library.NVML_TEMPERATURE_GPU))),
        power=ask(lambda: library.nvmlDeviceGetPowerUsage(card) / 1000),
        # By their versions: without one the library raises what is no NVMLError where the driver is older than it.
        processes=_processes(
            ask(lambda: library.nvmlDeviceGetComputeRunningProcesses_v3(card)),
            ask(lambda: library.nvmlDeviceGetGraphicsRunningProcesses_v3(card)),
            ours,
        ),
    )


def _processes(computing: Any, drawing: Any, ours: Collection[int]) -> list[GpuProcess] | None:
    """Return those that are ours, each once: one that computes and draws is told of twice."""
    if computing is None and drawing is None:
        return None
    memory: dict[int, int | None] = {}
    for each in (*(computing or ()), *(drawing or ())):
        if each.pid in ours:
            known = [told for told in (memory.get(each.pid), each.usedGpuMemory) if told is not None]
            memory[each.pid] = max(known, default=None)
    return [GpuProcess(pid=pid, memory=told) for pid, told in sorted(memory.items())]


@contextmanager
def opened(nvml: Any) -> Iterator[Any]:
    """Give the library while the block lasts; its errors are DependencyMissing."""
    library = nvml or _library()
    try:
        library.nvmlInit()
    except library.NVMLError as error:
        raise DependencyMissing(name="NVIDIA driver", detail=str(error)) from error
    try:
        yield library
    except library.NVMLError as error:
        raise DependencyMissing(name="NVIDIA driver", detail=str(error)) from error
    finally:
        library.nvmlShutdown()


def _library() -> Any:
    with warnings.catch_warnings():
        # The package says at import that its name is deprecated; the module is that of nvidia-ml-py.
        warnings.simplefilter("ignore", FutureWarning)
        import pynvml  # noqa: PLC0415 - nobody else pays for it
    return pynvml
