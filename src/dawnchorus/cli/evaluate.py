"""The command `evaluate`: how good a run is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dawnchorus.cli.app import Json, app, example, plain_errors
from dawnchorus.cli.folders import need_run, need_sound, need_table
from dawnchorus.words import counted


@app.command(epilog=example("evaluate RUN", "evaluate RUN --truth test.csv --audio test"))
@plain_errors
def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    truth: Annotated[Path | None, typer.Option(help="A table of every event in the recordings under --audio.")] = None,
    audio: Annotated[Path | None, typer.Option(help="The folder of the completely annotated recordings.")] = None,
    verdicts: Annotated[
        str | None, typer.Option(help="Verdicts of `review`, a file or a database's URL, on the run's recordings.")
    ] = None,
    precision: Annotated[float, typer.Option(help="With --verdicts: what thresholds should reach, from 0 to 1.")] = 0.9,
    as_json: Json = False,
) -> None:
    """Score a run: on its partial labels, and on full truth if there is one. Writes scores.json and report.html.

    With --verdicts: precision by score, recall, and a threshold for each species, in RUN/reviewed.
    """
    if (truth is None) != (audio is None):
        lacking = "--truth, the table of its events" if truth is None else "--audio, the folder of its recordings"
        raise typer.BadParameter(f"--truth and --audio belong together; expected {lacking}")
    if verdicts is not None and truth is not None:
        raise typer.BadParameter("--verdicts and --truth are two ways to judge; choose one")
    need_run(run)
    if truth is not None and audio is not None:
        need_table(truth)
        need_sound(audio)
    if verdicts is not None:
        verdicts_shown(run, verdicts, precision, as_json)
        return
    evaluate_shown(run, truth, audio, as_json)


def verdicts_shown(run: Path, where: str, wanted: float, as_json: bool) -> None:
    """Judge a run by verdicts, write RUN/reviewed, and show what was found."""
    from dawnchorus.console import console, precision_table
    from dawnchorus.review import precision
    from dawnchorus.review.verdicts import read_named
    from dawnchorus.run_folder import RunFolder

    folder = RunFolder(run)
    verdicts = precision.fair(read_named(where, folder.species)[0])
    given, elsewhere = precision.of_run(folder, verdicts)
    bins = precision.by_bin(given)
    thresholds = precision.thresholds(given, len(folder.species), wanted)
    model = folder.package(folder.stages[-1])
    precision.write(run / "reviewed", bins, thresholds, folder.species, model.hash)
    if as_json:
        typer.echo(json.dumps(precision.as_record(bins, thresholds)))
        return
    console().print(precision_table(bins, thresholds, folder.species))
    console().print(
        f"of {counted(len(verdicts), 'verdict')} asked by chance {int(given.known.sum())} on detections of the run, "
        f"{len(elsewhere)} on none; the tables are in {run / 'reviewed'}, and `dawnchorus detect --threshold "
        f"{run / 'reviewed' / 'thresholds.csv'}` goes by them",
        markup=False,
    )


def evaluate_shown(run: Path, truth: Path | None, audio: Path | None, as_json: bool) -> None:
    """Evaluate a run, write scores.json and report.html, and show the scores."""
    from dawnchorus.console import bar, console, scores_table
    from dawnchorus.evaluate.evaluation import as_record
    from dawnchorus.evaluate.judging import judge_on_partial_labels, judge_on_truth
    from dawnchorus.evaluate.report import heard_before, report_of, warnings_of
    from dawnchorus.evaluate.truth import read_truth
    from dawnchorus.event_rule import EventRule
    from dawnchorus.files import write_json
    from dawnchorus.report.page import write
    from dawnchorus.run_folder import RunFolder

    folder = RunFolder(run)
    evaluations = judge_on_partial_labels(folder)
    known, said = None, None
    if truth and audio:
        known = read_truth(truth, audio, len(folder.species))
        if known.problems and not known.boxes:
            raise ValueError(
                f"{truth}: no row fits a recording in {audio} and a species of the run: {known.problems[0]}"
            )
        with bar("detecting in the annotated recordings") as step:
            unread: list[str] = []
            rule = EventRule(typical_s=folder.package(folder.stages[-1]).typical_s)
            full, all_said = judge_on_truth(folder, known, rule, step, unread)
        for line in [str(problem) for problem in known.problems] + unread:
            typer.echo(line, err=True)
        evaluations, said = [*evaluations, *full], all_said[folder.stages[-1]]
    record = as_record(evaluations, folder.species)
    write_json(run / "scores.json", record)
    write(run / "report.html", report_of(folder, evaluations, known, said))
    if as_json:
        typer.echo(json.dumps(record))
        return
    shown = [one for one in evaluations if one.on == evaluations[-1].on]
    console().print(scores_table(shown))
    for warning in heard_before(folder, known) if known else warnings_of(folder):
        console().print(warning, markup=False)
    console().print(f"to look at: {run / 'report.html'}; the same numbers: {run / 'scores.json'}", markup=False)
