"""When the sound of a job is encoded beside its cells."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing

from protocol.commands.render import RenderProgress
from sidecar.services.render.cell_meter import CellMeter
from sidecar.services.render.cell_run import CellRun
from sidecar.services.render.progress import ProgressMeter
from sidecar.services.render.slots import Slots
from sidecar.services.render.turn import Turn
from tests.harness.patience import PATIENCE


async def come(turn: Turn, seconds: float) -> trio.Event:
    """Let something wait for a turn; return what is set once it has come."""
    done = trio.Event()

    async def wait() -> None:
        await turn.wait(seconds)
        done.set()

    trio.lowlevel.spawn_system_task(wait)
    await trio.testing.wait_all_tasks_blocked()
    return done


async def test_it_waits_until_as_little_is_left_of_the_cells() -> None:
    turn = Turn()
    turn.lay_out()
    done = await come(turn, 10.0)
    turn.look(100.0, 2, idle=False)
    await trio.testing.wait_all_tasks_blocked()
    assert not done.is_set()
    turn.look(29.0, 2, idle=False)
    await done.wait()


async def test_a_worker_with_nothing_to_do_is_soon_enough() -> None:
    turn = Turn()
    turn.lay_out()
    done = await come(turn, 1.0)
    turn.look(100.0, 2, idle=True)
    await done.wait()


async def test_where_nothing_is_made_it_is_at_once() -> None:
    turn = Turn()
    turn.come()
    await turn.wait(1.0)


async def test_before_cells_are_laid_out_nothing_is_known_and_nobody_waits_long(
    autojump_clock: trio.testing.MockClock,
) -> None:
    turn = Turn()
    turn.look(0.0, 2, idle=True)
    began = trio.current_time()
    await turn.wait(1.0)
    assert trio.current_time() - began == pytest.approx(0.5)


async def test_while_a_job_is_paused_no_turn_comes() -> None:
    """Others have its places then: that it could have more of them says nothing of how much it has left."""
    nothing: Any = None
    shown: Any = SimpleNamespace(meter=SimpleNamespace(seconds_running=100.0))
    slots, members = Slots(2), dict.fromkeys(("planned", "stages", "bench", "folder", "store", "control"), nothing)
    run = CellRun(**members, slots=slots, shown=shown, tell=nothing, fingerprint=nothing, foresee=nothing, held=nothing)
    slots.join()
    slots.join()
    run._running = 1
    run.sound.lay_out()
    done = await come(run.sound, 1.0)
    run._freeze(True)
    assert slots.share == 2
    run._look_beside()
    run._freeze(False)
    run._look_beside()
    await trio.testing.wait_all_tasks_blocked()
    assert not done.is_set()
    slots.leave()
    run._look_beside()
    with trio.fail_after(PATIENCE):
        await done.wait()


def test_a_sound_that_waits_keeps_nobody_waiting() -> None:
    def eta(progress: RenderProgress) -> float:
        assert progress.eta is not None
        return progress.eta

    meter = CellMeter([(0, 100)])
    meter.settle(0, "cached", 1000)
    shown = ProgressMeter("job", meter, 4.0, "libx264", 0.0, has_picture=True)
    shown.mixed(0.0, 0.0)
    assert eta(shown.mixed(0.25, 5.0)) == pytest.approx(15.0, abs=0.2)
    shown.sound_waits()
    assert eta(shown.pictured(20.0)) < 1.0
    shown.mixed(0.5, 100.0)
    assert eta(shown.mixed(0.75, 110.0)) == pytest.approx(10.0, abs=0.2)
