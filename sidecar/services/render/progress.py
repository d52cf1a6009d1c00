"""Progress of a render: from what FFmpeg reports to what a client is shown. Pure: the clock is an argument."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from protocol.commands.render import CurrentSegment, RenderProgress, SegmentCounts, Stage, State
from sidecar.ffmpeg.progress import FfmpegProgress

WINDOW_SECONDS = 2.0
"""`fps` is measured over this much."""

SHARE_OF_ENCODING = 0.98
"""The fraction that stands at the end of encoding; verifying and publishing take the rest."""

ETA_AFTER_SECONDS = 1.0
ETA_AFTER_FRACTION = 0.01
"""Below either no remaining time is named: it could only be guessed."""


@dataclass(slots=True)
class ProgressMeter:
    """Follows one attempt of one job. Times are seconds of a monotonic clock."""

    job_id: str
    frames: int
    seconds: float
    encoder: str
    started: float
    has_picture: bool
    _state: State = "preparing"
    _stage: Stage = "analysing"
    _fraction: float = 0.0
    _frame: int = 0
    _bytes: int = 0
    _out_time: float = 0.0
    _recent: deque[tuple[float, float]] = field(default_factory=deque)

    def encoding(self, report: FfmpegProgress, now: float) -> RenderProgress:
        """Take a report of FFmpeg. The fraction never falls, whatever FFmpeg says."""
        self._state, self._stage = "running", "picture" if self.has_picture else "sound"
        if report.out_time is not None:
            self._out_time = max(self._out_time, float(report.out_time))
        if self.has_picture:
            self._frame = max(self._frame, min(report.frame or 0, self.frames))
            done = self._frame / self.frames
        else:
            done = min(1.0, self._out_time / self.seconds)
            self._frame = max(self._frame, int(done * self.frames))
        self._bytes = max(self._bytes, report.total_size or 0)
        self._fraction = max(self._fraction, SHARE_OF_ENCODING * done)
        self._recent.append((now, done))
        while self._recent[-1][0] - self._recent[0][0] > WINDOW_SECONDS and len(self._recent) > 2:
            self._recent.popleft()
        return self.show(now)

    def enter(self, state: State, stage: Stage, fraction: float, now: float) -> RenderProgress:
        """Move to another stage."""
        self._state, self._stage = state, stage
        self._fraction = max(self._fraction, fraction)
        if stage != "analysing":
            self._frame = self.frames if fraction >= SHARE_OF_ENCODING else self._frame
        return self.show(now)

    def ended(self, state: State, now: float) -> RenderProgress:
        """Show the last state; the fraction of a job that did not complete stays where it was."""
        self._state = state
        if state == "completed":
            self._fraction, self._stage, self._frame = 1.0, "publishing", self.frames
        return self.show(now)

    def show(self, now: float) -> RenderProgress:
        elapsed = max(0.0, now - self.started)
        rate = self._rate()
        running = self._state == "running" and self._stage in ("picture", "sound")
        ended = self._state in ("completed", "failed", "cancelled")
        encoded = self._fraction >= SHARE_OF_ENCODING
        current = CurrentSegment(
            index=0,
            from_=0,
            to=self.frames,
            fraction=min(1.0, self._fraction / SHARE_OF_ENCODING),
            encoder=self.encoder,
        )
        return RenderProgress(
            job_id=self.job_id,
            state=self._state,
            stage=self._stage,
            fraction=self._fraction,
            frame=self._frame,
            frames=self.frames,
            frames_cached=0,
            frames_copied=0,
            frames_encoded=self._frame,
            fps=rate * self.frames if running and rate is not None and self.has_picture else None,
            speed=rate * self.seconds if running and rate is not None else None,
            bitrate=self._bytes * 8 / self._out_time if self._out_time > 0 and self._bytes else None,
            bytes=self._bytes,
            bytes_predicted=self._predicted(),
            elapsed=elapsed,
            eta=None if ended else self._eta(elapsed, rate),
            segments=SegmentCounts(
                total=1,
                cached=0,
                copied=0,
                encoded=int(encoded),
                running=int(running and not encoded),
                failed=int(self._state == "failed"),
            ),
            current=[current] if running and not encoded else [],
            retries=0,
            fallback=None,
        )

    def _rate(self) -> float | None:
        """Share of the whole done a second, over the last two seconds."""
        if len(self._recent) < 2:
            return None
        (first, before), (last, after) = self._recent[0], self._recent[-1]
        return (after - before) / (last - first) if last > first else None

    def _eta(self, elapsed: float, rate: float | None) -> float | None:
        """Seconds left: the mean of what the whole run and what the last two seconds promise."""
        done = self._fraction / SHARE_OF_ENCODING
        if done >= 1:
            return 0.0
        if rate is None or rate <= 0 or elapsed < ETA_AFTER_SECONDS or done < ETA_AFTER_FRACTION:
            return None
        overall = elapsed * (1 - done) / done
        return (overall + (1 - done) / rate) / 2

    def _predicted(self) -> int | None:
        done = self._fraction / SHARE_OF_ENCODING
        return int(self._bytes / done) if done >= ETA_AFTER_FRACTION and self._bytes else None
