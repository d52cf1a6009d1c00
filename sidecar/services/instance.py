"""This process among others on the machine: an id, and folders that an OS lock makes its own.

The first sidecar owns the data folder itself. A second takes a sub-folder and adopts nothing, and so does a guest (a
command that has no use for jobs and edits of others) even where it is the first; whoever next owns the data folder
adopts the sub-folders whose locks are free. A lock ends with its process, so nothing has to be cleaned up after a crash
before the next start.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep, time

from protocol.errors import DiskFull, SettingsInvalid
from sidecar.services.files import NO_SPACE, make_private
from sidecar.services.folders import Folders, Roots
from sidecar.services.locks import FileLock, try_lock

LOCK = "instance.lock"
ADDRESS = "instance.json"
"""In which a sidecar says how it is reached; it means nothing once its lock is free."""

OTHERS = "instances"
KEEP_LOGS = 7 * 86_400.0

GLANCES = (0.01, 0.03)
"""Seconds between looks at a lock that is taken: whoever looks whether it is has it for a moment."""

OUTLIVES = 2.0
"""Seconds that the lock of a dead process is waited for: a child of its, between fork and exec, has a copy of it yet."""


@contextmanager
def open_folders(roots: Roots, *, guest: bool = False) -> Iterator[Folders]:
    """Make the folders, take what is free, and give it back at the end; the temp folder goes with it.

    A `guest` leaves the data folder to others, whether or not somebody has it.
    Raises SettingsInvalid with the setting's name when a folder cannot be made or written, DiskFull when the disk is.
    """
    instance_id = secrets.token_hex(8)
    with ExitStack() as held:
        data, adopted = _claim_data(roots.data, instance_id, held, guest=guest)
        log = roots.log if data == roots.data else roots.log / OTHERS / instance_id
        with _named("cacheDir", roots.cache):
            make_private(roots.cache)
        with _named("dataDir", log):
            make_private(log)
            held.callback(_remove_empty, log)
            _sweep_logs(roots)
        temp = _claim_temp(roots.temp, instance_id, held)
        yield Folders(data, roots.cache, temp, log, instance_id, adopted)


def _claim_data(root: Path, instance_id: str, held: ExitStack, *, guest: bool) -> tuple[Path, tuple[Path, ...]]:
    with _named("dataDir", root):
        make_private(root / OTHERS)
        own = None if guest else _own(root)
        if own is None:
            data, lock = _claim_own(root / OTHERS, instance_id, f"/{LOCK}")
            held.callback(_leave, data, lock)
            _sweep_data(root / OTHERS)
            return data, ()
        held.callback(own.release)
        _forget(root)
        adopted = []
        for folder in sorted((root / OTHERS).iterdir()):
            lock_or_none = _try_adopt(folder)
            if lock_or_none is not None:
                held.callback(_leave, folder, lock_or_none)
                _forget(folder)
                adopted.append(folder)
        return root, tuple(adopted)


def _own(root: Path) -> FileLock | None:
    """Take the data folder itself, unless somebody has it for longer than it takes to see whether somebody has it."""
    for wait in GLANCES:
        lock = try_lock(root / LOCK)
        if lock is not None:
            return _signed(lock)
        sleep(wait)
    return _inherited(root / LOCK)


def _inherited(path: Path) -> FileLock | None:
    """Take the lock of a file, unless a living process has it. Raises OSError when the file cannot be made."""
    deadline = monotonic() + OUTLIVES
    while (lock := try_lock(path)) is None and monotonic() < deadline and not _lives(path):
        sleep(GLANCES[-1])
    return None if lock is None else _signed(lock)


def _signed(lock: FileLock) -> FileLock:
    """Write into the file of a lock which process has it; a full disk is no reason not to start."""
    with suppress(OSError):
        os.ftruncate(lock.descriptor, os.write(lock.descriptor, str(os.getpid()).encode()))
    return lock


def _lives(path: Path) -> bool:
    """Whether the process runs that has the lock of a file; where that cannot be told it does."""
    if sys.platform != "linux":
        return True
    try:
        status = Path(f"/proc/{int(path.read_bytes())}/stat").read_bytes()
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    return status.rpartition(b")")[2].split()[0] not in (b"Z", b"X")


def _claim_temp(root: Path, instance_id: str, held: ExitStack) -> Path:
    with _named("tempDir", root):
        make_private(root)
        temp, lock = _claim_own(root, instance_id, ".lock")
        held.callback(lock.release, remove=True)
        held.callback(shutil.rmtree, temp, ignore_errors=True)
        _sweep(root)
        return temp


def _claim_own(root: Path, instance_id: str, lock_suffix: str) -> tuple[Path, FileLock]:
    """Make a folder of our own and lock it; another name when someone who looks for dead ones was a moment faster."""
    folder, attempt = root / instance_id, 1
    while True:
        make_private(folder)
        try:
            lock = try_lock(Path(f"{folder}{lock_suffix}"))
        except FileNotFoundError:
            continue  # somebody took the folder for one of the dead
        if lock is not None:
            _signed(lock)
            # Again: whoever locked the dead for a moment may have removed what it took for theirs.
            make_private(folder)
            return folder, lock
        attempt += 1
        folder = root / f"{instance_id}-{attempt}"


def _try_adopt(folder: Path) -> FileLock | None:
    try:
        return _inherited(folder / LOCK)
    except (FileNotFoundError, NotADirectoryError):
        # Its owner has just removed it, or it is nobody's folder.
        return None


def _leave(folder: Path, lock: FileLock) -> None:
    """Release a sub-folder; one that holds nothing more than its lock goes too."""
    empty = _is_bare(folder)
    if empty:
        _forget(folder)
    lock.release(remove=empty)
    if empty:
        _remove_empty(folder)


def _forget(folder: Path) -> None:
    """Remove how whoever had a folder before was reached; the lock is ours."""
    with suppress(OSError):
        (folder / ADDRESS).unlink()


def _is_bare(folder: Path) -> bool:
    """Whether a sub-folder holds nothing but its lock, and how somebody was reached."""
    try:
        return {path.name for path in folder.iterdir()} - {ADDRESS} == {LOCK}
    except (FileNotFoundError, NotADirectoryError):
        return False


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _sweep_data(others: Path) -> None:
    """Remove sub-folders of the dead that left nothing. Those that did wait for whoever adopts them, unlocked."""
    for folder in sorted(others.iterdir()):
        lock = _try_adopt(folder) if _is_bare(folder) else None
        if lock is not None:
            _leave(folder, lock)


def _sweep(root: Path) -> None:
    """Remove temp folders whose instance is gone: the lock comes first, so a living one is never touched."""
    for path in sorted(root.glob("*.lock")):
        lock = try_lock(path)
        if lock is not None:
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
            lock.release(remove=True)


def _sweep_logs(roots: Roots) -> None:
    """Remove old logs of instances that had a sub-folder; those of the last days may still explain something."""
    for folder in (roots.log / OTHERS).glob("*"):
        gone = not (roots.data / OTHERS / folder.name).exists()
        # Another one that starts may be removing them, too.
        with suppress(OSError):
            if gone and time() - max((path.stat().st_mtime for path in folder.glob("*")), default=0.0) > KEEP_LOGS:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _named(key: str, folder: Path) -> Iterator[None]:
    """Turn a failure to make or lock a folder into an error that names the setting behind it."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            raise DiskFull(path=str(folder)) from error
        raise SettingsInvalid(
            key=key,
            detail=f"{folder} cannot be used: {error.strerror or error}",
            suggestion="Name another folder, or make this one writable",
        ) from error
