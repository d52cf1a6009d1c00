"""The ranges of drawn edits cover every frame that differs, by a plain reading of what is shown and heard."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.project import AdjustmentSource, AudioTrack, Clip, Project, SubtitleTrack, VideoTrack
from protocol.project.timing import clip_frames, cue_frames, duration_frames, project_rate, transition_frames
from sidecar.services.projects.changes import changed_ranges
from tests.services.projects.test_changes import Raw, _clip, _project, _read


def _frame(project: Project, n: int, *, picture: bool) -> Any:
    """Everything that frame n is made from, nested as it is composed; it knows nothing of spans and ids."""
    if n >= duration_frames(project):
        return None
    rate = project_rate(project)
    export = project.export
    whole = (
        (project.width, project.height, project.background, project.frame_rate)
        if picture
        else (project.master_volume, project.sample_rate, project.channels, export.audio)
    )
    layers: list[Any] = []
    solo = any(t.solo and t.enabled for t in project.tracks if not isinstance(t, SubtitleTrack))
    for track in project.tracks:
        if not track.enabled:
            continue
        if isinstance(track, SubtitleTrack):
            shown = [
                (q.start, q.end, q.text, q.style) for q in track.cues if q.enabled and _holds(cue_frames(q, rate), n)
            ]
            if picture and shown:
                layers.append(("cues", track.style, shown))
            continue
        if (picture and isinstance(track, AudioTrack)) or (not picture and (track.muted or (solo and not track.solo))):
            continue
        layer = _layer(project, track, n, picture=picture)
        if layer:
            layers.append(
                (track.opacity, layer) if picture and isinstance(track, VideoTrack) else (track.volume, layer)
            )
    return whole, layers


def _holds(frames: tuple[int, int], n: int) -> bool:
    return frames[0] <= n < frames[1]


def _layer(project: Project, track: VideoTrack | AudioTrack, n: int, *, picture: bool) -> list[Any]:
    rate = project_rate(project)
    clips = {clip.id: clip for clip in track.clips if clip.enabled}
    joined = {end for t in track.transitions if t.from_ in clips and t.to in clips for end in (t.from_, t.to)}
    layer = [
        _shown(clip, clip.id in joined, n - clip_frames(clip, rate)[0], picture=picture)
        for clip in clips.values()
        if _holds(clip_frames(clip, rate), n)
    ]
    for t in track.transitions:
        a, b = clips.get(t.from_), clips.get(t.to)
        if a is None or b is None:
            continue
        span = transition_frames(t, rate, outgoing=clip_frames(a, rate), incoming=clip_frames(b, rate))
        if _holds(span, n):
            both = [_shown(each, True, n - clip_frames(each, rate)[0], picture=picture) for each in (a, b)]
            layer.append((t.type, n - span[0], span[1] - span[0], both))
    return [each for each in layer if each is not None]


def _shown(clip: Clip, joined: bool, k: int, *, picture: bool) -> Any:  # noqa: FBT001
    common = (clip.source, k, clip.source_start, clip.speed)
    if picture:
        if isinstance(clip.source, AdjustmentSource):
            return None
        # A transition takes the place of a fade; where there is none, nothing changes.
        faded = (clip.fade_in, clip.fade_out) != (0, 0) and not joined
        fade = (clip.fade_in, clip.fade_out, clip.duration) if faded else None
        return (*common, clip.opacity, clip.fit, fade)
    return None if clip.muted else (*common, clip.volume, clip.audio_fade_in, clip.duration)


_times = st.sampled_from([0, 0.5, 1, 1.02, 2, "1/3"])


@st.composite
def _tracks(draw: st.DrawFn) -> list[Raw]:
    tracks = []
    for name in draw(st.permutations(["v1", "v2", "s1", "a1"]).map(lambda names: names[: draw(st.integers(1, 4))])):
        common: Raw = {"id": name, "enabled": draw(st.sampled_from([True, True, True, False]))}
        if name == "s1":
            cues = [
                {"id": q, "start": start, "end": start + 0.7, "text": draw(st.sampled_from("ab"))}
                for q in draw(st.permutations(["q1", "q2"]))
                for start in (draw(st.sampled_from([0.0, 0.4, 2.1])),)
            ]
            tracks.append({**common, "kind": "subtitle", "cues": cues})
            continue
        clips, at = [], draw(st.sampled_from([0.0, 0.5]))
        for place in range(draw(st.integers(0, 3))):
            duration = draw(st.sampled_from([1.0, 1.5, 2.0]))
            members: Raw = {
                "volume": draw(st.sampled_from([1, 1, 0.5])),
                "muted": draw(st.sampled_from([False, False, True])),
                "enabled": draw(st.sampled_from([True, True, True, False])),
                "sourceStart": draw(_times),
            }
            if name != "a1":
                members |= {"opacity": draw(st.sampled_from([1, 1, 0.5])), "fadeIn": draw(st.sampled_from([0, 0.8]))}
            clips.append(_clip(f"{name}c{place}", at, duration, **members))
            at += duration
        transitions = [
            {"id": f"{name}t{n}", "type": "crossfade", "from": a["id"], "to": b["id"], "duration": 0.4}
            for n, (a, b) in enumerate(pairwise(clips))
            if draw(st.booleans())
        ]
        kind = "audio" if name == "a1" else "video"
        track = {**common, "kind": kind, "clips": clips, "transitions": transitions}
        track |= {"solo": draw(st.sampled_from([False, False, True])), "volume": draw(st.sampled_from([1, 0.5]))}
        tracks.append(track)
    return tracks


_MIXED = st.lists(st.booleans(), min_size=4, max_size=4)


@settings(max_examples=100, deadline=None)
@given(old=_tracks(), new=_tracks(), mixed=_MIXED)
def test_every_frame_that_differs_is_covered(old: list[Raw], new: list[Raw], mixed: list[bool]) -> None:
    _compare(old, new, mixed)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@settings(max_examples=5_000, deadline=None)
@given(old=_tracks(), new=_tracks(), mixed=_MIXED)
def test_every_frame_that_differs_is_covered_by_far_more_edits(
    old: list[Raw], new: list[Raw], mixed: list[bool]
) -> None:
    _compare(old, new, mixed)


def _compare(old: list[Raw], new: list[Raw], mixed: list[bool]) -> None:
    # Most tracks are taken over as they are, as in an edit: only then is there something left to be right about.
    by_id = {track["id"]: track for track in new}
    kept = zip(old, mixed, strict=False)
    after = [by_id.get(track["id"], track) if other else track for track, other in kept]
    one, two = _read({**_project(), "tracks": old}), _read({**_project(), "tracks": after})
    ranges = changed_ranges(one, two)
    for picture, covered in ((True, ranges.picture), (False, ranges.sound)):
        for n in range(max(duration_frames(one), duration_frames(two))):
            if _frame(one, n, picture=picture) != _frame(two, n, picture=picture):
                assert any(first <= n < end for first, end in covered), (picture, n, covered)
    assert changed_ranges(one, one) == changed_ranges(two, two)
