"""What tests of pictures share: a hostile name, the pixels of a PNG, numbers of an element."""

from io import BytesIO

import numpy as np
from PIL import Image

MEL_HZ = np.linspace(500, 7500, 8)
HOSTILE = "<script>alert('\x00')</script>&\"\u202e\ud800 frog"


def pixels(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int).sum(axis=2)


def at(element, *names):
    return [float(element.get(name)) for name in names]
