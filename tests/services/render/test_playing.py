"""What is joined of cells plays in a browser, frame by frame and to its end, where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.harness.chromium import CHROMIUM, play
from tests.harness.media import make_clip, read_numbers
from tests.services.render.studio import file, project, studio

SIZE = {"width": 192, "height": 96}


async def shown(raw: dict[str, Any], folder: Path, numbers: list[int], looks: list[int], cells: int) -> None:
    """Render, and compare what Chromium shows at some frames with the numbers that belong there."""
    target = folder / "film.mp4"
    async with studio(folder / "home") as desk:
        ended = await desk.finish(raw, target)
    assert (ended.state, ended.plan.segments) == ("completed", cells)
    assert read_numbers(target) == numbers
    told = play(target, [(frame + 0.5) / 25 for frame in looks])
    assert told["errors"] == []
    assert told["seen"] == [numbers[frame] for frame in looks]
    assert told["frames"] >= len(numbers)
    assert abs(told["duration"] - len(numbers) / 25) < 0.06


if CHROMIUM is not None:

    async def test_cells_of_one_picture_that_were_made_for_longer_ones(tmp_path: Path) -> None:
        clip = make_clip(tmp_path / "clip.mp4", seconds=4)
        held = [(7, 2.2), (41, 6.2), (93, 3.0)]
        clips, numbers, at = [], list[int](), 0.0
        for number, seconds in held:
            clips.append(file(clip, at, seconds, sourceStart=f"{number}/25", freeze=True))
            clips.append(file(clip, at + seconds, 1, sourceStart=1))
            numbers += [*[number] * round(seconds * 25), *range(25, 50)]
            at = round(at + seconds + 1, 3)
        looks = [0, 54, 55, 79, 80, 179, 180, 234, 235, 259, 260, 334, 335, 359, 30]
        await shown(project(*clips, **SIZE), tmp_path, numbers, looks, 7)

    async def test_a_film_of_thirty_joins(tmp_path: Path) -> None:
        clip = make_clip(tmp_path / "clip.mp4", seconds=5, audio="stereo")
        firsts = [(7 * part) % 115 for part in range(31)]
        clips = [file(clip, part * 0.4, 0.4, sourceStart=f"{first}/25") for part, first in enumerate(firsts)]
        numbers = [number for first in firsts for number in range(first, first + 10)]
        looks = [0, 9, 10, 19, 20, 155, 299, 300, 309, 150, 149, 35]
        await shown(project(*clips, **SIZE, export={}), tmp_path, numbers, looks, 31)
