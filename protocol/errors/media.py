"""Errors of media files."""

from __future__ import annotations

from protocol.errors.base import SidecarError


class MediaNotFound(
    SidecarError, code=1201, says="There is no file at {path}", advice="Relink the clip to where the file is now"
):
    """The path is not there, or is not a regular file."""

    path: str


class MediaUnreadable(
    SidecarError, code=1202, says="{path} cannot be read: {detail}", advice="Copy or re-export the file, then relink"
):
    """Damaged, empty, or not media at all."""

    path: str
    detail: str


class MediaUnsupported(SidecarError, code=1203, says="{path}: {detail}"):
    """Readable, but of a kind that is refused or cannot be decoded here."""

    path: str
    detail: str


class MediaEncrypted(SidecarError, code=1204, says="{path} is encrypted"):
    """The samples cannot be read without a key."""

    path: str


class SourceChanged(SidecarError, code=1205, says="{path} changed while it was in use", retryable=True):
    """The fingerprint at the end is not that of the plan."""

    path: str
    expected: str
    actual: str | None


class DecoderCrashed(SidecarError, code=1206, says="The decoder of {path} crashed", retryable=True):
    """A worker process died on this file; the sidecar goes on."""

    path: str
    signal: int | None = None


class NotCopyable(
    SidecarError,
    code=1207,
    says="{path} (input {input}) cannot be copied: {detail}",
    advice='Use mode "auto": only what cannot be copied is encoded',
):
    """Files were to be joined without encoding any picture.

    `rule` is one of the reasons that a plan gives in `notCopied`; where it is "keyframes", copies can begin and end at
    the frames `nearest`.
    """

    path: str
    input: int
    rule: str
    detail: str
    nearest: list[int] = []
