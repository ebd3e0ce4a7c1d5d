"""What the HTML report shows of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dawnchorus import metrics
from dawnchorus.evaluate.evaluation import Evaluation
from dawnchorus.evaluate.figures import figures_of
from dawnchorus.evaluate.truth import Truth
from dawnchorus.events import Species
from dawnchorus.report.content import FULL_TRUTH, PARTIAL_LABELS, Floor, PseudoRow, Report, SpeciesCurve, StageScores
from dawnchorus.run_folder import RunFolder
from dawnchorus.scores import Scores
from dawnchorus.words import counted

COUNTS = ("annotated_present", "annotated_absent", "pseudo_present", "pseudo_absent")
AGREEMENT = ("tp", "tp_presence", "fp", "fp_presence")
PARTIAL_WARNING = (
    "These scores are measured on the annotated boxes alone. They cannot rank variants of pseudo-labels, nor say how "
    "many calls are missed: for that, annotate some recordings completely and pass them with --truth and --audio."
)


def heard_before(run: RunFolder, truth: Truth) -> list[str]:
    """What a reader must know of scores on recordings that the models learnt from."""
    learnt = {one.path.resolve() for one in run.recordings}
    again = sum(one.path.resolve() in learnt for one in truth.recordings)
    if not again:
        return []
    return [
        f"Too high are these scores: of the {len(truth.recordings)} recordings, {again} are among those that the run "
        "learnt from. Only recordings that no model heard say how good it is."
    ]


def warnings_of(run: RunFolder) -> list[str]:
    """What a reader must know of scores on partial labels.

    Where no box of a species says absent, whatever a model says is right. A stage that was taught scores recordings
    that it never heard, but the models that taught it had their boxes.
    """
    record = run.record.get("experiment") or {}
    with_teacher = {stage["name"] for stage in record.get("stages", ()) if stage.get("teacher")}
    taught = [name for name in run.stages if name in with_teacher]
    judged = {box.species for box in run.annotations if not box.present}
    sure = sorted({box.species for box in run.annotations if box.present} - judged)
    warnings = [PARTIAL_WARNING]
    if sure:
        names = ", ".join(run.species[number].name for number in sure)
        warnings.append(f"No box says absent of {names}: there a score of 1 says nothing, as any model has it.")
    if not taught:
        return warnings
    own = [name for name in run.stages if name not in with_teacher]
    too_high = (
        f"Too high are the scores of stage {' and '.join(taught)} here: it learnt from what other models said, and "
        "those had these boxes."
    )
    of_own = f" Those of stage {own[-1]} are of boxes that its models never had." if own else ""
    return [*warnings, too_high + of_own]


def report_of(
    run: RunFolder,
    evaluations: Sequence[Evaluation],
    truth: Truth | None = None,
    said: Mapping[str, Scores] | None = None,
) -> Report:
    """Everything the HTML report shows of a run. `said` are Scores of the last stage on the truth's recordings."""
    record = run.record
    overall = [one for one in evaluations if one.fold is None]
    on = overall[-1].on
    warnings = warnings_of(run) if on == PARTIAL_LABELS else heard_before(run, truth) if truth else []
    faults = [f"{one['recording']}: {one['fault']}" for one in record["failures"]]
    return Report(
        title=f"dawnchorus: {Path(record['data']).name or 'run'}",
        summary=(
            f"A detector of {len(run.species)} species was trained in {counted(len(run.stages), 'stage')} on "
            f"{counted(len(run.recordings), 'recording')} with {counted(len(run.annotations), 'box', 'boxes')}: "
            f"{sum(b.present for b in run.annotations)} present, {sum(not b.present for b in run.annotations)} absent."
        ),
        made_with={name: str(value) for name, value in record["made_with"].items()},
        stages=[_stage_scores(one) for one in evaluations],
        floors=[
            Floor(name, *values, on=kind)
            for kind in (FULL_TRUTH, PARTIAL_LABELS)
            for one in overall[::-1]
            if one.on == kind and one is next(e for e in overall[::-1] if e.on == kind)
            for name, values in one.floors.items()
        ],
        species=_curves([one for one in overall if one.on == on], run.species),
        pseudo=_pseudo_rows(run),
        losses={
            f"stage {stage['name']}, {heard}" + (f", repeat {fit['repeat']}" if fit["repeat"] else ""): (
                np.arange(1, len(fit["losses"]) + 1, dtype=np.float64),
                np.array(fit["losses"], np.float64),
            )
            for stage in record["stages"]
            for heard, fit in [
                *((f"fold {fit['fold']}", fit) for fit in stage["fits"]),
                *(("all folds", fit) for fit in stage.get("finals", ())),  # runs from before have none
            ]
        },
        recordings=figures_of(run, truth, said),
        problems=[*record["problems"], *faults],
        warnings=warnings,
        on=f"{counted(len(overall[-1].truth), 'recording')}, truth known"
        if on == FULL_TRUTH
        else counted(len(overall[-1].truth), "annotated box", "annotated boxes"),
    )


def _stage_scores(one: Evaluation) -> StageScores:
    return StageScores(
        f"stage {one.stage}",
        "all" if one.fold is None else str(one.fold),
        one.summary.cmap,
        one.summary.cmap_interval,
        one.summary.lwlrap,
        one.summary.lwlrap_interval,
        one.event_map,
        one.summary.precision,
        one.summary.recall,
        one.summary.auc,
        one.on,
        one.event_map_interval,
    )


def _curves(evaluations: Sequence[Evaluation], species: Sequence[Species]) -> list[SpeciesCurve]:
    curves = []
    for one in evaluations:
        for number, name in enumerate(species):
            rows = one.known[:, number]
            truth = one.truth[rows, number]
            recall, precision = metrics.precision_recall(one.scores[rows, number], truth)
            ap = one.summary.average_precisions[number]
            curves.append(SpeciesCurve(name.name, f"stage {one.stage}", ap, int(truth.sum()), recall, precision))
    return curves


def _pseudo_rows(run: RunFolder) -> list[PseudoRow]:
    rows = []
    for number, stage in enumerate(run.record["stages"]):
        for species in run.species:
            labels = [fit["labels"] | fit["labels"].get("agreement", {}) for fit in stage["fits"]]
            # A recording is in the training part of all folds but its own; final networks are told somewhat more.
            total = {
                kind: sum(one[kind][species.number] for one in labels if kind in one)
                for kind in (*COUNTS, *AGREEMENT, "pseudo_mass")
            }
            mean = {kind: total[kind] / max(1, len(labels)) for kind in (*COUNTS, "pseudo_mass")}
            counts = {kind: round(mean[kind]) for kind in COUNTS} | {kind: total[kind] for kind in AGREEMENT}
            rows.append(PseudoRow(number, f"stage {stage['name']}", species.name, mass=mean["pseudo_mass"], **counts))
    return rows
