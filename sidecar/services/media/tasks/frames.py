"""Decodes and draws frames."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import av.logging

from sidecar.services.media.filmstrip.draw import Drawer
from sidecar.services.media.filmstrip.encode import Encoder, laid_over
from sidecar.services.media.filmstrip.look import Look, Run, TakeFrames, Taken, Wanted
from sidecar.services.media.filmstrip.passage import Shot, take_run
from sidecar.services.media.filmstrip.reel import Reel
from sidecar.services.media.messages import Answer, Item, Send, pack

TASK = TakeFrames


class Maker:
    """Draws and encodes."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._draw = Drawer(look)
        self._encoder = Encoder(look.format, look.quality, (look.width, look.height), alpha=look.alpha)

    def __call__(self, shot: Shot) -> bytes:
        picture = self._draw(shot)
        if self._look.alpha and self._look.format == "jpeg":
            picture = laid_over(picture, self._look.background)
        return self._encoder.encode(picture)


def run(task: TakeFrames, send: Send) -> Answer:
    """Send every wanted frame as it comes, those that cannot be decoded at the end of their run."""
    # Messages that go by Python stop the threads of a decoder for good.
    av.logging.set_level(None)
    path = Path(os.fsdecode(task.path))
    # Keyframes are decoded one by one, where more threads only wait for each other.
    alone = all([each.pts for each in run.wanted] == [run.key] for run in task.runs)
    make = Maker(task.look)
    with ExitStack() as opened:

        @cache
        def reel(threads: int) -> Reel:
            return opened.enter_context(Reel(path, task.stream, threads=threads, decoder=task.decoder))

        for each in task.runs:
            left = _taken(reel(1 if alone else 0), each, task, make, send)
            if left and not alone:
                # Threads do not tell which packet was bad.
                left = _taken(reel(1), Run(each.key, left), task, make, send)
            for wanted in left:
                send(Item(pack(Taken(wanted.place, None))))
    return Answer()


def _taken(reel: Reel, run: Run, task: TakeFrames, make: Maker, send: Send) -> tuple[Wanted, ...]:
    """Send what is good of a run; returns the rest."""
    images: dict[int, bytes] = {}

    def use(wanted: Wanted, shot: Shot) -> None:
        images[wanted.place] = make(shot)

    interlaced = task.look.field is not None
    neighbours = interlaced and not task.look.alone
    sent: set[int] = set()
    for wanted in take_run(reel, run, task.near, interlaced=interlaced, neighbours=neighbours, use=use):
        send(Item(pack(Taken(wanted.place, images.pop(wanted.place)))))
        sent.add(wanted.place)
    return tuple(wanted for wanted in run.wanted if wanted.place not in sent)
