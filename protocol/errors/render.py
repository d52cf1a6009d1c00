"""Errors of FFmpeg, of renders and of the machine that they run on."""

from __future__ import annotations

from protocol.errors.base import SidecarError


class FfmpegNotFound(
    SidecarError, code=1301, says="No usable FFmpeg: {detail}", advice="`sidecar doctor` says what to do"
):
    """None found, or older than the oldest that is accepted."""

    detail: str
    tried: list[str] = []


class FfmpegFailed(SidecarError, code=1302, says="FFmpeg ended with {exit_code}: {detail}"):
    """FFmpeg refused or gave up; `stderr` holds its last lines."""

    exit_code: int
    detail: str
    stderr: list[str] = []


class FfmpegCrashed(SidecarError, code=1303, says="FFmpeg was killed by signal {signal}", retryable=True):
    """FFmpeg died of a signal that the sidecar did not send."""

    signal: int
    stderr: list[str] = []


class Stalled(SidecarError, code=1304, says="{what} made no progress for {seconds} s", retryable=True):
    """A child was ended by the watchdog."""

    what: str
    seconds: float


class EncoderUnavailable(SidecarError, code=1305, says="The encoder {encoder} is not available: {detail}"):
    """This FFmpeg, or this machine, cannot encode so."""

    encoder: str
    detail: str
    nearest: str | None = None


class RenderFailed(SidecarError, code=1401, says="The render failed: {detail}"):
    """What was written is not what was planned."""

    detail: str


class JobNotFound(SidecarError, code=1402, says="There is no job {job_id!r}"):
    """No job has this id."""

    job_id: str


class JobState(SidecarError, code=1403, says="Job {job_id} is {state}"):
    """The job is in a state in which this cannot be done."""

    job_id: str
    state: str


class OutputExists(SidecarError, code=1404, says="{path} exists", advice="Choose another name, or set overwrite"):
    """The target is there and overwrite was not asked for."""

    path: str


class OutputUnwritable(SidecarError, code=1405, says="{path} cannot be written: {detail}"):
    """The folder is missing or refuses to be written."""

    path: str
    detail: str


class DiskFull(
    SidecarError,
    code=1501,
    says="No space left for {path}",
    advice="Free some space, or choose another folder",
    retryable=True,
):
    """A write met the end of the disk."""

    path: str
    free: int | None = None
    needed: int | None = None


class ResourceLimit(SidecarError, code=1502, says="{what}: {value} is beyond {limit}"):
    """More than one process may be given."""

    what: str
    value: float
    limit: float


class CacheCorrupt(SidecarError, code=1601, says="A cache entry is damaged: {key}", retryable=True):
    """The entry was dropped and will be made again."""

    key: str
