"""Lays pictures on a sheet."""

from __future__ import annotations

import numpy as np

from sidecar.services.media.filmstrip.encode import Encoder, decoded
from sidecar.services.media.filmstrip.look import MakeSheet
from sidecar.services.media.messages import Answer, Send

TASK = MakeSheet


def run(task: MakeSheet, _send: Send) -> Answer:
    """Return the sheet's file."""
    rows = -(-len(task.images) // task.columns)
    across, down = task.step
    channels = 4 if task.alpha else 3
    sheet = np.zeros((rows * down, task.columns * across, channels), dtype=np.uint8)
    if not task.alpha:
        sheet[:] = [int(task.background[place : place + 2], 16) for place in (1, 3, 5)]
    for place, image in enumerate(task.images):
        if image is None:
            continue
        picture = decoded(image, alpha=task.alpha)
        top, left = place // task.columns * down, place % task.columns * across
        # What lies beside a picture inside its cell goes on as its edge: JPEG mixes blocks of pixels.
        room = ((0, down - picture.shape[0]), (0, across - picture.shape[1]), (0, 0))
        sheet[top : top + down, left : left + across] = np.pad(picture, room, mode="edge")
    size = sheet.shape[1], sheet.shape[0]
    return Answer(body=Encoder(task.format, task.quality, size, alpha=task.alpha).encode(sheet))
