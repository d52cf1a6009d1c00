"""The loopback address of this sidecar: a listening socket, the token of those who may call, and the origins allowed.

The socket is here, not in the transport, so that a URL is complete before anybody serves it.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import trio

from protocol.errors import DependencyMissing, SettingsInvalid
from sidecar.services.logger import Logger

HOST = "127.0.0.1"
BACKLOG = 100
TOKEN_BYTES = 32
CHOSEN = "SIDECAR_HTTP_TOKEN"
"""A token of the starter's own: pages that hold it go on with the sidecar that comes after a crash."""


class Loopback:
    """A socket on 127.0.0.1 and nowhere else, which listens from the first time that somebody needs it.

    `token` (256 bits) opens every route that is no capability by itself; `origins` are those of pages that may read
    answers. `bound` is set once it listens, `wanted` once there is something to fetch.
    """

    def __init__(
        self,
        port: Callable[[], int],
        report: Callable[[int, int], None] = lambda _wanted, _used: None,
        *,
        fixed: bool = False,
        token: str | None = None,
    ) -> None:
        """Take the port to listen on: 0, and one that is taken, mean any that is free; of the latter `report` hears.

        `fixed`: it is this port or none. `token` is a new one where none is given.
        """
        self.token = token or secrets.token_urlsafe(TOKEN_BYTES)
        self.origins: frozenset[str] = frozenset()
        self.bound = trio.Event()
        self.wanted = trio.Event()
        self._port = port
        self._report = report
        self._fixed = fixed
        self._listener: socket.socket | None = None

    @property
    def listener(self) -> socket.socket:
        """The socket. Raises DependencyMissing when there is no loopback network, or port, to listen on."""
        if self._listener is None:
            self._listener = self._listen()
            self.bound.set()
        return self._listener

    @property
    def port(self) -> int:
        """The port in use; raises as `listener` does."""
        port: int = self.listener.getsockname()[1]
        return port

    @property
    def origin(self) -> str:
        """What every URL begins with, without a slash at its end; raises as `listener` does."""
        return f"http://{HOST}:{self.port}"

    def allow(self, origins: Iterable[str]) -> None:
        """Let pages of these origins read answers too."""
        self.origins |= frozenset(origins)

    def close(self) -> None:
        """Stop listening; what is asked of it afterwards raises OSError."""
        if self._listener is not None:
            self._listener.close()

    def _listen(self) -> socket.socket:
        wanted = self._port()
        try:
            return _bound(wanted)
        except OSError as error:
            failure = error
        if wanted == 0 or self._fixed:
            # Whoever has set a port looks for what else has it, not for the network.
            name = f"port {wanted}" if self._fixed else "loopback network"
            raise DependencyMissing(name=name, detail=failure.strerror or str(failure)) from failure
        # Settings are shared by all sidecars of a user: the second must not be without bytes for want of a port.
        try:
            listener = _bound(0)
        except OSError as error:
            raise DependencyMissing(name="loopback network", detail=error.strerror or str(error)) from error
        self._report(wanted, listener.getsockname()[1])
        return listener


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Windows lets others take a port that is in use unless told not to; elsewhere the option only means that
        # connections of an earlier sidecar, closed and not yet forgotten, do not keep its port.
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


@dataclass(frozen=True, slots=True)
class Scraping:
    """Who may read metrics, and where: `own` listens for that alone, None where no port is set for it.

    `token` says whether it takes the token.
    """

    own: Loopback | None
    token: bool

    def listen(self, log: Logger) -> None:
        """Listen on the port, if one is set; that it is not to be had goes to the log."""
        if self.own is not None and not self.own.bound.is_set():
            try:
                _ = self.own.listener
            except DependencyMissing as error:
                log.warning("metrics are not served on their port", detail=error.message)


@contextmanager
def open_scraping(port: int, *, token: bool) -> Iterator[Scraping]:
    """Make what metrics are read by; the port, 0 for none, is let go with the block."""
    own = Loopback(lambda: port, fixed=True) if port else None
    try:
        yield Scraping(own, token)
    finally:
        if own is not None:
            own.close()


@contextmanager
def open_loopback(port: Callable[[], int], log: Logger) -> Iterator[Loopback]:
    """Make one, to be closed with the block; that its port is taken goes to the log."""

    def report(wanted: int, used: int) -> None:
        log.warning("the port for HTTP is taken", wanted=wanted, used=used)

    loopback = Loopback(port, report, token=_given_token())
    try:
        yield loopback
    finally:
        loopback.close()


def _given_token() -> str | None:
    """Take the token out of the environment, where children would find it. Raises SettingsInvalid for a weak one."""
    token = os.environ.pop(CHOSEN, None)
    if token is not None and not re.fullmatch(r"[A-Za-z0-9_-]{43,128}", token):
        raise SettingsInvalid(key=CHOSEN, detail="a token has 43 to 128 letters, digits, - and _")
    return token
