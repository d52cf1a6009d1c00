"""A cache whose folder takes nothing for a while. Run in a mount namespace of its own, as a program:

    unshare --mount python -m tests.services.cache.on_read_only FOLDER

What is mounted goes with the process. Prints as JSON what became of the entries.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import trio

from protocol.errors import SidecarError
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.selection import Selection
from sidecar.services.cache.store import CacheStore, open_cache_store
from tests.services.cache.shelf import PLENTY, content_of, has, key_of, open_store, put, unheard

ENTRIES = 40
SIZE = 1000


def run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=60)


async def served(store: CacheStore) -> int:
    """Count the entries that are found; each is seen to be what was published."""
    return sum([await has(store, name) for name in range(ENTRIES)])


async def kept(store: CacheStore, folder: Path, name: str) -> bool:
    """Offer a file from elsewhere; say whether the cache kept it. What it does not keep is there as it was."""
    made = folder / name
    made.write_bytes(content_of(key_of(name), SIZE))
    pinned = await store.publish("segments", key_of(name), made)
    if pinned is None:
        assert made.read_bytes() == content_of(key_of(name), SIZE)
        return False
    with pinned:
        return True


async def turns(folder: Path) -> dict[str, Any]:
    """Fill a cache, make its folder read-only below it, and give it back."""
    root, elsewhere = folder / "cache", folder / "elsewhere"
    elsewhere.mkdir()
    root.mkdir()
    told: dict[str, Any] = {}
    with open_cache_store(root, instance_id="one", limits=lambda: CacheLimits(PLENTY), report=unheard) as store:
        for name in range(ENTRIES):
            assert await put(store, name)
        # Over itself: what is open for writing stays so, as on a disk with a fault.
        run("mount", "--bind", str(root), str(root))
        run("mount", "-o", "remount,bind,ro", str(root))
        told["whileOpen"] = await served(store)
        told["keptOpen"] = await kept(store, elsewhere, "meanwhile")
        await store.clear(Selection(kinds=("segments",)))
        told["refused"] = None
        try:
            open_cache_store(root, instance_id="two", limits=lambda: CacheLimits(PLENTY), report=unheard).close()
        except SidecarError as error:
            told["refused"] = error.kind
        run("umount", "--lazy", str(root))
        told["keptAfter"] = await kept(store, elsewhere, "after")
        told["after"] = await served(store)
    with open_store(root) as store:
        told["reopened"] = await served(store)
        told["last"] = await has(store, "after")
    return told


if __name__ == "__main__":
    json.dump(trio.run(turns, Path(sys.argv[1])), sys.stdout)
