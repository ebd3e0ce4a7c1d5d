from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

import factories
from dawnchorus.augment.background import Background
from dawnchorus.augment.bands import Bands
from dawnchorus.augment.example import Around, Example
from dawnchorus.features import Range

# Species 0 is low, 1 high, 2 is everywhere; blocks are in dB from -80 to 0.
BANDS = Bands(np.array([0, 10, 0]), np.array([5, 15, 16]), 16)


def window(level_db: float, calls: Sequence[int] = (), call_db: float = 0.0, absent: float = 1.0) -> Example:
    """Steady sound of one level, with a call in some rows, of which every species is absent with this weight."""
    db = np.full((16, 64), level_db)
    db[list(calls), 20:30] = call_db
    return factories.example((db + 80) / 80, [0.0] * 3, [absent] * 3)


def mixed(front: Example, behind: Example | None, below_db: float = 10.0) -> Example:
    around = Around(BANDS, lambda _: front, lambda *_: behind)
    return Background((below_db, below_db), 1.0).of_window(front, around, np.random.default_rng(0))


def db(example: Example) -> np.ndarray:
    return example.plane * 80 - 80


def test_power_is_added_and_not_db() -> None:
    # The background is made as loud as the window: twice the power is 3.01 dB more, wherever it was before.
    assert db(mixed(window(-40), window(-20), 0.0)) == pytest.approx(-40 + 10 * np.log10(2), abs=1e-3)
    assert db(mixed(window(-40), window(-20), 10.0)) == pytest.approx(-40 + 10 * np.log10(1.1), abs=1e-3)


def test_a_call_behind_is_as_far_above_its_noise_as_it_was() -> None:
    behind = window(-60, calls=[3], call_db=-20)  # 40 dB above its noise, which comes to lie 10 dB below ours
    heard = db(mixed(window(-50), behind))
    assert heard[3, 25] == pytest.approx(-50 - 10 + 40, abs=0.1)


def test_presence_stays() -> None:
    front = factories.example(np.full((16, 64), 0.5), [1, 0.5, 0], [0, 0.5, 0])
    known = mixed(front, window(-40, calls=range(16))).known
    assert known.windows.present.tolist() == [[1, 0.5, 0]]
    assert (known.frames.present == [1, 0.5, 0]).all()


def test_absence_stays_where_the_background_is_quiet_in_the_band() -> None:
    # A call in the high rows may be of species 1 or 2; nothing that is known absent is known so behind it.
    behind = window(-40, calls=[12], call_db=-10, absent=0.0)
    for evidence in (mixed(window(-40), behind).known.windows, mixed(window(-40), behind).known.frames):
        assert (evidence.absent == [1, 0, 0]).all()


def test_a_call_below_the_noise_of_the_window_is_no_call() -> None:
    behind = window(-40, calls=[12], call_db=-35, absent=0.0)
    assert (mixed(window(-40), behind).known.windows.absent == 1).all()
    assert (mixed(window(-40), behind, 2.0).known.windows.absent == [1, 0, 0]).all()


def test_what_is_absent_in_both_is_absent_in_the_mixture() -> None:
    behind = window(-40, calls=[12], call_db=-10, absent=0.3)
    assert mixed(window(-40), behind).known.windows.absent.tolist() == [[1.0, np.float32(0.3), np.float32(0.3)]]


def test_no_background_or_a_dead_one_changes_nothing() -> None:
    front, behind = window(-40), window(-40)
    silent = replace(behind.window.block, range=Range(-100, -100))
    dead = replace(behind, window=replace(behind.window, block=silent))
    assert mixed(front, None) is front
    assert mixed(front, dead) is front
    around = Around(BANDS, lambda _: front, lambda *_: behind)
    assert Background(probability=0).of_window(front, around, np.random.default_rng(0)) is front


def test_nothing_is_added_behind_the_end_of_a_recording() -> None:
    front = window(-40)
    short = replace(front, window=replace(front.window, block=replace(front.window.block, columns=40)))
    assert (mixed(short, window(-40), 0.0).plane[:, 40:] == front.plane[:, 40:]).all()
    assert (mixed(front, short, 0.0).plane[:, 40:] == front.plane[:, 40:]).all()
    assert (mixed(short, window(-40), 0.0).plane[:, :40] > front.plane[:, :40]).all()


def test_a_plane_stays_in_its_range_and_the_original_is_untouched() -> None:
    front = window(-1)
    kept = front.plane.copy()
    made = mixed(front, window(-40, calls=range(16)), 0.0).plane
    assert made.dtype == np.float32 and made.shape == kept.shape and made.max() == 1
    assert (front.plane == kept).all()


def test_a_background_is_never_above_the_window() -> None:
    with pytest.raises(ValueError, match="below_db"):
        Background((-3.0, 10.0))
