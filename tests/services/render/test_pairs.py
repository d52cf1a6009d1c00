"""Jobs in every container with every codec of picture and sound: all frames, for as long as they should, in sync."""

from __future__ import annotations

from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import av
import pytest

from protocol.project.export import AudioCodec, Container, VideoCodec
from protocol.project.formats import AUDIO_CODECS, CONTAINERS, VIDEO_CODECS
from tests.harness.flashes import Flashing, blips, flashes, make_flashing
from tests.harness.media import decode_luma, decode_sound
from tests.services.render.studio import file, project, studio

SIZE = (256, 128)
SECONDS = 3
RATE = 25
APART = 0.010
"""Seconds that sound may lie from where it belongs."""

LASTS = 0.05
"""Seconds that a lossy sound may last longer or shorter: it comes in packets."""

BOTH = [name for name, facts in CONTAINERS.items() if facts.video and facts.audio]
SOUND_ALONE = [
    (container, codec) for container, facts in CONTAINERS.items() if not facts.video for codec in facts.audio
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Flashing:
    path = tmp_path_factory.mktemp("media") / "flashes.mkv"
    return make_flashing(path, seconds=SECONDS + 1, rate=str(RATE), every=25, audio_codec="flac", size=SIZE)


def pairs(container: Container) -> list[tuple[VideoCodec, AudioCodec]]:
    """Return every codec of picture and every codec of sound that a container takes, at least once."""
    facts = CONTAINERS[container]
    count = max(len(facts.video), len(facts.audio))
    return list(islice(zip(cycle(facts.video), cycle(facts.audio), strict=False), count))


def settings(codec: VideoCodec) -> dict[str, Any]:
    facts = VIDEO_CODECS[codec]
    fast = {"preset": "fastest"} if facts.tuned else {}
    return {"codec": codec, "pixelFormat": facts.pixel_formats[0], **fast}


def film(source: Flashing, container: str, video: dict[str, Any] | None, sound: str) -> dict[str, Any]:
    export = {"container": container, "video": video, "audio": {"codec": sound}}
    return project(file(source.path, 0, SECONDS), width=SIZE[0], height=SIZE[1], export=export)


def length(path: Path) -> float:
    """Return how many seconds a container says that it lasts."""
    with av.open(str(path)) as read:
        assert read.duration is not None
        return read.duration / av.time_base


@pytest.mark.parametrize("container", BOTH)
async def test_every_codec_in_its_containers(container: Container, source: Flashing, tmp_path: Path) -> None:
    instants = [at for at in source.instants if at < SECONDS]
    async with studio(tmp_path) as desk:
        for video, sound in pairs(container):
            target = tmp_path / f"{video}-{sound}.{container}"
            ended = await desk.finish(film(source, container, settings(video), sound), target)
            assert ended.error is None, (video, sound, ended.error)
            assert sum(1 for _ in decode_luma(target)) == SECONDS * RATE, (video, sound)
            assert length(target) == pytest.approx(SECONDS, abs=LASTS), (video, sound)
            shown, heard = flashes(target), blips(target)
            first = shown[0] - instants[0]
            # Matroska moves the picture by the priming of AAC: both begin later then.
            assert 0 <= first <= Fraction(3, 100), (video, sound)
            assert [float(at - first) for at in shown] == pytest.approx([float(at) for at in instants], abs=0.002), (
                video,
                sound,
            )
            assert heard == pytest.approx([float(at) for at in shown], abs=APART), (video, sound)


@pytest.mark.parametrize(("container", "codec"), SOUND_ALONE)
async def test_every_sound_alone(container: str, codec: AudioCodec, source: Flashing, tmp_path: Path) -> None:
    target = tmp_path / f"film.{container}"
    async with studio(tmp_path) as desk:
        ended = await desk.finish(film(source, container, None, codec), target)
    assert ended.error is None
    rate, samples = decode_sound(target)
    lasts = 1 / rate if AUDIO_CODECS[codec].lossless else LASTS
    assert samples.shape[1] / rate == pytest.approx(SECONDS, abs=lasts)
    # What a decoder does not drop of the priming comes before the first sample.
    late = 0.0 if container != "mp3" else 0.03
    wanted = [float(at) for at in source.instants if at < SECONDS]
    assert [at - late for at in blips(target)] == pytest.approx(wanted, abs=APART + late)
