import numpy as np

from dawnchorus.augment.bands import Bands
from dawnchorus.events import Annotation
from dawnchorus.features import FrontEnd

FRONT_END = FrontEnd()


def box(species: int, low_hz: float, high_hz: float, present: bool = True) -> Annotation:
    return Annotation("r", species, 1.0, 2.0, low_hz, high_hz, present)


def test_a_band_holds_every_tp_box_of_its_species() -> None:
    bands = Bands.of([box(0, 500, 900), box(0, 2000, 2500), box(0, 9000, 9500, present=False)], 1, FRONT_END)
    centres = FRONT_END.mel_hz()[bands.first[0] : bands.after[0]]
    assert centres[0] <= 500 and 2500 <= centres[-1] < 3000


def test_a_species_without_a_tp_box_may_sound_anywhere() -> None:
    bands = Bands.of([box(0, 500, 900, present=False)], 2, FRONT_END)
    assert bands.first.tolist() == [0, 0] and bands.after.tolist() == [128, 128]


def test_a_band_out_of_range_covers_nothing() -> None:
    bands = Bands.of([box(0, 17_000, 18_000), box(1, 500, 900)], 2, FRONT_END)
    assert not bands.covered(np.array([True, False])).any()
    assert len(bands.whole_cuts(np.array([True, False]))) == 127


def test_planes_can_be_cut_beside_a_band_and_not_through_it() -> None:
    bands = Bands(np.array([2, 5]), np.array([4, 8]), 8)
    assert bands.whole_cuts(np.array([True, False])).tolist() == [1, 2, 4, 5, 6, 7]
    assert bands.whole_cuts(np.array([True, True])).tolist() == [1, 2, 4, 5]
    assert bands.covered(np.array([True, True])).tolist() == [False, False, True, True, False, True, True, True]
