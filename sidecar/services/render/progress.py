"""Progress of a render, as a client is shown it. Pure: the clock is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.commands.render import CurrentSegment, Fallback, RenderProgress, Stage, State
from sidecar.ffmpeg.progress import FfmpegProgress
from sidecar.services.render.cell_meter import CellMeter

SHARE_OF_ENCODING = 0.95
"""The fraction that stands at the end of encoding; joining, verifying and publishing take the rest."""

SHARES: Mapping[Stage, float] = {"joining": SHARE_OF_ENCODING, "verifying": 0.98, "publishing": 0.99}
"""The fractions that stand when the last stages begin."""

ETA_AFTER_SECONDS = 0.5
ETA_AFTER_FRACTION = 0.01
"""Below either no remaining time is named: it could only be guessed."""

ESTIMATE_EVERY = 0.25
"""Seconds between two estimates; in between the remaining time runs down."""

END_SECONDS = 0.05
END_FRAME_SECONDS = 0.00005
END_BYTE_SECONDS = 4e-9
"""What joining, verifying and publishing take: in any case, a frame, and a byte, which is moved and flushed."""


@dataclass(slots=True)
class ProgressMeter:
    """Follows one attempt of one job. Times are seconds of a monotonic clock, `seconds` the length of the output.

    `meter` follows its cells; a file that is encoded in one piece is one cell. `fallback` says that the attempt stands in
    for one of a hardware encoder. `reached` is the fraction so far, also of an attempt before.
    """

    job_id: str
    meter: CellMeter
    seconds: float
    encoder: str
    started: float
    has_picture: bool
    retries: int = 0
    fallback: Fallback | None = None
    reached: float = 0.0
    _state: State = "preparing"
    _stage: Stage = "analysing"
    _frame: int = 0
    _frames_encoded: int = 0
    _bytes: int = 0
    _out_time: float = 0.0
    _run: int | None = None
    _sound: tuple[float, float, float] | None = None
    _paused: float | None = None
    _stood: float = 0.0
    _eta: tuple[float, float] | None = None
    _predicted: tuple[float, int | None] | None = None

    def clock(self, now: float) -> float:
        """Return the time on a clock that stands while the job is paused."""
        return (now if self._paused is None else self._paused) - self._stood

    def encoding(self, report: FfmpegProgress, now: float) -> RenderProgress:
        """Take a report of the one FFmpeg that writes the whole file."""
        cell = self.meter.cells[0]
        if self._run is None:
            self._run = self.meter.begin([0], self.clock(self.started))
            self._begin_cells()
        if report.out_time is not None:
            self._out_time = max(self._out_time, float(report.out_time))
        done = report.frame or 0
        if not self.has_picture:
            done = int(min(1.0, self._out_time / self.seconds) * cell.frames)
        done, size = max(cell.made, done), max(cell.bytes, report.total_size or 0)
        self.meter.advance(self._run, [(done, done, size)], self.clock(now))
        return self.show(now)

    def pictured(self, now: float) -> RenderProgress:
        """Show that cells have advanced."""
        self._begin_cells()
        return self.show(now)

    def mixed(self, share: float, now: float) -> RenderProgress:
        """Take the share of the sound that is made, beside the picture."""
        self._begin_cells()
        began, first, last = self._sound or (self.clock(now), share, 0.0)
        self._sound = (began, first, max(share, last))
        return self.show(now)

    def sound_waits(self) -> None:
        """Note that the sound goes on later: so long it keeps nobody waiting."""
        self._sound = None

    def enter(self, state: State, stage: Stage, now: float) -> RenderProgress:
        """Move to another stage."""
        self._state, self._stage, self._eta, self._predicted = state, stage, None, None
        self.reached = max(self.reached, SHARES.get(stage, 0.0))
        if stage in SHARES and self._run is not None:
            self.meter.finish(0, self.meter.cells[0].bytes)
            self.meter.end(self._run, self.clock(now))
            self._run = None
        return self.show(now)

    def pause(self, now: float) -> None:
        """Stop the clock."""
        self._paused = now if self._paused is None else self._paused

    def resume(self, now: float) -> None:
        """Let the clock go on."""
        if self._paused is not None:
            self._stood += now - self._paused
            self._paused = None

    def ended(self, state: State, now: float) -> RenderProgress:
        """Show the last state; the fraction of a job that did not complete stays where it was."""
        self._state = state
        if state == "completed":
            self.reached, self._stage = 1.0, "publishing"
        elif self._run is not None:
            self.meter.end(self._run, self.clock(now), failed=state == "failed")
            self._run = None
        return self.show(now)

    def show(self, now: float) -> RenderProgress:
        """Return what is to be told now. Neither the fraction nor the frames that are there ever fall."""
        meter, clock = self.meter, self.clock(now)
        running = self._state == "running" and self._stage in ("picture", "sound")
        if running:
            self.reached = max(self.reached, SHARE_OF_ENCODING * meter.share)
        cached, copied = meter.frames_of("cached"), meter.frames_of("copied")
        self._frames_encoded = max(self._frames_encoded, meter.frames_of("encoded", "running"))
        self._bytes = max(self._bytes, meter.bytes)
        frames = meter.cells[-1].end
        frame = min(frames, cached + copied + self._frames_encoded)
        rate = meter.rate() if running else None
        out_time = self._out_time or self.seconds * frame / frames
        return RenderProgress(
            job_id=self.job_id,
            state=self._state,
            stage=self._stage,
            fraction=self.reached,
            frame=frame,
            frames=frames,
            frames_cached=cached,
            frames_copied=copied,
            frames_encoded=frame - cached - copied,
            fps=rate if self.has_picture else None,
            speed=None if rate is None else rate * self.seconds / frames,
            bitrate=self._bytes * 8 / out_time if out_time > 0 and self._bytes else None,
            bytes=self._bytes,
            bytes_predicted=self._bytes_predicted(clock),
            elapsed=max(0.0, clock - self.started),
            eta=self._remaining(clock),
            segments=meter.counts,
            current=self._current() if running else [],
            retries=self.retries,
            fallback=self.fallback,
        )

    def _begin_cells(self) -> None:
        if self._stage == "analysing":
            self._state, self._stage = "running", "picture" if self.has_picture else "sound"

    def _bytes_predicted(self, clock: float) -> int | None:
        if self._predicted is None or clock - self._predicted[0] >= ESTIMATE_EVERY:
            self._predicted = clock, self.meter.bytes_predicted
        return self._predicted[1]

    def _current(self) -> list[CurrentSegment]:
        return [
            CurrentSegment(index=cell.index, from_=cell.first, to=cell.end, fraction=cell.done, encoder=self.encoder)
            for cell in self.meter.running
        ]

    def _remaining(self, clock: float) -> float | None:
        """Return seconds left; None where they cannot be known, or nothing is left to know of."""
        if self._state != "running":
            return None
        if self._eta is None or clock - self._eta[0] >= ESTIMATE_EVERY:
            left = self._estimate(clock)
            self._eta = None if left is None else (clock, left)
        return None if self._eta is None else max(0.0, self._eta[1] - (clock - self._eta[0]))

    def _estimate(self, clock: float) -> float | None:
        size = self._bytes_predicted(clock) or self._bytes
        end = END_SECONDS + END_FRAME_SECONDS * self.meter.cells[-1].end + END_BYTE_SECONDS * size
        end *= self.meter.slowness
        if self._stage in SHARES:
            return end * (1 - (SHARES[self._stage] - SHARE_OF_ENCODING) / (1 - SHARE_OF_ENCODING))
        if clock - self.started < ETA_AFTER_SECONDS or self.meter.share < ETA_AFTER_FRACTION:
            return None
        left = 0.0 if self.meter.share == 1.0 else self.meter.remaining()
        if left is None:
            return None
        return end + max(left, self._of_sound(clock))

    def _of_sound(self, clock: float) -> float:
        if self._sound is None:
            return 0.0
        began, first, share = self._sound
        return (clock - began) * (1 - share) / (share - first) if share > first else 0.0
