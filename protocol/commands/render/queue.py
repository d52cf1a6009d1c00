"""The queue of jobs: asked about, and changed."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from protocol.commands.command import Params
from protocol.commands.render.jobs import Job
from protocol.commands.render.progress import State
from protocol.model import Result


class JobQuery(Params, kw_only=True):
    """A job, with its segments if asked."""

    job_id: str
    segments: bool = False


class JobId(Params, kw_only=True):
    """A job."""

    job_id: str


class JobMove(Params, kw_only=True):
    """Another `priority`, or the place just `before` a job that waits (whose priority it takes); null: behind all of its priority."""

    job_id: str
    priority: Annotated[int, Meta(ge=-100, le=100)] | None = None
    before: str | UnsetType | None = UNSET


class JobIds(Params, kw_only=True):
    """Jobs that have ended; ids of none are ignored."""

    job_ids: Annotated[list[str], Meta(max_length=100_000)]


class Removed(Result):
    """How many jobs there were to remove."""

    removed: int


class JobsQuery(Params, kw_only=True):
    """Jobs in the order of their making, newest first; `after` is the last id of the page before."""

    states: list[State] | None = None
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    after: str | None = None


class JobList(Result):
    """A page of jobs; `limit` is how many run at once."""

    jobs: list[Job]
    next: str | None
    running: int
    queued: int
    limit: int
