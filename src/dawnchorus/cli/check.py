"""The command `check`: what is wrong with files."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from dawnchorus.cli.app import EXIT_FAULTS, Json, TimeLimit, Workers, app, plain_errors


@app.command()
@plain_errors
def check(
    audio: Annotated[list[str], typer.Argument(help="Folders, files, patterns, or .txt files with one path a line.")],
    workers: Workers = None,
    time_limit: TimeLimit = 300.0,
    as_json: Json = False,
) -> None:
    """Decode every file to its end, without a model: say what is wrong with it, and how many hours there are."""
    from dawnchorus.console import Detecting, console
    from dawnchorus.detect import outputs
    from dawnchorus.detect.run import check as check_files

    with Detecting("checking") as watch:
        checked = check_files(list(audio), workers, time_limit, watch)
    if as_json:
        typer.echo(json.dumps(checked.as_record()))
    else:
        say = console().print
        for file, fault in checked.faults:
            say(f"{file}: {fault}", markup=False)
        heard = checked.files - checked.failed
        say(outputs.coverage_line(heard, checked.failed, checked.analysed_s, checked.lost), markup=False)
        faulty = len({file for file, _ in checked.faults})
        say(f"{checked.files} files, {checked.analysed_s / 3600:.2f} h that can be heard; {faulty} files with faults")
    if checked.failed:
        raise typer.Exit(EXIT_FAULTS)
