"""A program that ends, or fails, the work on a cache at its first file operation, its second, and so on to the last.

`python -m tests.services.cache.faults crash|full ROOT STRIDE` takes every STRIDE-th operation. It prints how many operations there were, and exits with 0 when the
cache was in order after each of them. An operation is one on a path below the cache; `crash` ends the process before
it, as kill -9 would, `full` lets it fail as on a full disk. Meanwhile another instance has the cache open.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from sidecar.services.cache import publishing
from sidecar.services.cache.finding import find
from sidecar.services.cache.head import Head, Labels
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.publishing import publish
from sidecar.services.cache.removal import clear
from sidecar.services.cache.selection import Selection
from sidecar.services.cache.statistics import statistics
from sidecar.services.cache.tier import Tier
from tests.services.cache.shelf import content_of, cost, key_of, nothing, open_tier, unheard, used_space

SIZE = 1000
ENTRIES = 6
LIMIT = ENTRIES * cost(SIZE)
LAST = 7

ours: list[Tier] = []
"""Not empty while the test itself reads what it found: that is no operation of the cache."""


def main() -> None:
    mode, root = sys.argv[1], Path(sys.argv[2])
    # What a kill leaves does not depend on it, and it takes most of the time.
    setattr(publishing, "fsync_file", lambda _path: None)  # noqa: B010 - mypy knows it as a function of its own
    stride = int(sys.argv[3])
    operation = 0
    status = LAST
    while status == LAST:
        operation += stride
        status = at(mode, root / str(operation), operation)
    print(operation - stride)
    sys.exit(status)


def at(mode: str, root: Path, operation: int) -> int:
    """Work on a fresh cache with the fault at one operation; return LAST when there is more to come, 0 at the end."""
    with open_tier(root, CacheLimits(LIMIT), "living") as living:
        for name in range(ENTRIES):
            store(living, name, ("both", f"p{name}"))
        living.layout.object("segments", key_of(3)).write_bytes(bytes(SIZE))
        child = os.fork()
        if child == 0:
            try:
                os._exit(work(mode, root, operation))
            except BaseException:  # noqa: BLE001 - whatever it is, the parent says so
                traceback.print_exc()
                os._exit(1)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status in {0, LAST}:
            check_beside(living, root)
    with open_tier(root, CacheLimits(LIMIT), "next") as after:
        stats = statistics(after, nothing)
        assert stats.held.space == used_space(root) <= LIMIT, (stats, used_space(root))
        assert used_space(root, "live") == 0
    return status


def work(mode: str, root: Path, operation: int) -> int:
    """Do everything that changes files; the fault strikes on the way, if there are so many operations."""
    count = 0

    def strike(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        # Nothing fails at the audit of `rmtree` itself, only at what it does.
        if (
            not ours
            and event != "shutil.rmtree"
            and any(isinstance(each, str | Path) and str(each).startswith(f"{root}/") for each in arguments[:2])
        ):
            count += 1
            if count == operation:
                if mode == "crash":
                    os._exit(LAST)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), event)

    with open_tier(root, CacheLimits(LIMIT), "worker", unheard) as tier:
        statistics(tier, nothing)
        sys.addaudithook(strike)
        store(tier, "new", ("p0",))
        fetch(tier, 4, ("more",))
        fetch(tier, 3, ())
        store(tier, "newer", ())
        clear(tier, Selection(["segments"], "p4"), nothing)
        clear(tier, Selection(["segments"]), nothing)
        store(tier, "newest", ())
        assert not tier.instance._counts, "a pin is left"
        reached = count >= operation
    return LAST if reached else 0


def check_beside(living: Tier, root: Path) -> None:
    """See that the index counts everything, and that whoever goes on keeps the limit."""
    held = statistics(living, nothing).held
    assert used_space(root) <= held.space, (used_space(root), held)
    assert used_space(root) <= LIMIT
    for name in range(ENTRIES):
        fetch(living, name, ())
    for name in range(100, 100 + ENTRIES + 1):
        assert store(living, name, ())
        assert used_space(root) <= LIMIT
        assert fetch(living, name, ())
    assert statistics(living, nothing).held.entries == ENTRIES


def store(tier: Tier, name: object, owners: tuple[str, ...]) -> bool:
    """Publish content; say whether it was kept."""
    key = key_of(name)
    # Beside the cache: the faults are about what the cache does.
    made = tier.layout.root.with_suffix(".made")
    made.write_bytes(content_of(key, SIZE))
    kept = publish(tier, Head("segments", key, 0, 0, 0.0, owners=owners), made, nothing)
    if kept is not None:
        tier.instance.unpin(("segments", key))
    return kept is not None


def fetch(tier: Tier, name: object, owners: tuple[str, ...]) -> bool:
    """Find an entry and see that it is whole; say whether it is there."""
    key = key_of(name)
    if find(tier, "segments", key, Labels(owners), nothing) is None:
        return False
    ours.append(tier)
    assert tier.layout.object("segments", key).read_bytes() == content_of(key, SIZE)
    ours.clear()
    tier.instance.unpin(("segments", key))
    return True


if __name__ == "__main__":
    main()
