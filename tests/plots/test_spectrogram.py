import math

import numpy as np
import pytest

from dawnchorus.plots.spectrogram import colour_table, spectrogram_png
from plots.parsed import pixels


def test_low_frequency_is_at_the_bottom_and_time_runs_to_the_right():
    db = np.full((4, 10), -80.0)
    db[0, 9] = 0.0
    shown = pixels(spectrogram_png(db, height_px=4))
    assert shown.shape == (4, 10)
    assert np.unravel_index(shown.argmax(), shown.shape) == (3, 9)


def test_louder_is_brighter_at_every_step():
    lightness = colour_table() @ np.array([0.2126, 0.7152, 0.0722])
    assert np.all(np.diff(lightness) >= 0) and lightness[-1] - lightness[0] > 200


def test_a_short_call_shows_when_columns_share_a_pixel():
    db = np.full((4, 1000), -80.0)
    db[1, 503] = 0.0
    shown = pixels(spectrogram_png(db, height_px=4, column_px=0.1, range_db=(-80, 0)))
    assert shown.shape == (4, 100) and shown.max() == colour_table()[255].astype(int).sum()


@pytest.mark.parametrize("value", [0.0, math.nan, math.inf, -math.inf])
def test_a_recording_of_one_level_or_of_none_is_still_a_picture(value):
    assert pixels(spectrogram_png(np.full((4, 6), value), height_px=8)).shape == (8, 6)


def test_a_spectrogram_without_columns_is_refused_in_words():
    with pytest.raises(ValueError, match="mel, column"):
        spectrogram_png(np.zeros((4, 0)))


def test_the_same_input_gives_the_same_bytes():
    db = np.random.default_rng(0).normal(size=(8, 50))
    assert spectrogram_png(db) == spectrogram_png(db.copy())
