"""Values of `$/progress`, sent for requests that carried a progress token."""

from __future__ import annotations

from typing import Any

from protocol.model import Result


class _Step(Result, tag_field="kind"):
    """Base of the tagged union."""


class Begin(_Step, tag="begin"):
    """Work starts; `total` is null where it is not known."""

    title: str
    total: float | None


class Report(_Step, tag="report"):
    """How much is done, in the unit of `total`."""

    done: float
    total: float | None
    message: str | None


class Items(_Step, tag="items"):
    """Parts of the result, as the result will hold them."""

    items: list[dict[str, Any]]


class End(_Step, tag="end"):
    """The last value before the answer."""


Progress = Begin | Report | Items | End
"""What `value` holds."""
