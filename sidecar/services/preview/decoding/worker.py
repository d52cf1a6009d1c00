"""A worker: `python -m sidecar.services.preview.decoding.worker`. Takes orders, each in a thread; ends when its stdin does.

It runs demuxers and decoders, so it is expected to crash or hang on some file; then it is ended and replaced.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import BinaryIO

import av.logging

from protocol.errors import Internal, MediaUnreadable, SidecarError
from sidecar.services.media.confine import confine
from sidecar.services.media.messages import HEADER_BYTES, MAX_MESSAGE, Failure, failure_of
from sidecar.services.preview.decoding.fifo import Fifo, Stop, Stopped, open_fifo
from sidecar.services.preview.decoding.messages import (
    Allow,
    Began,
    Cancel,
    Ended,
    Forget,
    Order,
    Report,
    Write,
    decode_order,
    encode,
)
from sidecar.services.preview.decoding.planes import expect, pieces
from sidecar.services.preview.decoding.reducing import Reducer
from sidecar.services.preview.decoding.seats import Hand
from sidecar.services.preview.decoding.shelf import Shown
from sidecar.services.preview.decoding.sources import Sources

HELD_BYTES = 64 << 20
DECODER_BYTES = 256 << 20
"""What may be held, and what decoders may take, before the sidecar has said how much."""

PIXEL_BYTES = 2
"""Of a picture that has not been seen yet, about."""

MOST_THREADS = 4
"""Threads of a decoder: more only decode further ahead than anybody asks for."""

STACK_BYTES = 1 << 20


class Worker:
    """Does orders and reports."""

    def __init__(self, sources: Sources, report: Callable[[Report], None]) -> None:
        self._sources = sources
        self._report = report
        self._stops: dict[int, Stop] = {}
        self._lock = threading.Lock()

    def take(self, order: Order) -> None:
        """Do an order; what takes long is begun."""
        match order:
            case Write():
                self._begin(order)
            case Cancel():
                self._stop(order.id)
            case Forget():
                self._sources.forget(order.path)
            case Allow():
                self._sources.allow(order.held, order.decoders)

    def _stop(self, number: int) -> None:
        """Tell an order to end."""
        with self._lock:
            stop = self._stops.get(number)
            if stop is not None:
                stop.tell()
        self._sources.wake()

    def _begin(self, order: Write) -> None:
        try:
            stop = Stop()
            with self._lock:
                self._stops[order.id] = stop
            threading.Thread(target=self._work, args=(order, stop), daemon=True).start()
        except (OSError, RuntimeError) as error:
            self._end(order, _failure(Internal(message=f"a decoder cannot begin: {error}")))

    def _work(self, order: Write, stop: Stop) -> None:
        failure: Failure | None = None
        try:
            self._do(order, stop)
        except Stopped:
            pass
        except SidecarError as error:
            failure = _failure(error)
        except MemoryError:
            path = os.fsdecode(order.origin.path)
            failure = _failure(MediaUnreadable(path=path, detail="it needs more memory than a decoder is given"))
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits has to be told
            failure = _failure(Internal(message=f"{type(error).__name__}: {error}"))
        self._end(order, failure)

    def _end(self, order: Write, failure: Failure | None) -> None:
        with self._lock:
            stop = self._stops.pop(order.id, None)
            if stop is not None:
                stop.close()
        self._report(Ended(order.id, self._sources.work(), failure))

    def _do(self, order: Write, stop: Stop) -> None:
        form = order.format
        hand = self._sources.begin(
            order.origin,
            stop,
            picture_bytes=form.width * form.height * PIXEL_BYTES,
            reducer=_reducer(order),
        )
        try:
            self._write(order, hand)
        finally:
            self._sources.leave(hand)

    def _write(self, order: Write, hand: Hand) -> None:
        shown: Shown | None = None
        fifo: Fifo | None = None
        parts: list[memoryview] = []
        try:
            for tick in order.ticks:
                if shown is None or not shown.covers(tick):
                    shown = self._sources.picture(hand, tick)
                    parts = _parts(order, shown)
                if fifo is None:
                    # Decoding has begun while FFmpeg still started.
                    fifo = open_fifo(order.fifo, hand.stop, sum(map(len, parts)))
                    if fifo is None:
                        return
                    self._report(Began(order.id))
                if not fifo.write(parts):
                    return
                self._sources.count_written()
        finally:
            if fifo is not None:
                fifo.close()


def _reducer(order: Write) -> Reducer | None:
    if order.reduction is None:
        return None
    return Reducer(order.reduction, order.format, order.origin.path)


def _parts(order: Write, shown: Shown) -> list[memoryview]:
    wanted = order.format if order.reduction is None else order.reduction.format
    expect(shown.frame, wanted, order.origin.path)
    return pieces(shown.frame)


def _failure(error: SidecarError) -> Failure:
    failure = failure_of(error).failure
    if failure is None:
        raise AssertionError("an error makes a failure")
    return failure


def serve(incoming: BinaryIO, worker: Worker) -> None:
    """Take every order of a stream."""
    while len(header := incoming.read(HEADER_BYTES)) == HEADER_BYTES:
        size = int.from_bytes(header, "big")
        if size > MAX_MESSAGE:
            return
        worker.take(decode_order(incoming.read(size)))


def main() -> None:
    """Serve orders until stdin ends."""
    confine()
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb", buffering=0)
    # Whatever a library prints must not get between our messages.
    os.dup2(2, 1)
    # Messages that go by Python stop the threads of a decoder for good.
    av.logging.set_level(None)
    threading.stack_size(STACK_BYTES)
    speaking = threading.Lock()

    def report(message: Report) -> None:
        data = memoryview(encode(message))
        with speaking:
            while data:
                data = data[outgoing.write(data) :]

    threads = min(MOST_THREADS, (os.cpu_count() or 1) + 1)
    serve(incoming, Worker(Sources(threads, HELD_BYTES, DECODER_BYTES), report))
    # Threads may be deep in a decoder, where nothing tells them to end.
    os._exit(0)


if __name__ == "__main__":
    main()
