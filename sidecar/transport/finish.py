"""The end of a connection: what was read is answered, one way or the other, and what is answered is written."""

from __future__ import annotations

import trio

from sidecar.transport.dispatcher import Connection

ANSWER_SECONDS = 1.0
"""For cancelled requests to be answered, and again for the answers to be written."""


async def finish(connection: Connection, written: trio.Event, grace: float) -> None:
    """Give requests `grace` seconds, cancel the others, and let all answers out.

    Takes at most `grace` + 2 · ANSWER_SECONDS. `written` is set by the writer once the outbox is closed and empty.
    """
    with trio.move_on_after(grace):
        await connection.drained()
    connection.cancel_all("connectionClosed")
    with trio.move_on_after(ANSWER_SECONDS):
        await connection.drained()
    connection.outbox.close()
    with trio.move_on_after(ANSWER_SECONDS):
        await written.wait()
