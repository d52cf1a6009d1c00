"""What drawn timelines found, shrunk and named."""

from __future__ import annotations

import numpy as np

from tests.harness.rendering import clip, project
from tests.reference.rendered import DEEP, RGB, Films, Json, agree, pictures


def picture(*tracks: Json, **members: object) -> Json:
    return project(*tracks, **{"size": (96, 54), "export": RGB, **members})  # type: ignore[arg-type]


def test_a_fade_between_pictures_that_fill_the_frame_keeps_the_opacity_of_its_track(films: Films) -> None:
    clips = [clip("large.mkv", 0, 0.12, id="a"), clip("frames.mp4", 0.12, 0.12, id="b")]
    fade = {"type": "fade", "from": "a", "to": "b", "duration": 0.12}
    agree(picture({"clips": clips, "transitions": [fade], "opacity": 0.3}, background="#28C8C8"), films)


def test_what_a_cover_cuts_off_between_pixels_is_cut_there(films: Films) -> None:
    moved = {"rotation": 171, "anchorX": 0.1}
    agree(picture({"clips": [clip("fast.mkv", 0, 0.08, fit="cover", transform=moved)]}, background="#28C8C8"), films)


def test_pictures_have_no_bright_rim_where_they_lie_between_pixels(films: Films) -> None:
    moved = {"x": 0.305, "scaleX": 0.6, "scaleY": 0.6}
    agree(picture({"clips": [clip("old.mkv", 0, 0.08, transform=moved)]}, background="#204060"), films)


def test_a_track_with_effects_has_its_opacity_once(films: Films) -> None:
    basic = {"type": "basic", "parameters": {"brightness": 0.1}}
    track = {"clips": [clip("plain.mkv", 0, 0.08)], "effects": [basic], "opacity": 0.3}
    agree(picture(track, background="#28C8C8"), films)


def test_a_picture_aligned_in_a_cell_lies_on_whole_pixels(films: Films) -> None:
    cell = {"x": 0.5, "y": 0, "width": 0.5, "height": 0.5, "fit": "contain", "alignY": "bottom"}
    clips = [clip("still.png", 0, 0.08, layout={"template": "own", "cell": 0})]
    agree(picture({"clips": clips}, templates=[{"id": "own", "gap": 0.05, "cells": [cell]}]), films)


def test_an_adjustment_clip_acts_on_what_is_below_whatever_effects_its_track_has(films: Films) -> None:
    basic = {"type": "basic", "parameters": {"brightness": 0.1}}
    darker = {"type": "basic", "parameters": {"brightness": -0.2}}
    clips = [clip("old.mkv", 0, 0.08), clip({"kind": "adjustment"}, 0.08, 0.08, effects=[darker], opacity=0.6)]
    agree(picture({"clips": [clip("plain.mkv", 0, 0.2)]}, {"clips": clips, "effects": [basic]}), films)


def test_clips_keep_their_blend_on_a_track_with_effects(films: Films) -> None:
    basic = {"type": "basic", "parameters": {"brightness": 0.1}}
    clips = [clip("old.mkv", 0, 0.08), clip("large.mkv", 0.08, 0.08, blend="multiply")]
    agree(picture({"clips": [clip("plain.mkv", 0, 0.2)]}, {"clips": clips, "effects": [basic]}), films)


def test_frames_between_frames_with_alpha_are_their_mean(films: Films) -> None:
    clips = [clip("veil.mov", 0, 0.16, sourceStart=0.17, retime="blend")]
    agree(picture({"clips": clips}, background="#5AC800", rate="30000/1001"), films)


def test_a_frame_at_which_a_layer_has_faded_is_what_it_is_without_the_layer(films: Films) -> None:
    clips = [clip("fast.mkv", 0, 0.16, fadeOut=0.08)]
    for background in ("#000000", "#28C8C8"):
        raw = picture({"clips": [clip("veil.png", 0, 0.16)]}, {"clips": clips}, export=DEEP, background=background)
        whole = pictures(raw, films.folder)
        (alone,) = pictures(raw, films.folder, (3, 4))
        assert np.array_equal(whole[3], alone)
