"""Every typed error: its code, what its context holds, and what to do about it.

A kind is a class; its annotated members are the context. `SidecarError.data()` is what crosses the wire. Codes are
fixed for ever: clients narrow on `kind` and translate by it.
"""

from __future__ import annotations

from typing import Any, ClassVar, dataclass_transform, get_type_hints

import msgspec

from protocol.model import Result


class Cause(Result):
    """One link of the chain that led to an error."""

    kind: str
    message: str
    context: dict[str, Any]


class ErrorData(Result):
    """The `data` member of every JSON-RPC error that the sidecar answers."""

    kind: str
    context: dict[str, Any]
    causes: list[Cause]
    suggestion: str | None
    retryable: bool
    trace_id: str


REGISTRY: dict[str, type[SidecarError]] = {}
"""Every kind, by name."""

BASE_MEMBERS = ("message", "suggestion", "causes")


@dataclass_transform(kw_only_default=True)
class _Described:
    """Tells type checkers that annotated members, SidecarError's own too, are keyword arguments."""


class SidecarError(_Described, Exception):
    """Base of the taxonomy. Not raised itself; a subclass declares its context as annotated members.

    `message`, `suggestion` and `causes` may be given to replace what the class says.
    """

    code: ClassVar[int]
    kind: ClassVar[str]
    retryable: ClassVar[bool] = False
    says: ClassVar[str]
    advice: ClassVar[str | None] = None
    members: ClassVar[dict[str, Any]] = {}

    message: str = ""
    suggestion: str | None = None
    causes: tuple[Cause, ...] = ()

    def __init_subclass__(
        cls, *, code: int, says: str, advice: str | None = None, retryable: bool = False, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls.code, cls.says, cls.advice, cls.retryable = code, says, advice, retryable
        cls.kind = cls.__name__[0].lower() + cls.__name__[1:]
        own = vars(cls).get("__annotations__", {})
        hints = get_type_hints(cls)
        cls.members = {name: hints[name] for name in own}
        REGISTRY[cls.kind] = cls

    def __init__(self, **given: Any) -> None:
        cls = type(self)
        unknown = given.keys() - cls.members.keys() - set(BASE_MEMBERS)
        missing = [name for name in cls.members if name not in given and not hasattr(cls, name)]
        if unknown or missing:
            raise TypeError(f"{cls.__name__}: unknown {sorted(unknown)}, missing {missing}")
        for name in cls.members:
            setattr(self, name, given.get(name, getattr(cls, name, None)))
        self.message = given.get("message") or cls.says.format_map({n: getattr(self, n) for n in cls.members})
        self.suggestion = given.get("suggestion") or cls.advice
        self.causes = tuple(given.get("causes", ()))
        super().__init__(self.message)

    def context(self) -> dict[str, Any]:
        """Return the context as it crosses the wire: camelCase names, JSON values."""
        return {msgspec_camel(name): msgspec.to_builtins(getattr(self, name)) for name in self.members}

    def data(self, trace_id: str) -> ErrorData:
        """Return the `data` member of the JSON-RPC error."""
        return ErrorData(
            kind=self.kind,
            context=self.context(),
            causes=list(self.causes),
            suggestion=self.suggestion,
            retryable=self.retryable,
            trace_id=trace_id,
        )


def msgspec_camel(name: str) -> str:
    """Rename snake_case as the structs of the wire do."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


# --- JSON-RPC and the connection ---------------------------------------------------------------------------------


class Parse(
    SidecarError, code=-32700, says="The message is not JSON", advice="Send one JSON-RPC 2.0 message a line, in UTF-8"
):
    """The bytes are not a JSON text, or nest too deep."""

    detail: str


class InvalidRequest(SidecarError, code=-32600, says="Not a JSON-RPC 2.0 request: {detail}"):
    """JSON, but not a request, a notification or a batch of them."""

    detail: str


class MethodNotFound(
    SidecarError, code=-32601, says="There is no method {method!r}", advice="rpc.discover lists the methods"
):
    """The name is not in the command table."""

    method: str
    nearest: str | None = None


class InvalidParams(SidecarError, code=-32602, says="{detail} - at {path}"):
    """Params of the wrong shape; `path` is a JSON Pointer into them."""

    detail: str
    path: str = ""


class Internal(
    SidecarError,
    code=-32603,
    says="An internal error: the log has it under the trace id",
    advice="Report it with the lines of system.trace",
):
    """A fault of ours."""


class NotInitialized(SidecarError, code=-32002, says="{method} before initialize", advice="Call initialize first"):
    """Only initialize, rpc.discover and exit are served before initialize."""

    method: str


class Busy(
    SidecarError,
    code=-32009,
    says="{in_flight} requests are in flight, {limit} is the limit",
    advice="Wait for an answer, then ask again",
    retryable=True,
):
    """The connection has as many requests in flight as it may have."""

    limit: int
    in_flight: int


class MessageTooLarge(
    SidecarError,
    code=-32008,
    says="The message passes {limit} bytes",
    advice="Send less at once; bytes do not ride JSON",
):
    """The connection is closed after this answer: its framing is lost."""

    limit: int


class Cancelled(SidecarError, code=-32800, says="Cancelled", retryable=True):
    """Cancelled by the client, or superseded."""

    reason: str = "requested"


class UnsupportedProtocol(SidecarError, code=1001, says="Protocol {wanted} is not served"):
    """The client speaks another version of the wire."""

    wanted: int
    served: list[int]


class ShuttingDown(SidecarError, code=1002, says="The sidecar is shutting down", advice="Start a new one"):
    """After shutdown only exit is served."""


class Timeout(SidecarError, code=1003, says="{operation} took longer than {seconds} s", retryable=True):
    """An operation passed its time limit."""

    operation: str
    seconds: float


class PermissionDenied(SidecarError, code=1004, says="{path} is outside what this connection may {access}"):
    """The path lies outside the connection's roots, or the system refuses it."""

    path: str
    access: str


class NotSupported(SidecarError, code=1005, says="{what} is not supported"):
    """Known, and not built."""

    what: str
    nearest: str | None = None


class DependencyMissing(SidecarError, code=1006, says="{name} is missing: {detail}"):
    """Something that has to be installed is not there."""

    name: str
    detail: str


class SettingsInvalid(SidecarError, code=1007, says="{key}: {detail}"):
    """A setting has a value that it cannot have."""

    key: str
    detail: str


class ConnectionLost(SidecarError, code=1008, says="The connection to the sidecar is lost: {detail}", retryable=True):
    """Raised by clients for calls that were waiting when the sidecar went away."""

    detail: str


# --- Projects ----------------------------------------------------------------------------------------------------


class InvalidProject(SidecarError, code=1101, says="The project is not valid: {detail}"):
    """Text that is not a project, or a project with errors where a valid one is needed.

    `problems` are those of validation, at most 500.
    """

    detail: str
    problems: list[dict[str, Any]] = []


class ProjectNotFound(SidecarError, code=1102, says="There is no project file at {path}"):
    """The file is not there."""

    path: str


class UnsupportedSchema(
    SidecarError,
    code=1103,
    says="The project needs {needed}, this sidecar knows up to {known}",
    advice="Update the application",
):
    """Written by a newer version; the file is untouched."""

    needed: str
    known: str
    unknown_members: list[str] = []


class ProjectConflict(SidecarError, code=1104, says="{detail}"):
    """The caller's picture of the project is not the current one, or closing would lose edits."""

    detail: str
    project_id: str | None = None
    base_revision: int | None = None
    current_revision: int | None = None
    unsaved: bool = False
    path: str | None = None
    expected: str | None = None
    actual: str | None = None


class ProjectNotOpen(
    SidecarError, code=1105, says="Project {project_id!r} is not open", advice="project.open or project.load first"
):
    """No open project has this id."""

    project_id: str


class NothingToRender(
    SidecarError,
    code=1106,
    says="Nothing to render: no enabled clip on an enabled track",
    advice="Add a clip, or enable one",
):
    """The project has no duration."""


class LimitExceeded(SidecarError, code=1107, says="{what}: {value} is beyond the limit of {limit}"):
    """A stated limit is passed."""

    what: str
    value: float
    limit: float
    pointer: str = ""


class EffectUnknown(SidecarError, code=1108, says="There is no effect or transition {type!r}"):
    """The catalogue does not hold it."""

    type: str
    nearest: str | None = None


class EffectInvalid(SidecarError, code=1109, says="{type}: {detail}"):
    """An effect with parameters it cannot have."""

    type: str
    detail: str
    pointer: str = ""


# --- Media -------------------------------------------------------------------------------------------------------


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


# --- FFmpeg and rendering ----------------------------------------------------------------------------------------


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
