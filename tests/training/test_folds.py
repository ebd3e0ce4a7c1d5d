from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawnchorus import rounds
from dawnchorus.encoders.birdnet import BirdNet
from dawnchorus.events import Annotation, Recording
from dawnchorus.training.folds import assign, fitting


def box(recording: str, species: int, present: bool = True) -> Annotation:
    return Annotation(recording, species, 0, 1, 0, 1, present)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), min_size=4, max_size=40),
    st.integers(2, 4),
    st.integers(0, 5),
)
def test_no_group_is_in_two_folds_and_no_fold_is_empty(rows: list[tuple[int, int]], folds: int, seed: int) -> None:
    groups = {f"r{number}": f"site{site}" for number, (site, _) in enumerate(rows)}
    boxes = [box(f"r{number}", species) for number, (_, species) in enumerate(rows)]
    if len(set(groups.values())) < folds:
        with pytest.raises(ValueError, match="groups"):
            assign(groups, boxes, folds, 3, seed)
        return
    fold_of = assign(groups, boxes, folds, 3, seed)
    assert set(fold_of) == set(groups)
    assert set(fold_of.values()) == set(range(folds))
    for site in set(groups.values()):
        assert len({fold_of[key] for key, group in groups.items() if group == site}) == 1


def test_every_species_is_spread_evenly() -> None:
    groups = {f"r{number}": f"r{number}" for number in range(100)}
    boxes = [box(f"r{number}", number % 5) for number in range(100)]
    fold_of = assign(groups, boxes, 5, 5)
    counts = np.zeros((5, 5), int)
    for one in boxes:
        counts[fold_of[one.recording], one.species] += 1
    assert (counts == 4).all()


def test_a_rare_species_is_not_left_to_one_fold() -> None:
    groups = {f"r{number}": f"r{number}" for number in range(60)}
    boxes = [box(f"r{number}", 0) for number in range(60)] + [box("r7", 1), box("r8", 1)]
    fold_of = assign(groups, boxes, 2, 2)
    assert fold_of["r7"] != fold_of["r8"]


def test_the_memo_spreads_a_species_only_by_the_recordings_in_which_it_has_one_box() -> None:
    groups = {f"r{number}": f"r{number}" for number in range(60)}
    common = [box(f"r{number}", 0) for number in range(60)]
    twice = [box(name, 1) for name in ("r7", "r8") for _ in range(2)]
    assert assign(groups, common + twice, 2, 2, faithful_stratifier=True) == assign(groups, common, 2, 2)
    assert assign(groups, common + twice, 2, 2) != assign(groups, common, 2, 2)
    once = [box("r9", 1), box("r10", 1)]
    assert assign(groups, common + twice + once, 2, 2, faithful_stratifier=True) == assign(groups, common + once, 2, 2)


def test_two_boxes_without_the_species_still_count_as_the_memo_spreads() -> None:
    groups = {f"r{number}": f"r{number}" for number in range(60)}
    boxes = [box(f"r{number}", 0) for number in range(60)]
    boxes += [box(name, 1, present=False) for name in ("r7", "r8") for _ in range(2)]
    assert assign(groups, boxes, 2, 2, faithful_stratifier=True) == assign(groups, boxes, 2, 2)


def test_the_seed_decides_and_nothing_else() -> None:
    groups = {f"r{number}": f"r{number}" for number in range(20)}
    assert assign(groups, [], 2, 1, 1) == assign(dict(reversed(groups.items())), [], 2, 1, 1)
    assert assign(groups, [], 2, 1, 1) != assign(groups, [], 2, 1, 2)


@pytest.mark.parametrize(("sites", "audit", "folds"), [(20, False, 8), (5, False, 5), (5, True, 4), (2, False, 2)])
def test_there_are_no_more_folds_than_sites(sites: int, audit: bool, folds: int) -> None:
    recordings = [Recording(f"r{n}", Path("x"), 60.0, 48_000, site=f"site{n % sites}") for n in range(40)]
    experiment = replace(rounds.on_encoder(BirdNet()), audit=audit)
    assert fitting(experiment, recordings).folds == folds


def test_recordings_of_one_site_are_groups_of_their_own() -> None:
    recordings = [Recording(f"r{n}", Path("x"), 60.0, 48_000, site="the pond") for n in range(5)]
    experiment = rounds.on_encoder(BirdNet())
    found = fitting(experiment, recordings)
    assert (found.group_by, found.folds) == ("recording", 5)
    assert fitting(experiment, [*recordings, replace(recordings[0], site="the ridge")]).group_by == "site"
