"""Every stage of a run, judged on partial labels and on a truth."""

from __future__ import annotations

from collections.abc import Callable

from dawnchorus import features
from dawnchorus.audio.faults import AudioError
from dawnchorus.detect.engine import Detector
from dawnchorus.evaluate.evaluation import Evaluation, on_full_truth, on_partial_labels
from dawnchorus.evaluate.truth import Truth
from dawnchorus.event_rule import EventRule
from dawnchorus.run_folder import RunFolder
from dawnchorus.scores import Scores


def judge_on_truth(
    run: RunFolder,
    truth: Truth,
    rule: EventRule,
    progress: Callable[[int, int], None] | None = None,
    failures: list[str] | None = None,
) -> tuple[list[Evaluation], dict[str, dict[str, Scores]]]:
    """Run the model of every stage over the recordings of a truth; the spectrograms are made once.

    Recordings that can't be read are not judged; each is added to `failures` with its fault.
    """
    detectors = {stage: Detector(run.package(stage)) for stage in run.stages}
    said: dict[str, dict[str, Scores]] = {stage: {} for stage in run.stages}
    front_end = next(iter(detectors.values())).package.front_end
    for number, recording in enumerate(truth.recordings, 1):
        try:
            blocks = list(features.heard(recording, front_end, []))
            for stage, detector in detectors.items():
                said[stage][recording.key] = detector.score_blocks(recording, blocks)
        except AudioError as error:
            if failures is not None:
                failures.append(f"{recording.key}: {error.fault}; not judged")
        if progress:
            progress(number, len(truth.recordings))
    evaluations = []
    for stage in run.stages:
        events = [event for scores in said[stage].values() for event in rule.events(scores)]
        top_s = detectors[stage].package.top_s
        evaluations.append(on_full_truth(stage, said[stage], events, truth.boxes, len(run.species), top_s))
    return evaluations, said


def judge_on_partial_labels(run: RunFolder) -> list[Evaluation]:
    """Judge the out-of-fold Scores of every stage, over all folds and in each."""
    evaluations = []
    stages, n_species = run.stages, len(run.species)
    for stage in stages:
        said = run.scores(stage)
        evaluations.append(on_partial_labels(stage, said, run.annotations, n_species))
        for fold in sorted(set(run.fold_of.values())):
            inside = {key: scores for key, scores in said.items() if run.fold_of[key] == fold}
            if not inside:
                continue  # the audit part: no model of a fold scored it
            evaluations.append(on_partial_labels(stage, inside, run.annotations, n_species, fold))
    return evaluations
