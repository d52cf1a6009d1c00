"""The life of a connection: initialize, shutdown, exit, rpc.discover, events."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from protocol.commands.command import Command, Empty, Example, Nothing, Params
from protocol.errors import InvalidParams, InvalidRequest, UnsupportedProtocol
from protocol.events import Topic
from protocol.model import Model, Result

PROTOCOL = 1
"""The version of the wire that is served."""

OPEN_PROJECTS = 16
"""How many projects may be open at once."""


class Caller(Model):
    """Who is calling."""

    name: str
    version: str


class Roots(Model):
    """Folders that this connection may read and write."""

    read: list[str]
    write: list[str]


class Initialize(Params, kw_only=True):
    """`roots` null grants the user's own rights, [] nothing; over a WebSocket never more than stdio was granted.

    `allow_origins` names pages (`scheme://host[:port]`, neither `*` nor `null`) that may read what is served by HTTP
    and open a WebSocket; only stdio's counts. `wants` "traces": OpenTelemetry is told what requests spend their time on,
    where `features.traces` says so; it, too, is stdio's to ask for.
    """

    protocol: int
    client: Caller
    process_id: Annotated[int, Meta(ge=1)] | None = None
    schema_hash: str | None = None
    roots: Roots | None = None
    allow_origins: list[str] = []
    locale: Literal["en", "ru"] = "en"
    wants: list[Literal["http", "metrics", "traces"]] = []


class Server(Result):
    """Who answers."""

    name: str
    version: str
    pid: int
    instance_id: str
    platform: str


class Granted(Result):
    """Roots in force; null: everything the user may."""

    read: list[str] | None
    write: list[str] | None


class Limits(Result):
    """Limits of the connection."""

    message_bytes: int
    batch: int
    in_flight: int
    progress_per_second: int
    open_projects: int


class Http(Result):
    """Where bytes come from, and what opens everything there that is no capability by itself."""

    origin: str
    token: str


class FfmpegSummary(Result):
    """The FFmpeg in use."""

    path: str
    version: str
    licence: str


class Paths(Result):
    """Folders in use."""

    data: str
    cache: str
    temp: str
    log: str


class Initialized(Result):
    """`http` is null where there is no loopback network; `ffmpeg` null when none is usable: `sidecar doctor` says why."""

    protocol: int
    server: Server
    schema_hash: str
    schema_matches: bool | None
    granted: Granted
    limits: Limits
    http: Http | None
    ffmpeg: FfmpegSummary | None
    paths: Paths
    features: dict[str, bool]


class Subscribe(Params, kw_only=True):
    """Topics to hear of, optionally of one project or job only."""

    topics: Annotated[list[Topic], Meta(min_length=1)]
    project_id: str | None = None
    job_id: str | None = None


class Subscribed(Result):
    """`snapshots` holds the latest state of each state topic, null where there is none yet."""

    subscription: str
    seq: int
    snapshots: Annotated[dict[str, Any], Meta(extra={"shape": "{ [T in keyof Topics]?: Topics[T] | null }"})]


class Unsubscribe(Params, kw_only=True):
    """A subscription of this connection."""

    subscription: str


INITIALIZE_EXAMPLE = Example({"protocol": 1, "client": {"name": "example", "version": "1.0"}})

COMMANDS = (
    Command(
        "initialize",
        Initialize,
        Initialized,
        "Open the connection and learn what the sidecar is and grants.",
        INITIALIZE_EXAMPLE,
        raises=(UnsupportedProtocol, InvalidRequest, InvalidParams),
        before_initialize=True,
    ),
    Command("shutdown", Empty, Nothing, "Finish what is running, refuse what is new.", Example({}), load="inline"),
    Command(
        "exit",
        Empty,
        Nothing,
        "End the process.",
        Example({}),
        load="inline",
        before_initialize=True,
        notification=True,
    ),
    Command(
        "rpc.discover",
        Empty,
        dict[str, Any],
        "Return this interface as an OpenRPC document.",
        Example({}),
        load="inline",
        before_initialize=True,
    ),
    Command(
        "events.subscribe",
        Subscribe,
        Subscribed,
        "Hear of changes as $/event notifications.",
        Example({"topics": ["render.state", "project.changed"]}),
        load="inline",
    ),
    Command(
        "events.unsubscribe",
        Unsubscribe,
        Nothing,
        "Stop a subscription.",
        Example({"subscription": "s1"}, after=("events.subscribe",)),
        load="inline",
    ),
)
