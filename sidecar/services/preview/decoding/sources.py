"""The open sources of a worker: their decoders and the frames that are held, shared by all feeds."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from protocol.errors import MediaUnreadable
from sidecar.services.preview.decoding.fifo import Stop, Stopped
from sidecar.services.preview.decoding.head import Head
from sidecar.services.preview.decoding.messages import Origin, Work
from sidecar.services.preview.decoding.planes import held_bytes
from sidecar.services.preview.decoding.reducing import Reducer
from sidecar.services.preview.decoding.seats import Hand, Instead, Seat, Source, choose, shared, spared
from sidecar.services.preview.decoding.shelf import Shelf, Shown

TRAIL = 4
"""Of the pictures on the way to one, the last are held: up to this part of all that may be."""

BACKWARD_TRAIL = 2
"""The same where the way led backward: each further step would cost a group of pictures."""

LOOK_AGAIN = 1.0
"""Seconds after which a thread that waits for a decoder looks by itself."""


class Sources:
    """Gives pictures to threads. One lock guards all but the insides of decoders at work."""

    def __init__(self, threads: int, limit: int, decoder_bytes: int) -> None:
        self._threads = threads
        self._decoder_bytes = decoder_bytes
        self._turn = threading.Condition()
        self._shelf = Shelf(limit)
        self._sources: dict[Origin, Source] = {}
        self._clock = 0
        self._decoded = self._seeks = self._hits = self._written = 0

    def begin(
        self,
        origin: Origin,
        stop: Stop,
        *,
        picture_bytes: int = 0,
        reducer: Reducer | None = None,
    ) -> Hand:
        """Begin a feed of a source as the file is now; what is held of an older state goes. Ended by `leave`.

        A `reducer` makes its pictures smaller; they are held so, too.
        """
        state = _state(origin.path)
        with self._turn:
            source = self._sources.get(origin)
            if source is None or source.state != state:
                if source is not None:
                    self._drop(source)
                source = self._sources[origin] = Source(origin, state, picture_bytes)
            if reducer is not None:
                source.reductions.add(reducer.key)
            return Hand(source, stop, reducer)

    def leave(self, hand: Hand) -> None:
        """End a feed: its decoder serves others."""
        with self._turn:
            seat, hand.seat = hand.seat, None
            if seat is not None:
                seat.hands.discard(hand)
                if hand.source.gone and not seat.hands:
                    self._close(seat)
            self._turn.notify_all()

    def picture(self, hand: Hand, tick: int) -> Shown:
        """Return what a tick shows, from memory or decoded.

        Raises Stopped, the errors of opening, and MediaUnreadable where nothing can be decoded.
        """
        try:
            return self._picture(hand, tick)
        except MemoryError:
            self._make_room()
        try:
            return self._picture(hand, tick)
        except MemoryError as error:
            path = os.fsdecode(hand.source.origin.path)
            raise MediaUnreadable(path=path, detail="it needs more memory than a decoder is given") from error

    def wake(self) -> None:
        """Have threads that wait look whether they are to stop."""
        with self._turn:
            self._turn.notify_all()

    def forget(self, path: bytes) -> None:
        """Let go of all streams of a file."""
        with self._turn:
            for origin in [origin for origin in self._sources if origin.path == path]:
                self._drop(self._sources.pop(origin))

    def allow(self, limit: int, decoder_bytes: int) -> None:
        """Hold at most so many bytes of pictures, and have decoders that take so many, about; those at work stay."""
        with self._turn:
            self._shelf.limit = limit
            self._decoder_bytes = decoder_bytes

    def count_written(self) -> None:
        """Count a frame that went to a reader."""
        with self._turn:
            self._written += 1

    def work(self) -> Work:
        """Say what has been done and is held."""
        with self._turn:
            return Work(
                self._decoded, self._written, self._hits, self._seeks, self._shelf.bytes, sum(1 for _ in self._seats())
            )

    def _picture(self, hand: Hand, tick: int) -> Shown:
        reducer = hand.reducer
        if reducer is None:
            return self._stored(hand, tick)
        key = hand.source, reducer.key
        with self._turn:
            held = self._shelf.find(key, tick)
            if held is not None:
                self._hits += 1
                return held
        shown = self._stored(hand, tick)
        frame = reducer.reduced(shown.frame)
        made = replace(shown, frame=frame, bytes=held_bytes(frame))
        with self._turn:
            if not hand.source.gone:
                self._shelf.put(key, made)
        return made

    def _stored(self, hand: Hand, tick: int) -> Shown:
        """Return what a tick shows as its decoder gives it."""
        found = self._found(hand, tick)
        return found if isinstance(found, Shown) else self._decode(found, hand, tick)

    def _found(self, hand: Hand, tick: int) -> Shown | Seat:
        """Wait until a picture is held, or a decoder can look for it."""
        with self._turn:
            while True:
                hand.stop.check()
                shown = self._shelf.find(hand.source, tick)
                if shown is not None:
                    self._hits += 1
                    return shown
                seat = choose(hand, tick)
                if seat is Instead.ADD:
                    seat = self._added(hand)
                if isinstance(seat, Seat):
                    self._take(seat, hand, tick)
                    return seat
                self._turn.wait(LOOK_AGAIN)

    def _added(self, hand: Hand) -> Seat | Instead:
        """Add a decoder, if need be in the place of others."""
        source, seats = hand.source, list(self._seats())
        while seats and sum(seat.source.weight for seat in seats) + source.weight > self._decoder_bytes:
            goes = spared(seats, source)
            if goes is None:
                return shared(hand)
            seats.remove(goes)
            self._close(goes)
        seat = Seat(Head(source.origin, self._threads), source)
        source.seats.append(seat)
        return seat

    def _take(self, seat: Seat, hand: Hand, tick: int) -> None:
        if hand.seat is not None:
            hand.seat.hands.discard(hand)
        hand.seat = seat
        seat.hands.add(hand)
        self._clock += 1
        seat.busy, seat.goal, seat.used = True, tick, self._clock

    def _decode(self, seat: Seat, hand: Hand, tick: int) -> Shown:
        """Find a picture by a decoder that was taken for it; what lay on the way is held, too."""
        head, source = seat.head, hand.source
        decoded, seeks = head.decoded, head.seeks
        part = BACKWARD_TRAIL if source.last is not None and tick < source.last else TRAIL
        try:
            shown, passed = head.go(tick, hand.stop, self._shelf.limit // part)
        except BaseException as error:
            with self._turn:
                if not isinstance(error, Stopped):
                    self._close(seat)
                self._done(seat, decoded, seeks)
            raise
        with self._turn:
            source.last = tick
            source.picture_bytes = max(source.picture_bytes, shown.bytes)
            if not source.gone:
                for each in (*passed, shown):
                    self._shelf.put(source, each)
            self._done(seat, decoded, seeks)
        return shown

    def _done(self, seat: Seat, decoded: int, seeks: int) -> None:
        seat.busy = False
        self._decoded += seat.head.decoded - decoded
        self._seeks += seat.head.seeks - seeks
        self._turn.notify_all()

    def _make_room(self) -> None:
        """Let go of all that can be decoded again."""
        with self._turn:
            self._shelf.clear()
            for seat in [seat for seat in self._seats() if not seat.busy and not seat.hands]:
                self._close(seat)

    def _seats(self) -> Iterator[Seat]:
        for source in self._sources.values():
            yield from source.seats

    def _drop(self, source: Source) -> None:
        """Let go of a source; feeds at work keep their decoders until they end."""
        source.gone = True
        for held in (source, *((source, key) for key in source.reductions)):
            self._shelf.drop(held)
        for seat in [seat for seat in source.seats if not seat.hands]:
            self._close(seat)

    def _close(self, seat: Seat) -> None:
        if seat in seat.source.seats:
            seat.source.seats.remove(seat)
        for hand in seat.hands:
            hand.seat = None
        seat.hands.clear()
        seat.head.close()


def _state(path: bytes) -> tuple[int, ...]:
    """Return what changes when a file does; of one that is not there nothing."""
    try:
        found = Path(os.fsdecode(path)).stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
