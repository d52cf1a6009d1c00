"""Graphics cards, as a library in NVML's place tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from msgspec.structs import asdict

from protocol.commands.gpu import Gpu, GpuProcess
from protocol.errors import DependencyMissing
from sidecar.services.gpu.cards import measure_gpus
from sidecar.services.gpu.service import GpuService
from sidecar.services.monitoring.graphics import CardMeter
from sidecar.services.monitoring.meter import Meter
from sidecar.services.monitoring.readings import readings_of
from tests.services.monitoring.samples import sample
from tests.services.monitoring.test_prometheus import page, read, sources


class NvmlError(Exception):
    pass


def unsupported(*_: Any) -> Any:
    raise NvmlError("Not Supported")


def process(pid: int, memory: int | None) -> Any:
    return SimpleNamespace(pid=pid, usedGpuMemory=memory)


def nvml(**changes: Any) -> Any:
    """A library that tells of one card, as pynvml does: its functions by their names, errors raised as NVMLError."""
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
        "nvmlDeviceGetComputeRunningProcesses_v3": lambda _: [],
        "nvmlDeviceGetGraphicsRunningProcesses_v3": lambda _: [],
    }
    return SimpleNamespace(**(given | changes))


def cards(*each: dict[str, Any]) -> Any:
    """A library that tells of several cards: of each, what its functions answer by their names, and `unsupported`."""

    def of(name: str) -> Any:
        def answer(card: int, *more: Any) -> Any:
            found = each[card].get(name, getattr(nvml(), name))
            return found(card, *more) if callable(found) else found

        return answer

    names = [name for name in vars(nvml()) if name.startswith("nvmlDeviceGet")]
    told = {name: of(name) for name in names if name != "nvmlDeviceGetCount"}
    return nvml(nvmlDeviceGetCount=lambda: len(each), **told)


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
    processes=[],
)

MEASURES = {
    "nvmlDeviceGetUtilizationRates": ("utilization",),
    "nvmlDeviceGetMemoryInfo": ("memory_used", "memory_total"),
    "nvmlDeviceGetEncoderUtilization": ("encoder",),
    "nvmlDeviceGetDecoderUtilization": ("decoder",),
    "nvmlDeviceGetTemperature": ("temperature",),
    "nvmlDeviceGetPowerUsage": ("power",),
}
"""Functions of the library, and the members that are null where it does not support them."""


def test_a_card_is_measured_in_ratios_bytes_degrees_and_watts() -> None:
    assert measure_gpus(nvml()) == [CARD]


@pytest.mark.parametrize("name", MEASURES)
def test_what_a_card_does_not_measure_is_null_and_all_else_is_there(name: str) -> None:
    (card,) = measure_gpus(nvml(**{name: unsupported}))
    assert asdict(card) == {**asdict(CARD), **dict.fromkeys(MEASURES[name])}


def test_a_card_that_measures_nothing_is_there_by_its_name() -> None:
    running = dict.fromkeys(("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v3"))
    (card,) = measure_gpus(nvml(**dict.fromkeys((*MEASURES, *running), unsupported)))
    named = {"index", "name", "driver"}
    assert {name for name, value in asdict(card).items() if value is not None} == named
    values = readings_of(sample(gpus=[card])).values
    assert not [name for name in values if name.startswith("gpu")]


def running(compute: Sequence[Any] | None, graphics: Sequence[Any] | None) -> Any:
    return nvml(
        nvmlDeviceGetComputeRunningProcesses_v3=unsupported if compute is None else lambda _: list(compute),
        nvmlDeviceGetGraphicsRunningProcesses_v3=unsupported if graphics is None else lambda _: list(graphics),
    )


@pytest.mark.parametrize(
    ("library", "told"),
    [
        (running([process(7, 500), process(8, 900), process(9, 10)], []), {7: 500, 9: 10}),
        (running([process(7, 500)], [process(7, 700), process(9, 30)]), {7: 700, 9: 30}),
        (running([process(7, None)], [process(7, 700)]), {7: 700}),
        (running([process(9, None), process(8, 5)], None), {9: None}),
        (running(None, [process(7, 1)]), {7: 1}),
        (running([process(8, 5)], []), {}),
        (running(None, None), None),
    ],
    ids=["of ours", "both kinds", "told once", "not told", "one kind", "none of ours", "unsupported"],
)
def test_of_the_processes_on_a_card_ours_are_told_each_once(library: Any, told: dict[int, int | None] | None) -> None:
    (card,) = measure_gpus(library, {7, 9, 1_000})
    wanted = None if told is None else [GpuProcess(pid=pid, memory=memory) for pid, memory in told.items()]
    assert card.processes == wanted


def lost(*_: Any) -> Any:
    raise NvmlError("GPU is lost")


SEVERAL = (
    {
        "nvmlDeviceGetName": "Small",
        "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=1_000, used=960),
        "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=10, memory=0),
        "nvmlDeviceGetPowerUsage": 20_000,
        "nvmlDeviceGetComputeRunningProcesses_v3": [process(7, 500)],
    },
    {
        "nvmlDeviceGetName": "Without an encoder",
        "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=80_000, used=8_000),
        "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=90, memory=0),
        "nvmlDeviceGetEncoderUtilization": unsupported,
        "nvmlDeviceGetPowerUsage": 300_000,
        "nvmlDeviceGetTemperature": 70,
        "nvmlDeviceGetGraphicsRunningProcesses_v3": [process(9, 100)],
    },
    {
        "nvmlDeviceGetName": "Old",
        "nvmlDeviceGetUtilizationRates": unsupported,
        "nvmlDeviceGetMemoryInfo": unsupported,
        "nvmlDeviceGetPowerUsage": unsupported,
    },
)


def test_of_several_cards_each_is_told_and_the_worst_of_all() -> None:
    found = CardMeter(cards(*SEVERAL)).look(1.0, {7, 9})
    assert [(card.index, card.name) for card in found] == [(0, "Small"), (1, "Without an encoder"), (2, "Old")]
    assert [[each.pid for each in card.processes or ()] for card in found] == [[7], [9], []]
    values = {name: value for name, value in readings_of(sample(gpus=found)).values.items() if name.startswith("gpu")}
    # The card whose memory is nearly full is not the one that is busiest, and not the one that uses most.
    assert (values["gpu.memory"], values["gpu.utilization"], values["gpu.temperature"]) == (0.96, 0.9, 70.0)
    assert values["gpu.power"] == 320.0
    assert (values["gpu0.memory"], values["gpu1.memory"], values["gpu1.utilization"]) == (0.96, 0.1, 0.9)
    assert not {"gpu2.memory", "gpu2.utilization", "gpu2.power", "gpu1.encoder"} & set(values)
    assert values["gpu2.temperature"] == 41.0


def test_prometheus_is_given_of_each_card_what_it_measures() -> None:
    silent = {**SEVERAL[2], "nvmlDeviceGetGraphicsRunningProcesses_v3": unsupported}
    unnamed = {"nvmlDeviceGetComputeRunningProcesses_v3": [process(7, None), process(9, 10)]}
    library = cards(*SEVERAL[:2], {**silent, "nvmlDeviceGetComputeRunningProcesses_v3": unsupported}, unnamed)
    look = sample(gpus=CardMeter(library).look(1.0, {7, 9}))
    found: dict[str, dict[str, float]] = {}
    for (name, labels), value in read("text", page("text", look, sources(Meter()))).items():
        if name.startswith("gpu_"):
            found.setdefault(name, {})[dict(labels)["gpu"]] = value
    assert found == {
        "gpu_utilization_ratio": {"0": 0.1, "1": 0.9, "3": 0.25},
        "gpu_memory_used_bytes": {"0": 960, "1": 8_000, "3": 2**30},
        "gpu_memory_total_bytes": {"0": 1_000, "1": 80_000, "3": 2**33},
        "gpu_encoder_ratio": {"0": 0.5, "2": 0.5, "3": 0.5},
        "gpu_decoder_ratio": {"0": 0.0, "1": 0.0, "2": 0.0, "3": 0.0},
        "gpu_temperature_celsius": {"0": 41, "1": 70, "2": 41, "3": 41},
        "gpu_power_watts": {"0": 20, "1": 300, "3": 71.5},
        "gpu_processes": {"0": 1, "1": 1, "3": 2},
        "gpu_process_memory_bytes": {"0": 500, "1": 100},
    }


@pytest.mark.parametrize("name", ["nvmlDeviceGetName", "nvmlDeviceGetHandleByIndex"])
def test_a_card_that_is_lost_takes_no_other_with_it(name: str) -> None:
    found = measure_gpus(cards(SEVERAL[0], {name: lost}, SEVERAL[2]))
    assert [(card.index, card.name) for card in found] == [(0, "Small"), (2, "Old")]
    with pytest.raises(DependencyMissing, match="GPU is lost"):
        measure_gpus(cards({name: lost}, {name: lost}))


async def test_no_driver_is_an_empty_list_that_says_why() -> None:
    proofs: Any = None

    def service(library: Any) -> GpuService:
        return GpuService(proofs, lambda: {7}, library)

    none = await service(nvml(nvmlInit=unsupported)).cards()
    assert (none.gpus, none.detail) == ([], "Not Supported")
    empty = await service(nvml(nvmlDeviceGetCount=lambda: 0)).cards()
    assert (empty.gpus, empty.detail) == ([], "the driver tells of no card")
    found = await service(nvml()).cards()
    assert (found.gpus, found.detail) == ([CARD], None)
    (busy,) = (await service(running([process(7, 5), process(8, 5)], None)).cards()).gpus
    assert busy.processes == [GpuProcess(pid=7, memory=5)]
    await trio.lowlevel.checkpoint()


def test_a_driver_that_fails_is_a_typed_error_and_is_closed() -> None:
    closed: list[bool] = []
    broken = nvml(nvmlDeviceGetName=unsupported, nvmlShutdown=lambda: closed.append(True))
    with pytest.raises(DependencyMissing, match="Not Supported"):
        measure_gpus(broken)
    assert closed == [True]
