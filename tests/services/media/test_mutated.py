"""Mutated files by the thousand: whatever they do to a worker, the service answers, typed and in time."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
import trio

from protocol.errors import MediaEncrypted, MediaUnreadable, MediaUnsupported, SidecarError, Timeout
from sidecar.ffmpeg.supervisor import open_supervisor
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.store import open_cache_store
from sidecar.services.media.messages import IndexLevel
from sidecar.services.media.service import MediaService, open_media_service
from sidecar.services.settings import SettingsStore
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE

KINDS = (
    "a.mp4",
    "b.mov",
    "c.mkv",
    "d.webm",
    "e.avi",
    "f.ts",
    "g.mp3",
    "h.wav",
    "i.flac",
    "j.gif",
    "k.png",
    "l.ogg",
    "m.flv",
)
LEVELS: tuple[IndexLevel, ...] = ("none", "keyframes", "full")
SECONDS = 60.0
"""The time limit that each is given: one that needs longer has hung."""


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("seeds")
    found = {}
    for name in KINDS:
        reordered = 2 if name in {"a.mp4", "c.mkv"} else None
        audio = None if name[-3:] in {"gif", "png"} else "stereo"
        found[name] = make_clip(
            folder / name, seconds=0.5, size=(96, 64), audio=audio, gop=5, b_frames=reordered
        ).read_bytes()
    return found


def mutated(whole: bytes, draw: random.Random) -> bytes:
    """Damage a file as disks, cables, programs and strangers do."""
    data = bytearray(whole)
    match draw.randrange(6):
        case 0:
            for _ in range(draw.randint(1, 40)):
                data[draw.randrange(len(data))] = draw.randrange(256)
        case 1:
            # Where headers are, more hits.
            for _ in range(draw.randint(1, 20)):
                data[draw.randrange(min(len(data), 1_000))] ^= 1 << draw.randrange(8)
        case 2:
            del data[draw.randrange(1, len(data)) :]
        case 3:
            at = draw.randrange(len(data))
            data[at : at + draw.randint(1, 2_000)] = b""
        case 4:
            at = draw.randrange(len(data))
            data[at:at] = data[draw.randrange(len(data)) :][: draw.randint(1, 4_000)]
        case _:
            # Sizes and counts at their limits.
            at = draw.randrange(max(1, len(data) - 8))
            data[at : at + 4] = draw.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\x80\0\0\0"))
    return bytes(data)


async def probe_all(folder: Path, seeds: dict[str, bytes], count: int) -> Counter[str]:
    """Probe so many mutated files; return how each ended."""
    settings = SettingsStore(folder / "settings.json", arguments={"workers": 2}, environ={})
    memory = MemoryTier(1 << 20)
    ends: Counter[str] = Counter()
    with open_cache_store(folder / "cache", instance_id="t", limits=lambda: CacheLimits(1 << 30)) as store:
        async with (
            open_supervisor() as supervisor,
            open_media_service(supervisor, folder, settings, cache=lambda: store, memory=lambda: memory) as media,
        ):
            limiter = trio.CapacityLimiter(3)

            async def one(number: int) -> None:
                async with limiter:
                    draw = random.Random(number)
                    name = draw.choice(KINDS)
                    path = folder / f"{number}-{name}"
                    path.write_bytes(mutated(seeds[name], draw))
                    ends[await probe_one(media, path, draw.choice(LEVELS))] += 1
                    path.unlink()

            async with trio.open_nursery() as nursery:
                for number in range(count):
                    nursery.start_soon(one, number)
            # The service is as it was.
            good = folder / "good.mp4"
            good.write_bytes(seeds["a.mp4"])
            assert (await media.probe(good)).video
    return ends


async def probe_one(media: MediaService, path: Path, index: IndexLevel) -> str:
    try:
        with trio.fail_after(SECONDS + 10):
            await media.probe(path, index=index, timeout=SECONDS)
    except SidecarError as error:
        return error.kind
    return "described"


def judge(ends: Counter[str], count: int) -> None:
    assert sum(ends.values()) == count
    assert not ends[Timeout.kind], ends
    # A decoder may crash: in its worker, and only on some.
    known = {"described", MediaUnreadable.kind, MediaUnsupported.kind, MediaEncrypted.kind, "decoderCrashed"}
    assert set(ends) <= known, ends
    assert ends["decoderCrashed"] <= count // 50, ends
    assert ends["described"] > count // 4, ends
    assert ends[MediaUnreadable.kind], ends


async def test_mutated_files_end_typed_and_in_time(tmp_path: Path, seeds: dict[str, bytes]) -> None:
    with trio.fail_after(PATIENCE):
        judge(await probe_all(tmp_path, seeds, 60), 60)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
async def test_two_thousand_mutated_files(tmp_path: Path, seeds: dict[str, bytes]) -> None:
    judge(await probe_all(tmp_path, seeds, 2_000), 2_000)
