"""Exit codes of every command."""

from __future__ import annotations

from protocol.errors import (
    ConnectionLost,
    DependencyMissing,
    DiskFull,
    EncoderUnavailable,
    FfmpegNotFound,
    Internal,
    InvalidParams,
    MethodNotFound,
    NotSupported,
    SettingsInvalid,
    SidecarError,
)

DONE = 0
FAILED = 1
"""A problem was found, or the work failed."""
USAGE = 2
"""The command line, or the params of a call, are wrong."""
MACHINE = 3
"""Something that the machine has to have is missing: FFmpeg, an encoder, space on the disk."""
FAULT = 4
"""A fault of the sidecar itself; the log has it under the trace id."""
INTERRUPTED = 128
"""Plus the number of the signal: 130 after Ctrl-C, 143 after SIGTERM."""

UNREAD = 141
"""Whoever read the output has had enough of it; what a shell makes of SIGPIPE."""

_BY_KIND: dict[type[SidecarError], int] = {
    InvalidParams: USAGE,
    MethodNotFound: USAGE,
    NotSupported: USAGE,
    SettingsInvalid: USAGE,
    FfmpegNotFound: MACHINE,
    DependencyMissing: MACHINE,
    EncoderUnavailable: MACHINE,
    DiskFull: MACHINE,
    Internal: FAULT,
    ConnectionLost: FAULT,
}


def exit_code(error: SidecarError) -> int:
    """Return the exit code that an error ends a command with."""
    return _BY_KIND.get(type(error), FAILED)


def first_error(group: BaseExceptionGroup[SidecarError]) -> SidecarError:
    """Return the first of the errors of a group."""
    inner = group.exceptions[0]
    return first_error(inner) if isinstance(inner, BaseExceptionGroup) else inner
