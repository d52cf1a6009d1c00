"""Makes the index agree with the files: what is whole stays, everything else goes from both."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sidecar.services.cache.head import Head, Labels, read_head
from sidecar.services.cache.index import Index, Row
from sidecar.services.cache.kinds import KINDS, Kind
from sidecar.services.cache.layout import HEAD, Layout, is_key, space

MANY = 20_000
"""Entries of which the sizes are compared, too: a fifth of a second."""

_SHARD = re.compile(r"[0-9a-f]{2}")


def row_of(head: Head, head_size: int, used: float) -> Row:
    """Return what the index says of an entry."""
    return Row(
        kind=head.kind,
        key=head.key,
        bytes=head.bytes + head_size,
        space=space(head.bytes, head_size),
        seconds=head.seconds,
        used=used,
        labels=Labels(head.owners, head.sources),
    )


def settle(layout: Layout, index: Index) -> None:
    """Make the index agree with all files; the cache's lock is held exclusively.

    Of many entries only the names are compared, which takes half a second for 100,000: a file of another size is no
    entry when it is looked for, and counts as what it was until then.
    """
    many = sum(total.entries for total in index.totals().values()) > MANY
    for kind, shard in sorted(_shards(layout) | index.shards()):
        if many and _as_named(layout, kind, shard, index.keys(kind, shard)):
            continue
        known = index.shard(kind, shard)
        found, whole = _settle_shard(layout, kind, shard, known)
        if found:
            index.put(found)
        if gone := [(kind, key) for key in known if key not in whole]:
            index.remove(gone)


def found_entries(layout: Layout) -> Iterator[list[Row]]:
    """Return all entries by what lies in the folders, folder by folder; what is no entry is removed."""
    for kind, shard in sorted(_shards(layout)):
        yield _settle_shard(layout, kind, shard, {})[0]


def _shards(layout: Layout) -> set[tuple[Kind, str]]:
    return {(kind, shard) for kind in KINDS for shard in _names(layout.objects / kind) if _SHARD.fullmatch(shard)}


def _as_named(layout: Layout, kind: Kind, shard: str, keys: Sequence[str]) -> bool:
    """Whether a folder holds files and heads of these keys, and nothing else."""
    try:
        names = set(os.listdir(f"{layout.objects}/{kind}/{shard}"))  # noqa: PTH208 - of many, in a hurry
    except (FileNotFoundError, NotADirectoryError):
        return not keys
    return len(names) == 2 * len(keys) and all(key in names and key + HEAD in names for key in keys)


def _settle_shard(
    layout: Layout, kind: Kind, shard: str, known: Mapping[str, tuple[int, int, float]]
) -> tuple[list[Row], set[str]]:
    """Return the entries of a folder that are not as `known`, and the keys of all.

    Heads are read where the file is not known, or with another size. What is in the folder and is no entry is removed:
    nothing else belongs there, and it would count against no limit.
    """
    folder = f"{layout.objects}/{kind}/{shard}"
    sizes = _sizes(folder)
    whole: set[str] = set()
    found: list[Row] = []
    for key, size in sizes.items():
        head_size = sizes.get(key + HEAD)
        if head_size is None or not is_key(key):
            continue
        size_known, space_known, used = known.get(key, (-1, 0, 0.0))
        if size_known == size + head_size and space_known == space(size, head_size):
            whole.add(key)
            continue
        head = read_head(f"{folder}/{key}{HEAD}")
        if head is not None and (head.kind, head.key, head.bytes) == (kind, key, size):
            whole.add(key)
            found.append(row_of(head, head_size, used or os.stat(f"{folder}/{key}{HEAD}").st_mtime))  # noqa: PTH116
    for name in sizes:
        if name.removesuffix(HEAD) not in whole:
            # What cannot be removed is no reason to go without a cache.
            with suppress(OSError):
                discard(f"{folder}/{name}")
    return found, whole


def discard(path: Path | str) -> None:
    """Remove what stands where only a file of the cache may stand. Raises OSError when it stays."""
    try:
        os.unlink(path)  # noqa: PTH108 - of many, in a hurry
    except FileNotFoundError:
        return
    except OSError:
        if not Path(path).is_dir() or Path(path).is_symlink():
            raise
        shutil.rmtree(path)


def _names(folder: Path) -> list[str]:
    try:
        return [each.name for each in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _sizes(folder: str) -> dict[str, int]:
    """Return names and sizes of what is in a folder; -1 for what is no regular file."""
    sizes = {}
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            regular = entry.is_file(follow_symlinks=False)
            sizes[entry.name] = entry.stat(follow_symlinks=False).st_size if regular else -1
    return sizes
