"""The planted faults: what goes wrong in engines like this one, each as small as it would be in the code."""

from __future__ import annotations

from tests.faults.colours import COLOURS
from tests.faults.layers import LAYERS
from tests.faults.places import PLACES
from tests.faults.sound import SOUND
from tests.faults.timing import CROSSINGS, TIME, VALUES

FAULTS = (*TIME, *VALUES, *CROSSINGS, *PLACES, *COLOURS, *LAYERS, *SOUND)
