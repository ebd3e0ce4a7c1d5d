"""The command `evaluate`: how good a run is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dawnchorus.cli.app import Json, app, plain_errors


@app.command()
@plain_errors
def evaluate(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    truth: Annotated[Path | None, typer.Option(help="A table of every event in the recordings under --audio.")] = None,
    audio: Annotated[Path | None, typer.Option(help="Completely annotated recordings.")] = None,
    as_json: Json = False,
) -> None:
    """Score a run: on its partial labels, and on full truth if there is one. Writes scores.json and report.html."""
    if (truth is None) != (audio is None):
        raise typer.BadParameter("--truth and --audio belong together")
    evaluate_shown(run, truth, audio, as_json)


def evaluate_shown(run: Path, truth: Path | None, audio: Path | None, as_json: bool) -> None:
    """Evaluate a run, write scores.json and report.html, and show the scores."""
    from dawnchorus import evaluate as evaluation
    from dawnchorus import report
    from dawnchorus.console import bar, console, scores_table
    from dawnchorus.files import write_json
    from dawnchorus.run_folder import RunFolder
    from dawnchorus.scores import EventRule

    folder = RunFolder(run)
    evaluations = evaluation.judge_on_partial_labels(folder)
    known, said = None, None
    if truth and audio:
        known = evaluation.read_truth(truth, audio, len(folder.species))
        with bar("detecting in the annotated recordings") as step:
            unread: list[str] = []
            full, all_said = evaluation.judge_on_truth(folder, known, EventRule(), step, unread)
        for line in [str(problem) for problem in known.problems] + unread:
            typer.echo(line, err=True)
        evaluations, said = [*evaluations, *full], all_said[folder.stages[-1]]
    record = evaluation.as_record(evaluations, folder.species)
    write_json(run / "scores.json", record)
    report.write(run / "report.html", evaluation.report_of(folder, evaluations, known, said))
    if as_json:
        typer.echo(json.dumps(record))
        return
    shown = [one for one in evaluations if one.on == evaluations[-1].on]
    console().print(scores_table(shown))
    if not known:
        console().print(evaluation.PARTIAL_WARNING)
