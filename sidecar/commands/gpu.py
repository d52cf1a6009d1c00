"""gpu.list, gpu.encoders and gpu.benchmark."""

from __future__ import annotations

import msgspec

from protocol.commands import Empty
from protocol.commands.gpu import Benchmark, BenchmarkParams, EncoderList, EncodersQuery, GpuList
from protocol.progress import Progress
from sidecar.commands.call import Call
from sidecar.commands.registry import command


@command("gpu.list")
async def list_gpus(_params: Empty, call: Call) -> GpuList:
    """The cards, and what they do now."""
    return await call.services.gpu.cards()


@command("gpu.encoders")
async def encoders(params: EncodersQuery, call: Call) -> EncoderList:
    """Try everything once."""
    return await call.services.gpu.encoders(refresh=params.refresh)


@command("gpu.benchmark")
async def benchmark(params: BenchmarkParams, call: Call) -> Benchmark:
    """Measure what works."""

    async def tell(value: Progress) -> None:
        await call.progress(msgspec.to_builtins(value))

    return await call.services.gpu.benchmark(params, tell)
