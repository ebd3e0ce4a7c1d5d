"""From a folder of recordings and tables to a run folder: check, features, stages, models, scores."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dawnchorus import __version__, dataset, run_folder
from dawnchorus import scores as scoring
from dawnchorus.dataset import DataSet, Prepared
from dawnchorus.experiment import Experiment, Stage, to_record
from dawnchorus.files import read_json
from dawnchorus.pseudo_labels.teachers import Said
from dawnchorus.run_folder import RunError, RunFolder
from dawnchorus.training.folds import fitting
from dawnchorus.training.precision import precision
from dawnchorus.training.results import Fit, Run
from dawnchorus.training.run import Announce, run
from dawnchorus.training.ship import ship

LOSSES_KEPT = 200  # points of a loss curve: a report needs no more


def train(
    data: DataSet,
    out: Path,
    experiment: Experiment,
    origin: Path,
    store: Path | None = None,
    features_progress: Callable[[int, int], None] | None = None,
    announce: Announce | None = None,
    outside: Mapping[str, Said] | None = None,
    fewer_folds: bool = False,
) -> Run:
    """Train all stages and leave a run folder in `out`, read with `run_folder.RunFolder`.

    `origin` is the folder that the data came from. Spectrograms go to `store`, or to `out/features`. What an earlier,
    interrupted call finished in the same folders is used, not done again. `outside` holds what teachers of other runs
    say, by their names in the experiment. With `fewer_folds` there are as many at most as the recordings allow that can
    be heard. Raises ValueError where song types are classes: studies compare such networks, and they have no package.
    """
    if experiment.song_types:
        raise ValueError("song_types are for studies: a package has a class for each species")
    began, asked = time.monotonic(), experiment
    prepared = dataset.prepare(data, store or out / "features", experiment.front_end, features_progress)
    features_s = time.monotonic() - began
    if not prepared.blocks:
        raise dataset.DataError(f"{origin}: none of the {len(data.recordings)} recordings can be read")
    if fewer_folds:
        experiment = fitting(experiment, (one for one in data.recordings if one.key in prepared.blocks))
    finished = run(experiment, prepared, out / "cache", announce, outside)
    experiment = finished.experiment  # without the rounds that were worse
    (out / "run.json").unlink(missing_ok=True)  # of an earlier run: it says nothing true of what is written now
    for stage in experiment.stages:
        scoring.write(out / "scores" / f"{stage.name}.npz", finished.out_of_fold(stage.name).values())
        ship(finished, stage.name, out / "stages" / stage.name)
    shutil.rmtree(out / "model", ignore_errors=True)
    shutil.copytree(out / "stages" / experiment.stages[-1].name, out / "model")
    seconds = {"features_s": round(features_s, 1), "total_s": round(time.monotonic() - began, 1)}
    record = _record(finished, prepared, origin, seconds) | {"asked": to_record(asked)}
    run_folder.write(out, data.recordings, finished.fold_of, data.annotations, data.species, record)
    return finished


def other_settings(out: Path, experiment: Experiment) -> str | None:
    """In a few words, what trained the run that a folder holds; None where it holds none, or one of these settings."""
    try:
        record = RunFolder(out).record
    except RunError:
        return None
    if record.get("asked", record.get("experiment")) == json.loads(json.dumps(to_record(experiment))):
        return None
    made = record.get("made_with", {})
    return f"{made.get('sound', 'unknown sound')}, {made.get('network', 'unknown network')}, seed {made.get('seed')}"


def _record(finished: Run, prepared: Prepared, origin: Path, seconds: dict[str, float]) -> dict[str, Any]:
    experiment = finished.experiment
    network, sound = experiment.network, experiment.front_end
    return {
        "data": str(origin.resolve()),
        "experiment": to_record(experiment),
        "made_with": {
            "dawnchorus": __version__,
            "network": f"{network.name}, initial weights: {experiment.initial}",
            "folds": f"{experiment.folds}, by {experiment.group_by}",
            "steps": ", ".join(
                f"stage {stage.name}: {stage.steps} of {stage.batch} windows, networks a fold: "
                f"{experiment.repeats_of(stage)}" + (f", of all folds: {stage.finals}" if stage.finals else "")
                for stage in experiment.stages
            ),
            "seed": experiment.seed,
            "precision": precision(),
            "sound": f"{sound.rate_hz} Hz, {sound.name}",
        },
        "seconds": seconds,
        "problems": [*(str(problem) for problem in prepared.data.problems), *finished.problems],
        "failures": [{"recording": one.recording, "fault": str(one.fault)} for one in prepared.failures],
        "oddities": [{"recording": one.recording, "fault": str(one.fault)} for one in prepared.oddities],
        "audit": dict(finished.audit),
        "stages": [_stage_record(finished, stage) for stage in experiment.stages],
    }


def _stage_record(finished: Run, stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "fits": [{"fold": fit.fold} | _fit_record(fit) for fit in finished.of_stage(stage.name)],
        "finals": [_fit_record(fit) for fit in finished.finals_of(stage.name)],
        "pseudo": [list(stretch) for stretch in finished.pseudo[stage.name]],
    }


def _fit_record(fit: Fit) -> dict[str, Any]:
    record = read_json(fit.record)
    losses: Sequence[float] = record["losses"]
    thinned = losses[:: max(1, len(losses) // LOSSES_KEPT)]
    return {"repeat": fit.repeat, "losses": thinned, "labels": record["labels"]}
