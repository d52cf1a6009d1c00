"""How many timelines and projects are drawn, in the short and in the long form of a test."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings


def quick(most: int) -> settings:
    """Draw the same few each time. What fails is shrunk by the long form: it takes minutes."""
    return settings(
        max_examples=most,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )


def long(name: str, most: int) -> settings:
    """Draw other ones each time, as many as the variable `name` says."""
    count = int(os.environ.get(name, str(most)))
    return settings(max_examples=count, database=None, suppress_health_check=list(HealthCheck))
