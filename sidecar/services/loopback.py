"""The loopback address of this sidecar: a listening socket, the token of those who may call, and the origins allowed.

The socket is here, not in the transport, so that a URL is complete before anybody serves it.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

import trio

from protocol.errors import DependencyMissing

HOST = "127.0.0.1"
BACKLOG = 100
TOKEN_BYTES = 32


@dataclass(slots=True, eq=False)
class Loopback:
    """A socket that listens on 127.0.0.1 and nowhere else.

    `token` (256 bits) opens every route that is no capability by itself; `origins` are those of pages that may read
    answers. `wanted` is set once there is something to fetch.
    """

    listener: socket.socket
    token: str = field(default_factory=partial(secrets.token_urlsafe, TOKEN_BYTES))
    origins: frozenset[str] = frozenset()
    wanted: trio.Event = field(default_factory=trio.Event)

    @property
    def port(self) -> int:
        """The port in use, whichever was asked for."""
        port: int = self.listener.getsockname()[1]
        return port

    @property
    def origin(self) -> str:
        """What every URL begins with, without a slash at its end."""
        return f"http://{HOST}:{self.port}"

    def allow(self, origins: Iterable[str]) -> None:
        """Let pages of these origins read answers too."""
        self.origins |= frozenset(origins)

    def close(self) -> None:
        """Stop listening."""
        self.listener.close()


def listen(port: int) -> Loopback:
    """Listen on a port of 127.0.0.1; 0, and one that is taken, mean any that is free.

    Raises DependencyMissing when the machine has no loopback network to listen on.
    """
    try:
        return Loopback(_bound(port))
    except OSError as error:
        failure = error
    if port:
        # Settings are shared by all sidecars of a user: the second must not be without bytes for want of a port.
        return listen(0)
    raise DependencyMissing(name="loopback network", detail=failure.strerror or str(failure)) from failure


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
