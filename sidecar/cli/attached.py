"""A sidecar that runs already, asked over the WebSocket that it serves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import trio
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import AcceptConnection, CloseConnection, Ping, RejectConnection, Request, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from protocol.client import Answer, Client, Failed, Happened, Incoming
from protocol.commands import TABLE
from protocol.commands.session import PROTOCOL, Initialized
from protocol.errors import ConnectionLost
from protocol.events import Event
from protocol.typed import ready
from sidecar import __version__

if TYPE_CHECKING:
    from sidecar.services.monitoring.instances import Instance

ANSWER_SECONDS = 10.0
"""How long an answer is waited for: what is asked here is answered in milliseconds, or not at all."""

Heard = Callable[[Event], None]


class Attached:
    """A connection of its own. Requests may be concurrent; `lost` is set once nothing can come any more."""

    def __init__(self, stream: trio.SocketStream, heard: Heard) -> None:
        self.lost = trio.Event()
        self.server: Initialized
        self._stream = stream
        self._heard = heard
        self._wire = WSConnection(ConnectionType.CLIENT)
        self._client = Client()
        self._text: list[str] = []
        self._opened = trio.Event()
        self._waiting: dict[int, trio.Event] = {}
        self._answers: dict[int, Answer | Failed] = {}
        self._sending = trio.Lock()

    async def request(self, method: str, **params: Any) -> Any:
        """Return the result struct of a method; `params` by their wire names.

        Raises the error that was answered, and ConnectionLost where the sidecar is gone, does not answer, or answers
        what this version does not know. Cancelled, it leaves the request running.
        """
        number, data = self._client.request(method, params)
        self._waiting[number] = trio.Event()
        try:
            with trio.fail_after(ANSWER_SECONDS):
                await self._send(TextMessage(data=data.decode().rstrip("\n")))
                await self._waiting[number].wait()
        except trio.TooSlowError:
            raise ConnectionLost(detail=f"it has not answered {method} in {ANSWER_SECONDS:.0f} s") from None
        finally:
            del self._waiting[number]
        answer = self._answers.pop(number)
        if isinstance(answer, Failed):
            raise answer.error
        try:
            return msgspec.convert(answer.result, ready(TABLE[method].result))
        except msgspec.ValidationError as error:
            raise ConnectionLost(detail=f"it is of another version: {error}") from error

    async def open(self, host: str, token: str) -> None:
        """Shake hands, and introduce ourselves. Raises ConnectionLost."""
        header = (b"authorization", b"Bearer " + token.encode())
        with trio.move_on_after(ANSWER_SECONDS) as patience:
            await self._send(Request(host=host, target="/rpc", extra_headers=[header]))
            await self._opened.wait()
        if patience.cancelled_caught:
            raise ConnectionLost(detail=f"it has not answered in {ANSWER_SECONDS:.0f} s")
        client = {"name": "sidecar-cli", "version": __version__}
        self.server = await self.request("initialize", protocol=PROTOCOL, client=client)

    async def listen(self) -> None:
        """Take what comes until the sidecar is gone; then every request that waits fails."""
        detail = "it has ended"
        try:
            # Once goodbye is said nothing comes any more, even where the stream is closed later.
            while self._wire.state is not ConnectionState.CLOSED and (data := await self._stream.receive_some(65_536)):
                self._wire.receive_data(data)
                for event in self._wire.events():
                    if isinstance(event, RejectConnection):
                        detail = f"it answered {event.status_code}"
                    await self._take(event)
        except (trio.BrokenResourceError, RemoteProtocolError) as error:
            detail = str(error)
        self._settle(self._client.lose(detail))
        self.lost.set()
        self._opened.set()

    async def _take(self, event: Any) -> None:
        if isinstance(event, AcceptConnection):
            self._opened.set()
        elif isinstance(event, TextMessage):
            self._text.append(event.data)
            if event.message_finished:
                whole, self._text = "".join(self._text), []
                self._settle(self._client.feed(whole.encode() + b"\n"))
        elif isinstance(event, Ping | CloseConnection):
            await self._send(event.response())

    def _settle(self, incoming: list[Incoming]) -> None:
        for news in incoming:
            if isinstance(news, Happened):
                self._heard(news.event)
            elif isinstance(news, Answer | Failed) and news.id in self._waiting:
                self._answers[news.id] = news
                self._waiting[news.id].set()

    async def _send(self, event: Any) -> None:
        async with self._sending:
            try:
                await self._stream.send_all(self._wire.send(event))
            except (trio.BrokenResourceError, LocalProtocolError) as error:
                raise ConnectionLost(detail="it has ended") from error


def _nothing(_event: Event) -> None:
    """Leave an event alone."""


@asynccontextmanager
async def attach(instance: Instance, heard: Heard = _nothing) -> AsyncIterator[Attached]:
    """Connect to a sidecar while the block lasts; `heard` is given each event as it comes.

    Raises ConnectionLost, in an exception group, where it is not to be reached; after that it is `Attached.lost` that tells.
    """
    address = urlsplit(instance.origin)
    try:
        stream = await trio.open_tcp_stream(address.hostname or "", address.port or 0)
    except OSError as error:
        raise ConnectionLost(detail=str(error)) from error
    async with stream, trio.open_nursery() as nursery:
        attached = Attached(stream, heard)
        nursery.start_soon(attached.listen)
        await attached.open(address.netloc, instance.token)
        yield attached
        nursery.cancel_scope.cancel()
