from dataclasses import replace
from pathlib import Path

from dawnchorus.dataset import Prepared
from dawnchorus.pasted import PastedEvents
from dawnchorus.training.pasting import paste
from dawnchorus.training.run import folds_of, run
from dawnchorus.windows import Anchored
from training import tiny


def test_pasted_calls_and_their_hosts_stay_in_their_fold(prepared: Prepared, tmp_path: Path) -> None:
    settings = PastedEvents(count=3)
    _, second, _ = tiny.experiment().stages
    stage = replace(second, name="pasted", start_from=None, windows=Anchored(128, 0.5, 0.5))
    experiment = replace(tiny.experiment(), stages=(stage,), pasted=settings)
    fold_of = folds_of(experiment, prepared)
    made = paste(experiment, prepared, fold_of, tmp_path)
    assert sorted(set(made.fold_of.values())) == [0, 1] and len(made.blocks) == 6
    assert all(fold != 0 for fold in (made.fold_of[key] for key in made.for_fold(0)))
    sources = {box.where: box for box in prepared.data.annotations}
    for key, boxes in made.annotations.items():
        for box in boxes:
            source = next((one for where, one in sources.items() if where and where in box.where), None)
            assert source is None or fold_of[source.recording] == made.fold_of[key]
    done = run(experiment, prepared, tmp_path)
    assert set(done.out_of_fold("pasted")) == set(prepared.recordings)  # made recordings are not judged


def test_a_call_that_cannot_be_cut_is_told(prepared: Prepared, tmp_path: Path) -> None:
    stage = replace(tiny.experiment().stages[1], name="pasted", start_from=None, windows=Anchored(128, 0.5, 0.5))
    experiment = replace(tiny.experiment(), stages=(stage,), pasted=PastedEvents(count=8))
    first = next(box for box in prepared.data.annotations if box.present)
    # A band of no width holds no sound.
    boxes = tuple(replace(box, low_hz=0.5, high_hz=0.5) if box == first else box for box in prepared.data.annotations)
    data = replace(prepared, data=replace(prepared.data, annotations=boxes))
    made = paste(experiment, data, folds_of(experiment, data), tmp_path)
    assert made.blocks
    assert [one for one in made.problems if first.where in one] == [f"box {first.where}: its box is empty or silent"]


def test_a_fold_where_nothing_can_be_pasted_is_trained_without(prepared: Prepared, tmp_path: Path) -> None:
    _, second, _ = tiny.experiment().stages
    stage = replace(second, name="pasted", start_from=None, windows=Anchored(128, 0.5, 0.5), steps=1)
    experiment = replace(tiny.experiment(), stages=(stage,), pasted=PastedEvents(count=1))
    gone = {one.key: replace(one, path=tmp_path / "gone.wav") for one in prepared.data.recordings}
    heard_before = replace(prepared, data=replace(prepared.data, recordings=tuple(gone.values())))
    done = run(experiment, heard_before, tmp_path)
    assert set(done.out_of_fold("pasted")) == set(prepared.recordings)
    assert [one.partition(":")[0] for one in done.problems] == [
        f"fold {fold} is trained without pasted calls" for fold in (0, 1)
    ]
    assert "no call can be pasted into any host" in done.problems[0]
