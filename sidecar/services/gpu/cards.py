"""The graphics cards that NVIDIA's driver tells of: the one place that imports pynvml."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from protocol.commands.gpu import Gpu as Measured
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


def measure_gpus(nvml: Any = None) -> list[Measured]:
    """Return the cards and what they do now; what a card, or its driver, does not measure is None. Blocks.

    Raises DependencyMissing as `find_gpus` does.
    """
    with opened(nvml) as library:
        return measure_with(library)


def measure_with(library: Any) -> list[Measured]:
    """Return the cards and what they do now, by a library that `opened` gave. Raises DependencyMissing as it does."""
    try:
        driver = library.nvmlSystemGetDriverVersion()
        return [_measure(library, index, driver) for index in range(library.nvmlDeviceGetCount())]
    except library.NVMLError as error:
        raise DependencyMissing(name="NVIDIA driver", detail=str(error)) from error


def _measure(library: Any, index: int, driver: str) -> Measured:
    card = library.nvmlDeviceGetHandleByIndex(index)

    def ask(read: Callable[[], float]) -> float | None:
        try:
            return read()
        except library.NVMLError:
            return None

    def memory(read: Callable[[], int]) -> int | None:
        found = ask(read)
        return None if found is None else int(found)

    return Measured(
        index=index,
        name=library.nvmlDeviceGetName(card),
        driver=driver,
        utilization=ask(lambda: library.nvmlDeviceGetUtilizationRates(card).gpu / 100),
        memory_used=memory(lambda: library.nvmlDeviceGetMemoryInfo(card).used),
        memory_total=memory(lambda: library.nvmlDeviceGetMemoryInfo(card).total),
        encoder=ask(lambda: library.nvmlDeviceGetEncoderUtilization(card)[0] / 100),
        decoder=ask(lambda: library.nvmlDeviceGetDecoderUtilization(card)[0] / 100),
        temperature=ask(lambda: float(library.nvmlDeviceGetTemperature(card, library.NVML_TEMPERATURE_GPU))),
        power=ask(lambda: library.nvmlDeviceGetPowerUsage(card) / 1000),
    )


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
