"""Turns the end of an FFmpeg process into a typed error: its exit status decides first, its words second.

FFmpeg exits with the low byte of its AVERROR: 256 - errno for errors of the system (28, no space: 228), 8 for all of
its "not found" family, 183 for invalid data, 69 for too many decoding errors.
"""

from __future__ import annotations

import errno
import re
import shutil
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.errors import (
    Cause,
    DependencyMissing,
    DiskFull,
    EncoderUnavailable,
    FfmpegCrashed,
    FfmpegFailed,
    MediaEncrypted,
    MediaNotFound,
    MediaUnreadable,
    MediaUnsupported,
    OutputUnwritable,
    PermissionDenied,
    SidecarError,
)

LINES_KEPT = 20
LINE_LENGTH = 400

INVALID_DATA = 183
DECODE_ERRORS = 69
NOT_FOUND = 8
ASKED_TO_END = 255
"""Also EPERM; without a complaint it is the status after SIGTERM (or SIGINT, which nobody sends to a group of ours)."""
SIZE_SIGNAL = 25
"""SIGXFSZ: a limit on the size of files was met; a shell in between reports 128 more."""

_CONSEQUENCES = ("Error opening", "Task finished", "Terminating", "Failed to load fontconfig fonts")
"""How lines begin that say nothing of a cause: the last comes with every text, whose fonts stand in its script."""

_COMPLAINT = r"\[(?:error|fatal|panic)\]"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended, and what it was to read and write (plain paths, in the order of the command)."""

    status: int
    lines: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    def find(self, pattern: str) -> re.Match[str] | None:
        """Return the first match of a pattern in a line."""
        return next((match for line in self.lines if (match := re.search(pattern, line))), None)


def failure(status: int, stderr: str, *, inputs: Sequence[str] = (), outputs: Sequence[str] = ()) -> SidecarError:
    """Return the error that a status other than 0 stands for; a negative one is the signal that ended the process.

    The lines of stderr that go into the error name no home directory. The FFmpeg failure itself is the error's cause.
    """
    lines = tuple(redact(stderr).splitlines())
    ending = Ending(status, lines, tuple(map(_plain, inputs)), tuple(map(_plain, outputs)))
    if status < 0 and status != -SIZE_SIGNAL:
        return FfmpegCrashed(signal=-status, stderr=last_lines(lines))
    if status == ASKED_TO_END and not ending.find(_COMPLAINT):
        return FfmpegCrashed(signal=int(signal.SIGTERM), stderr=last_lines(lines))
    plain = FfmpegFailed(exit_code=status, detail=telling_line(lines), stderr=last_lines(lines))
    for applies, read in _TABLE:
        if applies(ending):
            found = read(ending, plain.detail)
            if found is not None:
                found.causes = (Cause(kind=plain.kind, message=plain.message, context=plain.context()),)
                return found
    return plain


def doubted(lines: Sequence[str]) -> set[int]:
    """Return the numbers of the inputs of which demuxer or decoder complained, by the warnings of a run that succeeded.

    A complaint is no proof: decoding that begins in the middle of a stream may miss what it refers to.
    """
    return {int(found[1]) for line in lines if (found := re.search(_COMPLAINED, line))}


def redact(text: str) -> str:
    """Replace home directories by `~`."""
    text = text.replace(str(Path.home()) + "/", "~/")
    return re.sub(r"(?:/home|/Users|[A-Za-z]:\\Users)[/\\][^/\\\s:'\"]+", "~", text)


def last_lines(lines: Sequence[str]) -> list[str]:
    """Return the lines that an error carries."""
    return [line[:LINE_LENGTH] for line in lines[-LINES_KEPT:]]


def telling_line(lines: Sequence[str]) -> str:
    """Return the words of the line that says most: the first error that is no mere consequence."""
    said = [_words(line) for line in lines if re.search(_COMPLAINT, line)]
    telling = [words for words in said if not words.startswith(_CONSEQUENCES)]
    last = [_words(line) for line in lines if line.strip()][-1:]
    return next(iter([*telling, *said, *last]), "it said nothing")[:LINE_LENGTH]


def _words(line: str) -> str:
    return re.sub(r"^(\[[^\]]*\] )*(\[\w+\] )?", "", line).strip()


def _plain(url: str) -> str:
    return url.removeprefix("file:")


def _reading(ending: Ending) -> str | None:
    """Return the path of the input that the failure is about; None where no input is named and several are read."""
    opened = ending.find(r"Error opening input file (.+?)\.?$")
    if opened:
        return next((path for path in ending.inputs if path == _plain(opened[1])), _plain(opened[1]))
    numbered = ending.find(_OF_INPUT)
    if numbered and int(numbered[1]) < len(ending.inputs):
        return ending.inputs[int(numbered[1])]
    return ending.inputs[0] if len(ending.inputs) == 1 else None


def _writing(ending: Ending) -> str:
    named = ending.find(r"Error opening output file (.+?)\.?$")
    if named and _plain(named[1]) in ending.outputs:
        return _plain(named[1])
    numbered = ending.find(r"\[out#(\d+)/[^]]*\] \[(?:error|fatal)\]")
    number = int(numbered[1]) if numbered else 0
    return ending.outputs[number] if number < len(ending.outputs) else "its output"


def _disk_full(ending: Ending, _detail: str) -> SidecarError:
    path = _writing(ending)
    try:
        free = shutil.disk_usage(Path(path).parent).free
    except OSError:
        free = None
    return DiskFull(path=path, free=free)


def _input_missing(ending: Ending, _detail: str) -> SidecarError | None:
    path = _reading(ending)
    return MediaNotFound(path=path) if path is not None else None


def _input_refused(ending: Ending, _detail: str) -> SidecarError | None:
    path = _reading(ending)
    return PermissionDenied(path=path, access="read") if path is not None else None


def _input_unreadable(ending: Ending, detail: str) -> SidecarError | None:
    path = _reading(ending)
    if path is None:
        return None
    if ending.find(r"(?i)\bencrypted\b|DRM protected|activation_bytes|decryption key"):
        return MediaEncrypted(path=path)
    return MediaUnreadable(path=path, detail=detail)


def _input_unsupported(ending: Ending, detail: str) -> SidecarError | None:
    path = _reading(ending)
    return MediaUnsupported(path=path, detail=detail) if path is not None else None


def _output_unwritable(ending: Ending, _detail: str) -> SidecarError:
    reason = ending.find(r"Error opening output files: (.+)$")
    return OutputUnwritable(path=_writing(ending), detail=reason[1] if reason else "it cannot be written to")


def _encoder_missing(ending: Ending, _detail: str) -> SidecarError | None:
    unknown = ending.find(r"Unknown encoder '([^']+)'")
    return EncoderUnavailable(encoder=unknown[1], detail="this FFmpeg was built without it") if unknown else None


def _part_missing(ending: Ending, detail: str) -> SidecarError | None:
    part = ending.find(r"No such filter: '([^']+)'|Unknown (?:decoder|input format):? '([^']+)'")
    return DependencyMissing(name=part[1] or part[2], detail=detail) if part else None


def _encoder_failed(ending: Ending, _detail: str) -> SidecarError | None:
    opening = ending.find(r"\[enc:(\S+) @ \w+\] \[error\] Error while opening encoder")
    device = ending.find(r"\[enc:(\S+_(?:nvenc|qsv|vaapi|amf|videotoolbox|v4l2m2m)) @ \w+\] \[error\] Could not open")
    found = opening or device
    if found is None:
        return None
    own = [_words(line) for line in ending.lines if line.startswith(f"[{found[1]} @")]
    return EncoderUnavailable(encoder=found[1], detail=own[0] if own else telling_line(ending.lines))


def _status(*statuses: int) -> Callable[[Ending], bool]:
    return lambda ending: ending.status in statuses


def _system(*numbers: int) -> Callable[[Ending], bool]:
    return _status(*(256 - number for number in numbers))


def _both(applies: Callable[[Ending], bool], pattern: str) -> Callable[[Ending], bool]:
    return lambda ending: applies(ending) and ending.find(pattern) is not None


_COMPLAINED = (
    r"\[(?:vist|in)#(\d+)[:/].*\[(?:error|warning)\] "
    r"(?:Error submitting packet|corrupt decoded frame|Decoding error|corrupt input packet|Error during demuxing"
    r"|stream \d+, offset \S+ partial file)"
)
_OF_INPUT = r"(?:\[(?:[va]ist#|in#)(?=.*\[(?:error|fatal)\])|Cannot determine format of input )(\d+)[:/ ]"
_OPENING_OUTPUT = r"Error opening output"
_OPENING_INPUT = r"Error opening input"

_TABLE: tuple[tuple[Callable[[Ending], bool], Callable[[Ending, str], SidecarError | None]], ...] = (
    (_system(errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _disk_full),
    (_status(-SIZE_SIGNAL, 128 + SIZE_SIGNAL), _disk_full),
    (
        _both(_system(errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.EROFS), _OPENING_OUTPUT),
        _output_unwritable,
    ),
    (_both(_system(errno.ENOENT, errno.EISDIR, errno.ENOTDIR), _OPENING_INPUT), _input_missing),
    (_both(_system(errno.EACCES, errno.EPERM), _OPENING_INPUT), _input_refused),
    (_status(INVALID_DATA, DECODE_ERRORS), _input_unreadable),
    (_both(_system(errno.EIO), r"\[in#|demux"), _input_unreadable),
    (_status(NOT_FOUND), _encoder_missing),
    (_status(NOT_FOUND, 256 - errno.EINVAL), _part_missing),
    (_both(_system(errno.EINVAL), r"not on whitelist|exceeds specified max pixel"), _input_unsupported),
    (lambda ending: ending.status not in (INVALID_DATA, DECODE_ERRORS), _encoder_failed),
)
"""Rows are tried in order; the first whose condition holds and whose reader finds what it needs gives the error."""
