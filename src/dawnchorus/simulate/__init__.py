"""Soundscapes with known truth and RFCX-like annotations.

- `calls`: synthesised animals; `backgrounds`: synthesised sites; `own`: the user's clips and recordings instead
- `spectra`: the one spectrogram that measures loudness; `scene`: calls over a background at known signal-to-noise ratio
- `matcher`: which events are revealed as true positives, and a template matcher's false positives
- `world`: settings, and what is decided before the first recording; `dataset`: the whole folder
"""

from dawnchorus.simulate.dataset import simulate
from dawnchorus.simulate.world import Simulation

__all__ = ["Simulation", "simulate"]
