"""Stages of an operation, as whoever works for it notes them."""

from __future__ import annotations

from itertools import count
from time import perf_counter

import trio
import trio.testing

from sidecar.core.spans import MOST, Recorder, Timed, Traced


def ended(recorder: Recorder) -> Traced:
    return recorder.end("a.b", "t1", perf_counter(), None)


async def test_stages_of_a_task_and_of_those_that_it_starts_lie_in_one_another() -> None:
    recorder, gate = Recorder(perf_counter()), trio.Event()

    async def beside() -> None:
        with Timed("ffmpeg", role="render"):
            await gate.wait()

    recorder.begin()
    with Timed("plan"):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(beside)
            with Timed("worker"):
                await trio.lowlevel.checkpoint()
            gate.set()
    with Timed("publish"):
        pass
    traced = ended(recorder)
    around = {span.stage: span.around and span.around.stage for span in traced.spans}
    assert around == {"plan": None, "ffmpeg": "plan", "worker": "plan", "publish": None}
    assert [dict(span.fields) for span in traced.spans if span.stage == "ffmpeg"] == [{"role": "render"}]
    assert {stage: times for stage, (times, _) in traced.totals.items()} == dict.fromkeys(around, 1)
    for span in traced.spans:
        assert span.ended is not None
        outer = span.around or traced
        assert outer.ended is not None
        assert outer.began <= span.began <= span.ended <= outer.ended


async def test_what_is_broken_off_is_noted_and_what_outlives_the_operation_is_not() -> None:
    recorder, left = Recorder(perf_counter()), trio.Event()

    async def outlives() -> None:
        with Timed("worker"):
            await left.wait()
        with Timed("ffmpeg"):
            pass

    async with trio.open_nursery() as nursery:

        async def operation() -> None:
            recorder.begin()
            nursery.start_soon(outlives)
            with trio.move_on_after(0), Timed("plan"):
                await trio.sleep_forever()

        async with trio.open_nursery() as own:
            own.start_soon(operation)
        await trio.testing.wait_all_tasks_blocked()
        traced = ended(recorder)
        left.set()
    assert {span.stage: span.ended is None for span in traced.spans} == {"worker": True, "plan": False}
    assert traced.totals.keys() == {"plan"}


async def test_where_nothing_records_nothing_is_noted() -> None:
    recorder = Recorder(perf_counter())
    with Timed("plan"):
        pass
    assert ended(recorder).spans == []


def test_of_very_many_the_first_are_remembered_and_all_are_summed_up() -> None:
    recorder, clock = Recorder(0.0), count()
    for _ in range(MOST + 100):
        recorder.note("ffmpeg", float(next(clock)), float(next(clock)))
    traced = recorder.end("render", "t1", 1.0, "diskFull")
    assert len(traced.spans) == MOST
    assert traced.totals == {"ffmpeg": (MOST + 100, MOST + 100.0)}
    assert (traced.name, traced.trace_id, traced.kind) == ("render", "t1", "diskFull")
