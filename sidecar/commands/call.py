"""What a command is given beside its params: the services, and the connection that asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sidecar.commands.grant import Grant
from sidecar.services.events import Subscription

if TYPE_CHECKING:
    from sidecar.services.container import Services

Phase = Literal["new", "initializing", "ready", "shuttingDown"]


@dataclass(slots=True, eq=False)
class Peer:
    """One connection as commands see it. The transport makes one, and the session commands change it.

    `wake` says that a subscription has something to send. `drain` waits until no other request of the connection
    runs; `quit` ends the connection. `primary` is the connection that this one lives under, as one over a WebSocket
    does under the one over stdio: it may never do more, and is shutting down when that one is. `ident` stands for the
    connection where it is to be told from others and may be over.
    """

    wake: Callable[[], None]
    drain: Callable[[], Awaitable[None]]
    quit: Callable[[], None]
    primary: Peer | None = None
    phase: Phase = "new"
    client: str = ""
    process_id: int | None = None
    grant: Grant = field(default_factory=Grant)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    ident: object = field(default_factory=object)


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One request, as its handler sees it. Cancelling the request cancels the handler."""

    services: Services
    trace_id: str
    connection: Peer
    report: Callable[[Any], None] | None = None
    """Sends a progress value; None when the request carried no token."""

    @property
    def client(self) -> str:
        """Name of the client, as it gave it at initialize."""
        return self.connection.client

    async def progress(self, value: dict[str, Any]) -> None:
        """Report progress to the client, if it asked for it. Values that come too fast are coalesced."""
        if self.report is not None:
            self.report(value)

    def check_read(self, path: str) -> Path:
        """Return the absolute path with links followed, or raise PermissionDenied outside the read roots."""
        return self.connection.grant.check_read(path)

    def check_write(self, path: str) -> Path:
        """Return the absolute path with links followed, or raise PermissionDenied outside the write roots."""
        return self.connection.grant.check_write(path)
