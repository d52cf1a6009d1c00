"""Draws contact sheets of the catalogue."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import trio

from sidecar.ffmpeg.executor import execute
from sidecar.services.files import write_atomic

if TYPE_CHECKING:
    from sidecar.ffmpeg.builder.command import Command
    from sidecar.services.container import Services


async def draw_transitions(services: Services, target: Path) -> None:
    """Write a PNG of every transition. Raises OutputUnwritable, DiskFull, FfmpegNotFound or FfmpegFailed."""
    from sidecar.effects import catalogue  # noqa: PLC0415 - start-up time
    from sidecar.effects.transition_sheet import transition_sheet  # noqa: PLC0415 - start-up time
    from sidecar.ffmpeg.builder.text import bundled_fonts  # noqa: PLC0415 - start-up time

    await draw(services, transition_sheet(catalogue(), bundled_fonts()), target)


async def draw_effects(services: Services, target: Path) -> None:
    """Write a PNG of every effect of the picture, before and after. Raises what `draw_transitions` raises."""
    from sidecar.effects import catalogue  # noqa: PLC0415 - start-up time
    from sidecar.effects.effect_sheet import effect_sheet, questions  # noqa: PLC0415 - start-up time
    from sidecar.ffmpeg.builder.text import bundled_fonts  # noqa: PLC0415 - start-up time
    from sidecar.services.render.analyses import answer  # noqa: PLC0415 - start-up time
    from sidecar.services.render.produce import Bench  # noqa: PLC0415 - start-up time

    kinds = catalogue()
    tools, answers = services.tools.require(), {}
    for asked in questions(kinds):
        with TemporaryDirectory(dir=services.folders.temp) as work:
            bench = Bench(services.supervisor, tools, Path(work), "sheet")
            answers[asked.name] = await answer(asked.analysis, asked.command, asked.size, bench, asked.name)
    await draw(services, effect_sheet(kinds, bundled_fonts(), answers), target)


async def draw(services: Services, command: Command, target: Path) -> None:
    """Run a command that writes a picture to stdout, and publish the picture, in place of what is there."""
    with TemporaryDirectory(dir=services.folders.temp) as work:
        done = await execute(
            command,
            toolchain=services.tools.require(),
            supervisor=services.supervisor,
            work=Path(work),
            role="sheet",
            capture_stdout=True,
        )
    await trio.to_thread.run_sync(write_atomic, target, done.stdout)
