"""The command `quantise`: a model in integers of eight bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dawnchorus.cli.app import Json, app, example, plain_errors
from dawnchorus.cli.folders import need_model, need_sound, need_table


@app.command(epilog=example("quantise RUN/model AUDIO", "quantise RUN/model AUDIO --truth test.csv --truth-audio test"))
@plain_errors
def quantise(
    model: Annotated[
        Path,
        typer.Argument(metavar="MODEL", help="A model folder, such as RUN/model; the int8 networks are put into it."),
    ],
    audio: Annotated[
        list[Path], typer.Argument(metavar="AUDIO", help="Recordings like those to come, to calibrate on: no truth.")
    ],
    truth: Annotated[
        Path | None, typer.Option(help="A table of every event in the recordings of --truth-audio.")
    ] = None,
    truth_audio: Annotated[
        Path | None, typer.Option(help="Completely annotated recordings, not those that the model learnt from.")
    ] = None,
    windows: Annotated[int, typer.Option(min=1, help="Windows to calibrate on.")] = 256,
    as_json: Json = False,
) -> None:
    """Make a model's int8 networks, for `detect --precision int8`, and measure what they cost in score."""
    from dataclasses import asdict

    from dawnchorus import package
    from dawnchorus import quantise as quantising
    from dawnchorus.console import bar, console
    from dawnchorus.evaluate.truth import read_truth

    if (truth is None) != (truth_audio is None):
        raise typer.BadParameter("--truth and --truth-audio belong together")
    need_model(model)
    for folder in [*audio, *([truth_audio] if truth_audio is not None else [])]:
        need_sound(folder)
    if truth is not None:
        need_table(truth)
    read = package.read(model)
    known = None if truth is None or truth_audio is None else read_truth(truth, truth_audio, len(read.species))
    try:
        with bar("hearing windows") as step:
            made = quantising.quantise(read, audio, windows, step)
    except ImportError as error:
        raise RuntimeError(
            f'quantising needs NNCF ({error}); install it with: pip install "dawnchorus[int8]"'
        ) from error
    if known is not None:
        for problem in known.problems:
            typer.echo(str(problem), err=True)
        with bar("measuring the loss") as step:
            made = quantising.measure(read, known, str(truth), step)
    if as_json:
        typer.echo(json.dumps(asdict(made)))
    else:
        console().print(quantising.described(made), markup=False)
        console().print(f"next: dawnchorus detect {model} AUDIO --out OUT --precision int8", markup=False)
