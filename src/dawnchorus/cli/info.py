"""The command `info`: what a run or a model is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from dawnchorus.cli.app import Json, app, example, plain_errors
from dawnchorus.cli.folders import need_run


@app.command(epilog=example("info RUN", "info RUN/model --json"))
@plain_errors
def info(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A run folder or a model folder.")],
    as_json: Json = False,
) -> None:
    """Say what a run or a model is."""
    from dawnchorus import package
    from dawnchorus.console import console, facts_table, scores_table
    from dawnchorus.evaluate.evaluation import as_record
    from dawnchorus.evaluate.judging import judge_on_partial_labels
    from dawnchorus.run_folder import RunFolder

    scores: dict[str, Any] = {}
    if (folder / "package.json").is_file():
        facts = package.describe(package.read(folder))
        evaluations = []
    else:
        need_run(folder)
        run = RunFolder(folder)
        facts = {"data": run.record["data"], "recordings": str(len(run.recordings))}
        facts |= {name: str(value) for name, value in run.record["made_with"].items()}
        facts |= {"species": ", ".join(species.name for species in run.species), "model": str(folder / "model")}
        evaluations = judge_on_partial_labels(run)
        scores = {"scores": as_record(evaluations, run.species)}
    if as_json:
        typer.echo(json.dumps(facts | scores))
        return
    console().print(facts_table(facts))
    if evaluations:
        console().print(scores_table(evaluations))
