"""A process that fills a small cache without pause, for tests that kill it; run as a program.

`python -m tests.services.cache.writer ROOT LIMIT` reads seeds from stdin, one a line. For each it starts a child that
publishes, finds and clears as the seed says until it is killed, and writes the child's id. It waits for the child, then
writes how it ended.
"""

from __future__ import annotations

import os
import random
import sys
import traceback
from pathlib import Path

from sidecar.services.cache.finding import find
from sidecar.services.cache.head import Head, Labels
from sidecar.services.cache.instance import claim_instance
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.layout import Layout
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.publishing import publish
from sidecar.services.cache.removal import clear, remove
from sidecar.services.cache.selection import Selection
from sidecar.services.cache.session import Sessions
from sidecar.services.cache.tier import Tier
from tests.services.cache.shelf import content_of, key_of, nothing, size_of

NAMES = 60
MOST = 30_000
KINDS: tuple[Kind, ...] = ("segments", "sound")


def main() -> None:
    root, limit = Path(sys.argv[1]), int(sys.argv[2])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                work(root, limit, int(line))
            except BaseException:  # noqa: BLE001 - whatever it is, the parent says so
                traceback.print_exc()
                os._exit(1)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def work(root: Path, limit: int, seed: int, rounds: int = sys.maxsize) -> None:
    """Use the cache at random; raise when anything fails or what is found is wrong."""
    chance = random.Random(seed)
    layout = Layout(root)
    instance = claim_instance(layout, f"writer-{os.getpid()}")
    tier = Tier(
        layout,
        instance,
        Sessions(layout, instance.prepare),
        lambda: CacheLimits(limit, kinds={"sound": limit // 3}),
        failed,
    )
    pins: list[tuple[Kind, str]] = []
    for _ in range(rounds):
        kind, key = chance.choice(KINDS), key_of(chance.randrange(NAMES))
        action = chance.random()
        if action < 0.6:
            made = instance.scratch / key
            made.write_bytes(content_of(key, size_of(key, MOST)))
            head = publish(tier, Head(kind, key, 0, 0, 0.0, owners=(f"p{seed % 3}",)), made, nothing)
            made.unlink(missing_ok=True)
        elif action < 0.95:
            head = find(tier, kind, key, Labels((f"p{seed % 5}",)), nothing)
        else:
            head = None
            if action < 0.98:
                remove(tier, (kind, key), "stale", nothing)
            else:
                clear(tier, Selection([kind], f"p{seed % 3}"), nothing)
        if head is not None:
            if layout.object(kind, key).read_bytes() != content_of(key, size_of(key, MOST)):
                raise AssertionError(f"{kind} {key} is not what it was")
            pins.append((kind, key))
        while len(pins) > 4:
            instance.unpin(pins.pop(chance.randrange(len(pins))))
    for pin in pins:
        instance.unpin(pin)
    tier.sessions.close()
    instance.close()


def failed(what: str, error: Exception) -> None:
    """Take no failure of the cache for granted."""
    raise AssertionError(what) from error


if __name__ == "__main__":
    main()
