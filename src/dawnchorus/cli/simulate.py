"""The command `simulate`: a data set of which everything is known."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from dawnchorus.cli.app import app, example, plain_errors
from dawnchorus.cli.folders import can_write
from dawnchorus.words import counted


@app.command(epilog=example("simulate OUT --recordings 40 --species 6"))
@plain_errors
def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the data set; must be new or empty.")],
    recordings: Annotated[int, typer.Option(min=1, help="Training recordings.")] = 40,
    test_recordings: Annotated[int, typer.Option(min=1, help="Recordings to test on, in OUT/test.")] = 20,
    species: Annotated[int, typer.Option(min=1, help="Species that call in them.")] = 6,
    seconds: Annotated[float, typer.Option(help="Length of a recording in seconds.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Another seed, another simulated forest.")] = 0,
    clips: Annotated[Path | None, typer.Option(help="A folder of your own call clips: one folder a species.")] = None,
    background: Annotated[Path | None, typer.Option(help="A folder of your own background recordings.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier simulation.")] = False,
) -> None:
    """Write an RFCX-like data set of which everything is known."""
    can_write(out)
    from dawnchorus import simulate as simulator
    from dawnchorus.console import bar, console
    from dawnchorus.files import read_json

    settings = simulator.Simulation(
        recordings=recordings,
        test_recordings=test_recordings,
        species=species,
        seconds=seconds,
        seed=seed,
        clips=clips,
        background=background,
    )
    with bar("simulating") as step:
        simulator.simulate(out, settings, step, overwrite)
    for warning in read_json(out / "simulation.json")["warnings"]:
        console().print(warning, markup=False)
    console().print(
        f"{recordings} training and {counted(test_recordings, 'test recording')} in {out}; "
        f"next: {shlex.join(['dawnchorus', 'train', str(out), '--out', 'RUN'])}",
        markup=False,
    )
