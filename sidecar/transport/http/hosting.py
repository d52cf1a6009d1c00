"""What the site's parts share: the services behind it, and who may call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sidecar.commands.call import Peer
from sidecar.commands.registry import Handler
from sidecar.services.loopback import Loopback
from sidecar.transport.limiters import Limiters


class Ending(Protocol):
    """A conversation that can be asked to end."""

    def leave(self, grace: float) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Hosting:
    """`primary` is the connection over stdio: the others live under its grants and no longer than it."""

    services: Any
    table: Mapping[str, Handler]
    limiters: Limiters
    primary: Peer
    front: Path | None

    @property
    def loopback(self) -> Loopback:
        """Socket, token and origins."""
        loopback: Loopback = self.services.loopback
        return loopback

    def report(self, what: str, error: Exception) -> None:
        """Log a fault of ours."""
        self.services.log.logger.error(what, exc_info=error)

    def allowed(self) -> frozenset[str]:
        """Return the origins of pages that may read answers and open WebSockets."""
        if self.front is None:
            return self.loopback.origins
        port = self.loopback.port
        return self.loopback.origins | {f"http://127.0.0.1:{port}", f"http://localhost:{port}"}
