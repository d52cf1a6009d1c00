"""The graphics cards that NVIDIA's driver tells of: the one place that imports pynvml."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

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
    library = nvml or _library()
    try:
        library.nvmlInit()
    except library.NVMLError as error:
        raise DependencyMissing(name="NVIDIA driver", detail=str(error)) from error
    try:
        driver = library.nvmlSystemGetDriverVersion()
        handles = [library.nvmlDeviceGetHandleByIndex(index) for index in range(library.nvmlDeviceGetCount())]
        return tuple(
            Gpu(index, library.nvmlDeviceGetName(handle), library.nvmlDeviceGetMemoryInfo(handle).total, driver)
            for index, handle in enumerate(handles)
        )
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
