"""The ranges of an edit cover every frame that differs, and little more."""

from __future__ import annotations

from typing import Any

import msgspec

from protocol.project import Clip, Project
from protocol.project.normalise import normalise
from sidecar.services.projects import contents
from sidecar.services.projects.changes import REACH, _moved, changed_ranges, merged

Raw = dict[str, Any]
Ranges = list[tuple[int, int]]


def _clip(name: str, start: float = 0, duration: float = 2, **members: Any) -> Raw:
    source = {"kind": "file", "path": f"{name}.mp4"}
    return {"id": name, "source": source, "start": start, "duration": duration, **members}


def _project(*tracks: Raw, **members: Any) -> Raw:
    return {
        "schema": "timeline/1",
        "frameRate": "25",
        "width": 320,
        "height": 180,
        "tracks": [{"id": f"t{n}", **track} for n, track in enumerate(tracks)],
        **members,
    }


def _video(*clips: Raw, **members: Any) -> Raw:
    return {"kind": "video", "clips": list(clips), **members}


def _read(raw: Raw) -> Project:
    return normalise(msgspec.convert(raw, Project))


def _changed(old: Raw, new: Raw) -> tuple[Ranges, Ranges]:
    ranges = changed_ranges(_read(old), _read(new))
    return ranges.picture, ranges.sound


BASE = _project(_video(_clip("a"), _clip("b", 2), _clip("c", 6)))


def _with(clip: int, **members: Any) -> Raw:
    clips = [dict(each) for each in BASE["tracks"][0]["clips"]]
    clips[clip] |= members
    return _project(_video(*clips))


def test_nothing_changed() -> None:
    assert _changed(BASE, BASE) == ([], [])
    assert _changed(BASE, {**BASE, "name": "x", "description": "y", "markers": [{"time": 1}]}) == ([], [])
    assert _changed(BASE, _with(0, name="x", notes="y", tags=["z"], metadata={"k": 1}, link="l")) == ([], [])


def test_a_trim_changes_where_the_clip_lay_and_lies() -> None:
    assert _changed(BASE, _with(1, duration=1)) == ([(50, 100)], [(50, 100)])
    assert _changed(BASE, _with(1, start=3)) == ([(50, 125)], [(50, 125)])


def test_the_end_of_the_project_moves_with_its_last_clip() -> None:
    assert _changed(BASE, _with(2, duration=4)) == ([(150, 250)], [(150, 250)])
    later = _with(2, start=8)
    assert _changed(BASE, later) == ([(150, 250)], [(150, 250)])


def test_what_is_heard_changes_the_sound_only_and_what_is_seen_the_picture_only() -> None:
    assert _changed(BASE, _with(0, volume=0.5)) == ([], [(0, 50)])
    assert _changed(BASE, _with(0, muted=True)) == ([], [(0, 50)])
    assert _changed(BASE, _with(0, opacity=0.5)) == ([(0, 50)], [])
    assert _changed(BASE, _with(0, transform={"x": 0.3})) == ([(0, 50)], [])
    assert _changed(BASE, _with(0, speed=2)) == ([(0, 50)], [(0, 50)])
    only_sound = _with(0, source={"kind": "file", "path": "a.mp4", "videoStream": None})
    assert _changed(BASE, only_sound) == ([(0, 50)], [])
    no_sound = _with(0, source={"kind": "file", "path": "a.mp4", "audioStream": None})
    assert _changed(BASE, no_sound) == ([], [(0, 50)])


def test_a_disabled_clip_is_gone() -> None:
    assert _changed(BASE, _with(1, enabled=False)) == ([(50, 100)], [(50, 100)])


def test_a_track_changes_where_its_clips_lie() -> None:
    assert _changed(BASE, _project(_video(*BASE["tracks"][0]["clips"], opacity=0.5))) == ([(0, 100), (150, 200)], [])
    assert _changed(BASE, _project(_video(*BASE["tracks"][0]["clips"], muted=True))) == ([], [(0, 100), (150, 200)])
    gone = _project(_video(*BASE["tracks"][0]["clips"], enabled=False))
    assert _changed(BASE, gone) == ([(0, 200)], [(0, 200)])


def test_what_acts_on_everything_changes_everything() -> None:
    assert _changed(BASE, {**BASE, "background": "#112233"}) == ([(0, 200)], [])
    assert _changed(BASE, {**BASE, "masterVolume": 0.5}) == ([], [(0, 200)])
    assert _changed(BASE, {**BASE, "frameRate": "50"}) == ([(0, 400)], [(0, 400)])
    assert _changed(BASE, {**BASE, "export": {"video": {"pixelFormat": "yuv444p"}}}) == ([(0, 200)], [])
    assert _changed(BASE, {**BASE, "export": {"video": None, "audio": None}}) == ([(0, 200)], [(0, 200)])
    assert _changed(BASE, {**BASE, "export": {"video": {"quality": 10}}}) == ([], [])


def test_a_track_that_goes_below_another_changes_where_it_lies() -> None:
    low, high, top = _video(_clip("a", 0)), _video(_clip("b", 1)), _video(_clip("c", 5))
    three = _project(low, high, top)
    turned = {**three, "tracks": [three["tracks"][1], three["tracks"][0], three["tracks"][2]]}
    picture, sound = _changed(three, turned)
    assert picture in ([(0, 50)], [(25, 75)])
    assert sound == []
    between = {**three, "tracks": [{"id": "new", "kind": "video"}, *three["tracks"]]}
    assert _changed(three, between) == ([], [])


def test_the_fewest_are_moved() -> None:
    assert _moved(list("abcd"), list("bcda")) == {"a"}
    assert _moved(list("abcd"), list("dabc")) == {"d"}
    assert len(_moved(list("abcd"), list("dcba"))) == 3
    assert _moved(list("abc"), list("axc")) == frozenset()


def test_solo_changes_the_sound() -> None:
    two = _project(_video(_clip("a")), _video(_clip("b", 2)))
    solo = _project(_video(_clip("a")), _video(_clip("b", 2), solo=True))
    assert _changed(two, solo) == ([], [(0, 100)])
    quiet = _project(_video(_clip("a", volume=0.5)), _video(_clip("b", 2), solo=True))
    assert _changed(solo, quiet) == ([], [])


TRANSITION = {"id": "x", "type": "fade", "from": "a", "to": "b", "duration": 1}


def test_a_transition_changes_its_frames() -> None:
    clips = (_clip("a"), _clip("b", 2))
    plain, faded = _project(_video(*clips)), _project(_video(*clips, transitions=[TRANSITION]))
    assert _changed(plain, faded) == ([(38, 63)], [(38, 63)])
    longer = _project(_video(*clips, transitions=[{**TRANSITION, "duration": 2}]))
    assert _changed(faded, longer) == ([(25, 75)], [(25, 75)])
    # The clip before shows on through the transition, so a change to it reaches beyond its end.
    other = _project(_video(_clip("a", opacity=0.5), _clip("b", 2), transitions=[TRANSITION]))
    assert _changed(faded, other) == ([(0, 63)], [])
    free = _project(_video(*clips, transitions=[{**TRANSITION, "from": None}]))
    assert _changed(plain, free) == ([(50, 75)], [(50, 75)])
    out = _project(_video(*clips, transitions=[{**TRANSITION, "to": None}]))
    assert _changed(plain, out) == ([(25, 50)], [(25, 50)])
    nobody = _project(_video(*clips, transitions=[{**TRANSITION, "from": "y", "to": "z"}]))
    assert _changed(plain, nobody) == ([], [])


def test_a_transition_takes_the_fade_of_its_edge_away() -> None:
    clips = (_clip("a"), _clip("b", 2, fadeIn=1.8))
    plain, faded = _project(_video(*clips)), _project(_video(*clips, transitions=[TRANSITION]))
    picture, sound = _changed(plain, faded)
    assert (picture, sound) == ([(38, 100)], [(38, 63)])


def test_a_silent_crossing_moves_with_its_cut() -> None:
    quiet = _project(_video(_clip("a"), _clip("b", 2, muted=True), transitions=[TRANSITION]))
    moved = _project(_video(_clip("a"), _clip("b", 3, muted=True), transitions=[{**TRANSITION}]))
    _, sound = _changed(quiet, moved)
    assert sound == [(38, 88), (100, 125)]


def test_what_clips_refer_to() -> None:
    source = {"kind": "file", "media": "m"}
    clips = (_clip("a", source=source), _clip("b", 2))
    media = {"id": "m", "path": "m.mp4"}
    base = _project(_video(*clips), media=[media])
    assert _changed(base, {**base, "media": [{**media, "path": "n.mp4"}]}) == ([(0, 50)], [(0, 50)])
    assert _changed(base, {**base, "media": [{**media, "interpret": {"rotation": 90}}]}) == ([(0, 50)], [])
    assert _changed(base, {**base, "media": [{**media, "name": "new"}]}) == ([], [])
    cells = [{"x": 0, "y": 0, "width": 1, "height": 1}]
    template = {"id": "t", "cells": cells}
    laid = _project(_video(_clip("a", layout={"template": "t"})), templates=[template])
    assert _changed(laid, {**laid, "templates": [{**template, "gap": 0.1}]}) == ([(0, 50)], [])
    title = _clip("a", source={"kind": "title", "text": "Hello"})
    titled = _project(_video(title, _clip("b", 2)))
    assert _changed(titled, {**titled, "fonts": [{"path": "f.ttf"}]}) == ([(0, 50)], [])


def test_tones_and_noise() -> None:
    tone = _clip("a", source={"kind": "tone"})
    other = _clip("a", source={"kind": "tone", "frequency": 880})
    audio = _project({"kind": "audio", "clips": [tone]})
    assert _changed(audio, _project({"kind": "audio", "clips": [other]})) == ([], [(0, 50)])
    noise, louder = (_clip("a", source={"kind": "noise", "level": level}) for level in (0.1, 0.2))
    assert _changed(_project(_video(noise)), _project(_video(louder))) == ([(0, 50)], [])
    silence = _project({"kind": "audio", "clips": [_clip("a", source={"kind": "silence"})]})
    assert _changed(audio, silence) == ([], [(0, 50)])


def _cues(*cues: Raw, **members: Any) -> Raw:
    return {"kind": "subtitle", "cues": list(cues), **members}


def test_cues() -> None:
    one, two = {"id": "q1", "start": 0.5, "end": 1, "text": "a"}, {"id": "q2", "start": 0.9, "end": 1.5, "text": "b"}
    film = _video(_clip("a", duration=10))
    base = _project(film, _cues(one, two))
    assert _changed(base, _project(film, _cues({**one, "text": "c"}, two))) == ([(13, 25)], [])
    assert _changed(base, _project(film, _cues(one))) == ([(23, 38)], [])
    assert _changed(base, _project(film, _cues(one, two, style={"italic": True}))) == ([(13, 38)], [])
    assert _changed(base, _project(film, _cues(one, two, name="x", language="de"))) == ([], [])
    assert _changed(base, _project(film, _cues({**one, "enabled": False}, two))) == ([(13, 25)], [])
    # They stack in the order of the list.
    assert _changed(base, _project(film, _cues(two, one)))[0] in ([(13, 25)], [(23, 38)])
    assert _changed(base, {**base, "export": {"subtitles": "none"}}) == ([(0, 250)], [])


EFFECT = {"id": "e", "type": "blur", "parameters": {"radius": 1}}


def test_effects_look_around() -> None:
    clips = (_clip("a"), _clip("b", 2), _clip("c", 6))
    for carrier in (
        {"effects": [EFFECT]},
        {"tracks": [_video(*clips, effects=[EFFECT])]},
        {"tracks": [_video(*clips), _video(_clip("z", 0, 8, source={"kind": "adjustment"}, effects=[EFFECT]))]},
    ):
        tracks = carrier.pop("tracks", [_video(*clips)])
        base = _project(*tracks, **carrier)
        edited = _project(
            {**tracks[0], "clips": [clips[0], _clip("b", 2, opacity=0.5), clips[2]]}, *tracks[1:], **carrier
        )
        assert _changed(base, edited) == ([(50 - REACH, 100 + REACH)], [])
    louder = _project(_video(clips[0], _clip("b", 2, volume=0.5), clips[2], effects=[EFFECT]))
    assert _changed(_project(_video(*clips, effects=[EFFECT])), louder) == ([], [(50, 200)])
    off = {**EFFECT, "enabled": False}
    assert _changed(BASE, _project(_video(*clips, effects=[off]))) == ([], [])
    assert _changed(BASE, _with(0, effects=[EFFECT])) == ([(0, 50)], [(0, 50)])


def test_sound_that_depends_on_all_of_it() -> None:
    louder = _with(0, volume=0.5)
    loudness = {"export": {"audio": {"loudness": {"target": -16}}}}
    assert _changed({**BASE, **loudness}, {**louder, **loudness}) == ([], [(0, 200)])
    duck = {"type": "duck", "parameters": {"track": "t0"}}
    ducked = [_with(1, effects=[duck]), _with(1, effects=[duck], volume=0.5)]
    assert _changed(*ducked)[1] == [(0, 200)]
    track = [_project(_video(_clip("a", volume=v), effects=[duck]), _video(_clip("b", 6))) for v in (1, 0.5)]
    assert _changed(*track)[1] == [(0, 200)]


def test_every_member_of_a_clip_is_judged() -> None:
    judged = {
        *contents.IN_TIME,
        *contents.OF_PICTURE,
        *contents.OF_SOUND,
        *("id", "name", "link", "markers", "notes", "tags", "metadata"),  # without effect
        *("source", "enabled", "muted", "layout", "effects"),  # read apart
    }
    assert judged == {field.name for field in msgspec.structs.fields(Clip)}


def test_merged() -> None:
    assert merged([(5, 7), (0, 2), (2, 3), (6, 9), (-4, -1), (20, 30)], 25) == [(0, 3), (5, 9), (20, 25)]


# --- What a frame shows, worked out frame by frame in the plainest way ---------------------------------------------
