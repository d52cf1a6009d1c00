"""`sidecar gpu`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from protocol.commands.gpu import Benchmark, DecoderTest, EncoderList, EncoderTest, Gpu, GpuList
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.output import Output
from sidecar.cli.words import size


def gpu(*, benchmark: bool = False, as_json: Annotated[bool, Parameter(name="--json")] = False) -> int:
    """List the graphics cards, and what a test of each encoder and decoder in hardware came to.

    Parameters
    ----------
    benchmark
        Also measure the encoders that work, in hardware and in software. Takes up to a minute.
    as_json
        Print JSON.
    """

    async def work(engine: Engine) -> int:
        cards: GpuList = await engine.request("gpu.list")
        tests: EncoderList = await engine.request("gpu.encoders")
        measured: Benchmark | None = None
        _show_cards(output, cards)
        output.line("")
        output.table(("family", "encoders", "state", "why"), encoder_rows(tests.encoders))
        output.line("")
        output.table(("decoding", "codecs", "state", "why"), decoder_rows(tests.decoders))
        output.line("")
        output.line(chosen(tests))
        if benchmark:
            output.line("")
            measured = await engine.request("gpu.benchmark")
            output.line(f"{measured.frames} frames of {measured.width}x{measured.height}:")
            output.table(("encoder", "frames a second", "of software"), benchmark_rows(measured))
        output.result({"list": cards, "encoders": tests, "benchmark": measured})
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


def _show_cards(output: Output, cards: GpuList) -> None:
    if not cards.gpus:
        output.line(f"No graphics card: {cards.detail}")
        return
    output.table(("card", "driver", "memory", "busy", "encoder", "decoder", "°C", "W"), map(card_row, cards.gpus))


def card_row(card: Gpu) -> tuple[str, ...]:
    """A card as a row; what is not measured is a dash."""
    used, total = (None if value is None else size(value) for value in (card.memory_used, card.memory_total))
    return (
        card.name,
        card.driver,
        f"{used or '-'} of {total or '-'}",
        *(_figure(value, "{:.0%}") for value in (card.utilization, card.encoder, card.decoder)),
        _figure(card.temperature, "{:.0f}"),
        _figure(card.power, "{:.0f}"),
    )


STATES = {"works": "ok", "failed": "no", "absent": "absent"}
"""What does not work is a normal case, and not coloured as a failure."""


def encoder_rows(tests: list[EncoderTest]) -> list[tuple[str, ...]]:
    """Tests of encoders as rows: those of a family with one result stand together."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for test in tests:
        groups.setdefault((test.family, STATES[test.outcome], test.reason or ""), []).append(test.encoder)
    return [(family, " ".join(names), state, reason) for (family, state, reason), names in groups.items()]


def decoder_rows(tests: list[DecoderTest]) -> list[tuple[str, ...]]:
    """Tests of decoding as rows: codecs with one result stand together."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for test in tests:
        groups.setdefault((test.method, STATES[test.outcome], test.reason or ""), []).append(test.codec)
    return [(method, " ".join(codecs), state, reason) for (method, state, reason), codecs in groups.items()]


def chosen(tests: EncoderList) -> str:
    """Say what "auto" takes."""
    taken = [f"{family} for {codec}" for codec, family in tests.automatic.items() if family is not None]
    return f'hardware "auto" takes {", ".join(taken)}' if taken else 'hardware "auto" takes the software encoders'


def benchmark_rows(measured: Benchmark) -> list[tuple[str, str, str]]:
    """Figures as rows; why there is none stands in its place."""
    return [
        (
            row.encoder,
            row.reason or _figure(row.frames_per_second, "{:.1f}"),
            _figure(row.relative, "{:.2f}x"),
        )
        for row in measured.results
    ]


def _figure(value: float | None, layout: str) -> str:
    return "-" if value is None else layout.format(value)
