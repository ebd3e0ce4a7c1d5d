"""One variant of a study from one seed: train what is missing, hear the test recordings, note its scores.

OUT/STUDY/VARIANT/seed-N/ holds result.json, and where there are test recordings submission.csv, detections.csv and
frames.npz, the Scores that both were made from; calibration.csv and thresholds.csv make probabilities of them.
What is trained lies in OUT/cache, where variants that share a stage find it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dawnchorus import dataset
from dawnchorus import scores as scoring
from dawnchorus.audio.folders import scan
from dawnchorus.calibration import tables
from dawnchorus.dataset import DataSet
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Recording
from dawnchorus.experiment import changes, to_record
from dawnchorus.export import csv_table, pseudo_table, submission
from dawnchorus.files import read_json, value_hash, write_json
from dawnchorus.study.adapt import Scale, offline
from dawnchorus.study.memo_scores import memo_scores
from dawnchorus.study.predict import predict
from dawnchorus.study.values import Study
from dawnchorus.training.calibrate import calibrated
from dawnchorus.training.run import Announce, run
from dawnchorus.training.ship import ship

TABLES = ("submission.csv", "detections.csv", "pseudo.csv", "calibration.csv", "thresholds.csv")
VERSION = 3  # of what a result holds: a change makes results anew


@dataclass(frozen=True)
class Material:
    """What studies run on: a data set, its test recordings, and other recordings that nobody annotated.

    `sample` is a sample_submission.csv, in whose rows and columns predictions are written, or None without test part.
    """

    data: DataSet
    test: tuple[Recording, ...] = ()
    external: tuple[Recording, ...] = ()
    sample: Path | None = None


def material(data: Path, external: Sequence[Path] = ()) -> Material:
    """Read DATA: its tables and training recordings, DATA/test and DATA/sample_submission.csv where they are there.

    `external` are folders of recordings that nobody annotated.
    """
    test, _ = scan([data / "test"]) if (data / "test").is_dir() else ([], [])
    more, _ = scan(list(external)) if external else ([], [])
    sample = data / "sample_submission.csv"
    return Material(dataset.load(data), tuple(test), tuple(more), sample if sample.is_file() else None)


def result_folder(out: Path, study: str, variant: str, seed: int) -> Path:
    """Where the results of a variant and seed lie."""
    return out / study / variant / f"seed-{seed}"


def run_variant(
    study: Study,
    name: str,
    seed: int,
    scale: Scale,
    heard: Material,
    out: Path,
    announce: Announce | None = None,
    with_model: bool = False,
) -> Path | None:
    """Train, predict and score one variant; gives its folder, or None when there is nothing to run.

    What was done before with the same settings and data is not done again. With `with_model` the last stage is shipped
    as a model package in the folder's `model/`. Raises ValueError when the variant asks for recordings that aren't
    there.
    """
    variant = study.variants[name]
    if variant.experiment is None:
        return None
    experiment, lost = offline(scale(variant.experiment, seed))
    folder = result_folder(out, study.name, name, seed)
    key = value_hash([VERSION, to_record(experiment.by_content()), _data_key(heard, experiment.hears)])
    done = folder / "result.json"
    if done.is_file() and read_json(done)["key"] == key and (not with_model or (folder / "model").is_dir()):
        return folder
    # What an earlier, other run left.
    for name_of in ("result.json", "frames.npz", *TABLES):
        (folder / name_of).unlink(missing_ok=True)
    began = time.monotonic()
    store, sets = out / "features", {"test": heard.test, "external": heard.external}
    asked = {which: sets[which] for which in experiment.hears if sets.get(which)}
    denoised = experiment.denoises or experiment.predict.denoised
    prepared = dataset.prepare(heard.data, store, experiment.front_end, None, asked, denoised)
    finished = run(experiment, prepared, out / "cache", announce)
    last = finished.experiment.stages[-1]  # a round that was worse than its teacher on the audit part is not among them
    pseudo = finished.pseudo[last.name]
    if pseudo:
        pseudo_table.write(folder / "pseudo.csv", pseudo)
    if heard.sample and heard.test:
        said = predict(finished, last.name, heard.test, store)
        whole = {recording: scores.whole_recording(experiment.predict.top_s) for recording, scores in said.items()}
        scoring.write(folder / "frames.npz", said.values())
        submission.write(folder / "submission.csv", heard.sample, whole)
        rule = EventRule(typical_s=tuple(heard.data.typical_s))
        events = [event for scores in said.values() for event in rule.events(scores, heard.data.bands_hz)]
        csv_table.write(folder / "detections.csv", events, heard.data.species)
    probable = calibrated(finished, last.name, key)
    if probable:
        tables.write(folder, probable)
    if with_model:
        ship(finished, last.name, folder / "model")
    scores = {which: _number(value) for which, value in asdict(memo_scores(finished, last.name)).items()}
    base = study.variants[study.baseline].experiment
    record = {
        "key": key,
        "seed": seed,
        "network": f"{experiment.network.name}, {experiment.initial}",
        "scale": asdict(scale),
        "typical_s": list(heard.data.typical_s),
        "comparable": not lost,
        "lost": lost,
        "saw_test": "test" in experiment.hears,
        "changes": changes(base, variant.experiment) if base else [],
        **scores,
        "pseudo_labels": len(pseudo),
        "audit": dict(finished.audit),
        "seconds": round(time.monotonic() - began, 1),
        "experiment": to_record(experiment),
    }
    write_json(done, record)
    return folder


def _data_key(heard: Material, sets: set[str]) -> str:
    """Stands for what is heard, by names and lengths; the sound itself is in the keys of the fits."""
    boxes = sorted(str(box) for box in heard.data.annotations)
    parts = [heard.data.recordings, heard.test, heard.external if "external" in sets else ()]
    return value_hash([boxes, [[(one.key, one.duration_s) for one in part] for part in parts]])


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 5)
