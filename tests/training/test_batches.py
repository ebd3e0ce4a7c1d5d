from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dawnchorus import dataset, rounds, scores
from dawnchorus.augment.background import Background
from dawnchorus.augment.band_masks import BandMasks
from dawnchorus.augment.bands import Bands
from dawnchorus.augment.disjoint import DisjointMixing
from dawnchorus.augment.example import Around, Example
from dawnchorus.dataset import Prepared
from dawnchorus.encoders.birdnet import BirdNet
from dawnchorus.experiment import Stage
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.pseudo_labels.soft import Soft
from dawnchorus.pseudo_labels.teachers import Teachers
from dawnchorus.pseudo_labels.votes import Votes
from dawnchorus.sampling import UnderSample
from dawnchorus.scores import Scores
from dawnchorus.training.batches import Batches, Chance, Lesson
from dawnchorus.training.counts import agreed, label_counts
from dawnchorus.windows import Anchored, EventCrops, SlidingWindows
from training import tiny


@pytest.fixture(scope="module")
def prepared(forest: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return dataset.prepare(dataset.load(forest), tmp_path_factory.mktemp("store"), tiny.FRONT_END)


def batches_of(stage: Stage, prepared: Prepared) -> Batches:
    return Batches(lesson_of(stage, prepared))


def lesson_of(stage: Stage, prepared: Prepared, teachers: Teachers | None = None) -> Lesson:
    per_second, boxes = prepared.front_end.columns_per_second, prepared.data.by_recording
    n_species, chance = len(prepared.data.species), Chance(1, stage.name, 0)
    bands = Bands.of(prepared.data.annotations, n_species, tiny.FRONT_END)
    told = teachers or {}
    return Lesson(stage, prepared.blocks, boxes, told, n_species, per_second, 32, chance, bands=bands)


def sure_of(prepared: Prepared, stage: Stage, probability: float = 0.99) -> dict[str, list[Scores]]:
    """A teacher that hears every species everywhere."""
    said = {}
    for key, blocks in prepared.blocks.items():
        windows = [w for b in blocks for w in stage.windows.over(b, prepared.front_end.columns_per_second)]  # type: ignore[union-attr]
        shape = (len(windows), windows[0].columns // 32, len(prepared.data.species))
        heard = np.full(shape, probability, np.float32)
        said[key] = [scores.of_recording(windows, heard[:, 0], heard, 32)]
    return said


@pytest.mark.parametrize("number", [0, 1])
def test_a_batch_is_the_same_in_whatever_order_it_is_asked_for(prepared: Prepared, number: int) -> None:
    stage = tiny.experiment((12, 12, 12)).stages[number]
    forward, backward = batches_of(stage, prepared), batches_of(stage, prepared)
    wanted = [forward[step].planes for step in range(12)]
    for step in reversed(range(12)):
        assert torch.equal(backward[step].planes, wanted[step])


@pytest.mark.parametrize("windows", [SlidingWindows(128, 16), Anchored(128, 0.5), EventCrops(128)])
def test_a_window_is_told_the_same_alone_and_among_others(
    prepared: Prepared, windows: SlidingWindows | Anchored | EventCrops
) -> None:
    plain = replace(tiny.experiment().stages[1], augment=(), mixup=None)
    said = sure_of(prepared, plain, 0.7)
    said.pop(min(said))  # of one recording teachers say nothing
    stage = replace(plain, windows=windows)
    if not isinstance(windows, EventCrops):
        stage = replace(stage, labels=AnnotatedOnly(), pseudo_labels=Soft(prior=0.2), teacher="1")
    together = Batches(lesson_of(replace(stage, batch=9), prepared, said))[0]
    alone = Batches(lesson_of(replace(stage, batch=1), prepared, said))
    for row in range(9):
        one = alone[row]
        assert torch.equal(one.planes[0], together.planes[row])
        for grain in ("windows", "frames"):
            its, theirs = getattr(one.known, grain), getattr(together.known, grain)
            assert torch.equal(its.present[0], theirs.present[row]) and torch.equal(its.absent[0], theirs.absent[row])


def test_every_window_comes_once_a_pass(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[1], augment=(), batch=1)
    batches = batches_of(stage, prepared)
    size = batches.source.size
    seen = Counter(batches[step].planes.numpy().tobytes() for step in range(size))
    assert max(seen.values()) == 1


def test_only_informed_windows_are_heard_unless_all_are_wished(prepared: Prepared) -> None:
    stage = tiny.experiment().stages[1]
    informed, everything = batches_of(stage, prepared), batches_of(replace(stage, informed_only=False), prepared)
    assert informed.source.size < everything.source.size
    windows = sum(len(stage.windows.starts(block.columns)) for blocks in prepared.blocks.values() for block in blocks)  # type: ignore[union-attr]
    assert everything.source.size == windows


@pytest.mark.parametrize(("wanted", "given"), [(0, 0), (2, 2), (0.5, None), (None, None)])
def test_false_positives_are_drawn_as_a_count_or_a_share(
    prepared: Prepared, wanted: int | float | None, given: int | None
) -> None:
    stage = replace(tiny.experiment().stages[0], absent_per_epoch=wanted)
    source = batches_of(stage, prepared).source
    boxes = prepared.data.annotations
    present = len({box.recording for box in boxes if box.present})
    absent = len({box.recording for box in boxes if not box.present})
    expected = {0.5: min(absent, round(present / 2)), None: absent}.get(wanted, given)
    assert source.size == present + expected  # type: ignore[operator]


def test_recordings_without_a_tp_box_are_drawn_anew_for_each_pass_over_windows(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[1], absent_per_epoch=1)
    # Two recordings keep their TP boxes, the others only say absent.
    keep = sorted({box.recording for box in prepared.data.annotations if box.present})[:2]
    boxes = tuple(box for box in prepared.data.annotations if box.recording in keep or not box.present)
    few = replace(prepared, data=replace(prepared.data, annotations=boxes))
    source = batches_of(stage, few).source
    laps = [{source.windows[row].recording for row in source._chosen(lap)} for lap in range(12)]  # type: ignore[union-attr]
    assert all(set(keep) < lap and len(lap) == 3 for lap in laps)
    assert len(set.union(*laps)) > 3


def test_where_a_person_said_absent_no_pseudo_label_says_present(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[2], labels=AnnotatedOnly(absent_grain="window"))
    honest = lesson_of(stage, prepared, sure_of(prepared, stage))
    faithful = replace(honest, stage=replace(stage, faithful_contradictions=True))
    windows = honest.windows()
    absent = stage.labels(windows, prepared.data.by_recording, 2, 32).windows.absent > 0
    present = stage.labels(windows, prepared.data.by_recording, 2, 32).windows.present > 0
    only_absent = absent & ~present
    assert only_absent.any()
    assert (honest.known(windows).windows.present[only_absent] == 0).all()
    assert (faithful.known(windows).windows.present[only_absent] == 1).all()
    # Everywhere else the teacher is believed.
    assert (honest.known(windows).windows.present[~only_absent] == 1).all()


def test_class_weights_count_tp_boxes_and_pseudo_labels(prepared: Prepared) -> None:
    stage = tiny.experiment().stages[2]
    lesson = lesson_of(stage, prepared, sure_of(prepared, stage))
    windows = lesson.windows()
    counts = lesson.present_counts(lesson.told(windows))
    boxes = Counter(box.species for box in prepared.data.annotations if box.present)
    assert counts.tolist() == [boxes[0] + len(windows), boxes[1] + len(windows)]


def test_a_doubt_of_a_soft_label_is_no_presence(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[2], labels=AnnotatedOnly(), pseudo_labels=Soft())
    lesson = lesson_of(stage, prepared, sure_of(prepared, stage, 0.01))
    boxes = Counter(box.species for box in prepared.data.annotations if box.present)
    assert lesson.present_counts(lesson.told(lesson.windows())).tolist() == [boxes[0], boxes[1]]
    sampled = Batches(replace(lesson, stage=replace(stage, under_sample=UnderSample())))
    positives = sampled.source._positives()  # type: ignore[union-attr]
    said = {key: {box.species for box in its if box.present} for key, its in prepared.data.by_recording.items()}
    assert {key: set(its) for key, its in positives.items()} == {key: said.get(key, set()) for key in positives}


def test_kept_to_tp_boxes_pseudo_labels_still_reach_sets_that_nobody_annotated(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[2], pseudo_on="present", also_hear=("test",))
    lesson = lesson_of(replace(stage, also_hear=()), prepared, sure_of(prepared, stage))
    kept = next(box.recording for box in prepared.data.annotations if box.present)
    its = [replace(one, recording=f"test:{kept}") for one in prepared.blocks[kept]]
    lesson = replace(
        lesson,
        stage=stage,
        blocks={f"test:{kept}": its, kept: prepared.blocks[kept]},
        teachers=lesson.teachers | {f"test:{kept}": lesson.teachers[kept]},
        annotations={},
    )
    windows = lesson.windows()
    labelled = {windows[row].recording for row in np.flatnonzero(lesson.told(windows).informed)}
    assert labelled == {f"test:{kept}"}


def test_pseudo_labels_can_be_kept_to_recordings_with_a_tp_box(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[2], pseudo_on="present")
    lesson = lesson_of(stage, prepared, sure_of(prepared, stage))
    keep = sorted({box.recording for box in prepared.data.annotations if box.present})[:1]
    lesson = replace(lesson, annotations={key: boxes for key, boxes in lesson.annotations.items() if key in keep})
    windows = lesson.windows()
    labelled = {windows[row].recording for row in np.flatnonzero(lesson.told(windows).informed)}
    assert labelled == set(keep)


def test_an_under_sampled_pass_hears_every_species_alike(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[1], under_sample=UnderSample())
    source = batches_of(stage, prepared).source
    positives = source._positives()  # type: ignore[union-attr]
    count = Counter(species for its in positives.values() for species in its)
    drawn = UnderSample().draw(positives, 0, 1, source.without_tp)  # type: ignore[union-attr]
    assert len(drawn) == 2 * min(count.values())
    assert source.size == sum(len(source.rows_of[key]) for key in drawn)  # type: ignore[union-attr]


def test_a_recording_outside_the_fold_is_never_heard(prepared: Prepared) -> None:
    for stage in tiny.experiment((6, 6, 6)).stages[:2]:
        some = prepared.recordings[:4]
        lesson = lesson_of(stage, prepared)
        told = {key: boxes for key, boxes in lesson.annotations.items() if key in some}
        # Without the other recordings' blocks, hearing one would be a KeyError.
        few = replace(lesson, blocks={key: prepared.blocks[key] for key in some}, annotations=told)
        assert np.isfinite(Batches(few)[5].planes.numpy()).all()


def test_anchored_windows_hold_a_box_as_often_as_they_should(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[1], augment=(), windows=Anchored(128, 0.5), batch=64, steps=4)
    batches = batches_of(stage, prepared)
    informed = np.concatenate([batches[step].known.informed.numpy() for step in range(4)])
    everything = replace(stage, windows=Anchored(128, 1.0))
    always = np.concatenate([batches_of(everything, prepared)[step].known.informed.numpy() for step in range(4)])
    nowhere = replace(stage, windows=Anchored(128, 0.0))
    seldom = np.concatenate([batches_of(nowhere, prepared)[step].known.informed.numpy() for step in range(4)])
    # A box at the very edge of its window may have too small a share in it; this forest has boxes in most windows.
    assert always.mean() > 0.9 and seldom.mean() < informed.mean() < always.mean()


def test_anchors_say_present_as_often_as_absent_and_are_even_over_species(prepared: Prepared) -> None:
    stage = replace(
        tiny.experiment().stages[1], augment=(), windows=Anchored(128, 1.0), labels=AnnotatedOnly(), batch=400
    )
    frames = batches_of(stage, prepared)[0].known.frames
    present = (frames.present > 0).any(1).sum(0).numpy()
    absent = (frames.absent > 0).any(1).sum(0).numpy()
    assert 0.5 < present.sum() / absent.sum() < 2
    assert present.max() < 3 * present.min()


@pytest.mark.parametrize(
    "stage", [rounds.on_pictures(count=1).stages[1], rounds.on_encoder(BirdNet(), count=1).stages[1]]
)
def test_what_teachers_say_reaches_the_loss_wherever_no_person_spoke(prepared: Prepared, stage: Stage) -> None:
    stage = replace(stage, windows=SlidingWindows(128, 16))
    lesson = lesson_of(stage, prepared, sure_of(prepared, stage, 0.9))
    windows = lesson.windows()
    said, told, known = lesson.said(windows), lesson.told(windows), lesson.known(windows)
    for grain in ("windows", "frames"):
        people, teachers, both = (getattr(each, grain) for each in (said, told, known))
        # What a short block is filled up with, at the end of its last window, no teacher heard.
        nobody = ~people.known & teachers.known
        assert nobody.any() and people.known.any() and teachers.known.mean() > 0.9
        np.testing.assert_array_equal(both.present[nobody], teachers.present[nobody])
        np.testing.assert_array_equal(both.present[~nobody], people.present[~nobody])
    unheard = lesson_of(stage, prepared)
    guessed, alone = unheard.known(windows), stage.labels(windows, unheard.annotations, 2, 32)
    np.testing.assert_array_equal(guessed.frames.absent, alone.frames.absent)  # the guess holds
    assert not unheard.taught(windows).windows.known.any()


def test_pseudo_labels_are_counted_where_no_person_spoke(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[1], labels=AnnotatedOnly(), pseudo_labels=Soft(), teacher="1")
    lesson = lesson_of(stage, prepared, sure_of(prepared, stage, 0.75))
    windows = lesson.windows()
    free = (~lesson.said(windows).windows.known).sum(axis=0)
    counts = label_counts(lesson)
    assert counts["pseudo_present"] == free.tolist() and max(free) < len(windows)
    assert counts["pseudo_mass"] == pytest.approx(0.75 * free, abs=0.01)


def test_pasted_calls_are_not_counted_among_what_people_said(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[1], labels=AnnotatedOnly(), pseudo_labels=Soft(), teacher="1")
    lesson = lesson_of(stage, prepared, sure_of(prepared, stage, 0.75))
    made = next(box.recording for box in prepared.data.annotations if box.present)
    fewer = label_counts(replace(lesson, pasted=frozenset({made})))
    gone = Counter(box.species for box in prepared.data.by_recording[made] if box.present)
    whole = label_counts(lesson)["annotated_present"]
    assert [one + gone[species] for species, one in enumerate(fewer["annotated_present"])] == whole


@pytest.mark.parametrize(("frames", "cells"), [(True, "frames"), (False, "windows")])
def test_agreement_tells_how_much_presence_pseudo_labels_give_boxes(
    prepared: Prepared, frames: bool, cells: str
) -> None:
    labels = AnnotatedOnly(absent_grain="window")
    stage = replace(tiny.experiment().stages[1], labels=labels, pseudo_labels=Soft(frames=frames), teacher="1")
    for probability in (0.9, 0.1):
        lesson = lesson_of(stage, prepared, sure_of(prepared, stage, probability))
        counts = label_counts(lesson)["agreement"]
        said = getattr(lesson.said(lesson.windows()), cells)
        present = (said.present > 0).reshape(-1, 2).sum(axis=0)
        assert min(counts["tp"]) > 0 and all(counts["tp"] <= present) and sum(counts["fp"]) > 0
        for kind in ("tp", "fp"):
            assert counts[f"{kind}_presence"] == pytest.approx(probability * np.array(counts[kind]), abs=0.01)
        assert agreed([label_counts(lesson)] * 2) == pytest.approx((probability, probability), abs=0.01)
    assert agreed([{"annotated_present": [1, 2]}]) is None  # of a version before, or without pseudo-labels


def test_a_cap_holds_at_each_grain_and_pasted_events_are_no_words_of_people(prepared: Prepared) -> None:
    known = replace(tiny.experiment().stages[1], labels=AnnotatedOnly())
    stage = replace(known, pseudo_labels=Soft(windows=False), teacher="1", pseudo_cap=0.5)
    lesson = lesson_of(stage, prepared, sure_of(prepared, stage, 0.9))
    windows = lesson.windows()
    people = lesson.said(windows).frames.present.sum(axis=(0, 1))
    assert lesson.told(windows).frames.present.sum(axis=(0, 1)) == pytest.approx(0.5 * people, rel=1e-3)
    host = next(box.recording for box in prepared.data.annotations if box.present)
    with_pasted = replace(lesson, pasted=frozenset({host}))
    others = [window for window in windows if window.recording != host]
    fewer = lesson.said(others).frames.present.sum(axis=(0, 1))
    assert fewer.sum() < people.sum()
    assert with_pasted.told(others).frames.present.sum(axis=(0, 1)) == pytest.approx(0.5 * fewer, rel=1e-3)


def test_the_presence_of_pseudo_labels_weighs_at_most_what_the_cap_allows(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[2], pseudo_labels=Votes(), teacher="2", pseudo_cap=0.5)
    teachers = sure_of(prepared, stage)
    lesson = lesson_of(stage, prepared, teachers)
    windows = lesson.windows()
    told = lesson.told(windows).windows.present.sum(axis=0)
    labels = stage.labels(windows, lesson.annotations, lesson.n_species, 32).windows.present.sum(axis=0)
    assert told == pytest.approx(0.5 * labels, rel=1e-5)
    free = lesson_of(replace(stage, pseudo_cap=None), prepared, teachers).told(windows).windows.present.sum(axis=0)
    assert (free > labels).all()


@dataclass(frozen=True)
class Looks:
    """An augmentation that notes which windows it is given and leaves them as they are."""

    seen: list[tuple[Example, Example, Example | None]]

    def of_window(self, example: Example, around: Around, rng: np.random.Generator) -> Example:
        self.seen.append((example, around.another(rng), around.elsewhere(example.window.recording, rng)))
        return example


@pytest.mark.parametrize("windows", [tiny.experiment().stages[0].windows, Anchored(128, 0.5), SlidingWindows(128, 16)])
def test_window_augmentations_are_the_same_in_whatever_order_they_are_asked_for(
    prepared: Prepared, windows: EventCrops | Anchored | SlidingWindows
) -> None:
    augment = (Background(probability=1), DisjointMixing(1.0), BandMasks(probability=1))
    stage = replace(tiny.experiment((8, 8, 8)).stages[1], windows=windows, augment=augment)
    forward, backward = batches_of(stage, prepared), batches_of(stage, prepared)
    wanted = [forward[step] for step in range(8)]
    for step in reversed(range(8)):
        again = backward[step]
        assert torch.equal(again.planes, wanted[step].planes)
        assert torch.equal(again.known.frames.absent, wanted[step].known.frames.absent)
    plain = batches_of(replace(stage, augment=()), prepared)
    assert not torch.equal(plain[0].planes, wanted[0].planes)


def test_backgrounds_are_of_other_recordings_without_a_tp_box(prepared: Prepared) -> None:
    present = sorted({box.recording for box in prepared.data.annotations if box.present})
    unlabelled = set(present[:2])
    boxes = {key: its for key, its in prepared.data.by_recording.items() if key not in unlabelled}
    stage = replace(tiny.experiment().stages[1], augment=(Looks([]),), windows=Anchored(128, 0.5), batch=40)
    lesson = replace(lesson_of(stage, prepared), annotations=boxes)
    without = {key for key in prepared.recordings if not any(box.present for box in boxes.get(key, ()))}
    assert without >= unlabelled
    Batches(lesson)[0]
    drawn = [(one.window.recording, behind.window.recording) for one, _, behind in stage.augment[0].seen if behind]
    assert len(drawn) == 40 and {key for _, key in drawn} == without
    assert all(one != behind for one, behind in drawn)


def test_where_every_recording_has_a_tp_box_any_other_is_a_background_and_a_lonely_one_has_none(
    prepared: Prepared,
) -> None:
    stage = replace(tiny.experiment().stages[1], augment=(Looks([]),), windows=Anchored(128, 0.5), batch=20)
    keys = sorted({box.recording for box in prepared.data.annotations if box.present})
    lesson = lesson_of(stage, prepared)
    for some in (keys[:3], keys[:1]):
        stage.augment[0].seen.clear()
        few = {key: prepared.blocks[key] for key in some}
        told = {key: boxes for key, boxes in lesson.annotations.items() if key in some}
        Batches(replace(lesson, blocks=few, annotations=told))[0]
        for one, _, behind in stage.augment[0].seen:
            assert (
                (behind is None) if len(some) == 1 else (behind.window.recording in set(some) - {one.window.recording})
            )


def test_another_window_is_drawn_as_the_stage_draws_its_own(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[1], augment=(Looks([]),), batch=40)
    Batches(lesson_of(stage, prepared))[0]
    # This stage hears only windows of which something is known.
    assert all(other.known.informed.all() for _, other, _ in stage.augment[0].seen)
    assert len({(other.window.recording, other.window.start) for _, other, _ in stage.augment[0].seen}) > 5
