"""Graphics cards, as a library in NVML's place tells of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import trio

from protocol.commands.gpu import Gpu
from protocol.errors import DependencyMissing
from sidecar.services.gpu.cards import measure_gpus
from sidecar.services.gpu.service import GpuService


class NvmlError(Exception):
    pass


def unsupported(*_: Any) -> Any:
    raise NvmlError("Not Supported")


def nvml(**changes: Any) -> Any:
    given: dict[str, Any] = {
        "NVMLError": NvmlError,
        "NVML_TEMPERATURE_GPU": 0,
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetCount": lambda: 1,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlSystemGetDriverVersion": lambda: "600.1",
        "nvmlDeviceGetName": lambda _: "Card",
        "nvmlDeviceGetUtilizationRates": lambda _: SimpleNamespace(gpu=25, memory=3),
        "nvmlDeviceGetMemoryInfo": lambda _: SimpleNamespace(total=2**33, used=2**30),
        "nvmlDeviceGetEncoderUtilization": lambda _: [50, 100_000],
        "nvmlDeviceGetDecoderUtilization": lambda _: [0, 100_000],
        "nvmlDeviceGetTemperature": lambda *_: 41,
        "nvmlDeviceGetPowerUsage": lambda _: 71_500,
    }
    return SimpleNamespace(**(given | changes))


CARD = Gpu(
    index=0,
    name="Card",
    driver="600.1",
    utilization=0.25,
    memory_used=2**30,
    memory_total=2**33,
    encoder=0.5,
    decoder=0.0,
    temperature=41.0,
    power=71.5,
)


def test_a_card_is_measured_in_ratios_bytes_degrees_and_watts() -> None:
    assert measure_gpus(nvml()) == [CARD]


def test_what_a_card_without_an_encoder_does_not_measure_is_null() -> None:
    silent = nvml(
        nvmlDeviceGetEncoderUtilization=unsupported,
        nvmlDeviceGetDecoderUtilization=unsupported,
        nvmlDeviceGetPowerUsage=unsupported,
        nvmlDeviceGetMemoryInfo=unsupported,
    )
    (card,) = measure_gpus(silent)
    assert (card.encoder, card.decoder, card.power, card.memory_used, card.memory_total) == (None,) * 5
    assert (card.name, card.utilization) == ("Card", 0.25)


async def test_no_driver_is_an_empty_list_that_says_why() -> None:
    proofs: Any = None
    none = await GpuService(proofs, nvml(nvmlInit=unsupported)).cards()
    assert (none.gpus, none.detail) == ([], "Not Supported")
    empty = await GpuService(proofs, nvml(nvmlDeviceGetCount=lambda: 0)).cards()
    assert (empty.gpus, empty.detail) == ([], "the driver tells of no card")
    found = await GpuService(proofs, nvml()).cards()
    assert (found.gpus, found.detail) == ([CARD], None)
    await trio.lowlevel.checkpoint()


def test_a_driver_that_fails_is_a_typed_error_and_is_closed() -> None:
    closed: list[bool] = []
    broken = nvml(nvmlDeviceGetName=unsupported, nvmlShutdown=lambda: closed.append(True))
    with pytest.raises(DependencyMissing, match="Not Supported"):
        measure_gpus(broken)
    assert closed == [True]
