"""The command `check`: what is wrong with files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from dawnchorus.cli.app import EXIT_FAULTS, LINES, Json, TimeLimit, Workers, app, example, plain_errors
from dawnchorus.cli.convert import Columns, Complete, Encoding, NameAs, Names, Species, Verdict, spellings, told
from dawnchorus.cli.folders import need_heard
from dawnchorus.words import counted


@app.command(epilog=example("check /media/card1", "check recordings --annotations labels --picture coverage.svg"))
@plain_errors
def check(
    audio: Annotated[
        list[str] | None,
        typer.Argument(metavar="AUDIO", help="Folders, files, patterns, or .txt files with one path a line."),
    ] = None,
    annotations: Annotated[
        list[Path] | None, typer.Option(help="Tables, or folders of them, to look at in place of the sound in AUDIO.")
    ] = None,
    format: Annotated[str, typer.Option(help="With --annotations: their format, if it is not to be guessed.")] = "",
    species_column: Species = "",
    column: Columns = None,
    verdict: Verdict = None,
    names: Names = None,
    name_as: NameAs = "scientific",
    encoding: Encoding = "",
    complete: Complete = False,
    picture: Annotated[Path | None, typer.Option(help="With --annotations: a file for the picture (SVG).")] = None,
    workers: Workers = None,
    time_limit: TimeLimit = 300.0,
    as_json: Json = False,
) -> None:
    """Decode every file to its end, without a model: say what is wrong with it, and how many hours there are.

    With --annotations: what tables say of each species, and what is wrong with them; AUDIO tells the recordings.
    """
    if annotations:
        said = told(species_column, column, verdict, False, [Path(one) for one in audio or []], None, encoding)
        _check_annotations(annotations, format, said, spellings(names, name_as, encoding), complete, picture, as_json)
        return
    if not audio:
        raise typer.BadParameter("name folders of sound, or tables with --annotations")
    need_heard(audio)
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
        hours = f"{checked.analysed_s / 3600:.2f} h that can be heard"
        say(f"{counted(checked.files, 'file')}, {hours}; {counted(faulty, 'file')} with faults")
    if checked.failed:
        raise typer.Exit(EXIT_FAULTS)


def _check_annotations(
    tables: list[Path], format: str, said: Any, names: Any, complete: bool, picture: Path | None, as_json: bool
) -> None:
    from dawnchorus import convert, files
    from dawnchorus.console import console, coverage_table
    from dawnchorus.coverage import coverage

    table = convert.read(tables, format, said, names)
    if complete:
        table = convert.completed(table, said.recordings)
    found = coverage(table, said.recordings)
    if picture is not None:
        files.write_text(picture, found.picture())
    if as_json:
        typer.echo(json.dumps(found.as_record()))
        return
    say = console().print
    say(coverage_table(found.species))
    for one, other in found.alike:
        say(f"{one!r} and {other!r} may be one species", markup=False)
    for problem in found.problems[:LINES]:
        say(str(problem), markup=False)
    if len(found.problems) > LINES:
        say(f"… and {len(found.problems) - LINES} more; all of them with --json")
    of = f" of {found.recordings} ({found.hours:.2f} h)" if found.recordings else ""
    say(f"{counted(found.annotated, 'recording')} with annotations{of}; {counted(len(found.problems), 'problem')}")
