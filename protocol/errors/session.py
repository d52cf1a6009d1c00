"""Errors of the wire, of a connection and of what it may use."""

from __future__ import annotations

from protocol.errors.base import SidecarError


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

    def said(self) -> str:
        """Return what is wrong, and where unless it is the whole."""
        return super().said() if self.path else self.detail


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
