"""The command `blend`: several models as one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from dawnchorus.cli.app import Json, app, example, plain_errors
from dawnchorus.cli.folders import can_leave, can_write, need_member
from dawnchorus.words import counted


@app.command(epilog=example("blend RUN STUDENT --out BOTH --by logits --weight 1 --weight 0.5"))
@plain_errors
def blend(
    members: Annotated[
        list[Path],
        typer.Argument(
            metavar="MEMBER", help="Runs, folders of predictions, or submission tables: of the same recordings."
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="Folder for submission.csv, probabilities.csv, detections.csv and frames.npz.")
    ],
    by: Annotated[
        Literal["mean", "logits", "product", "rank"],
        typer.Option(help="The mean of scores, of logits, the geometric mean, or the mean of ranks."),
    ] = "mean",
    calibrated: Annotated[bool, typer.Option("--calibrated", help="Each through its own calibration first.")] = False,
    weight: Annotated[
        list[float] | None,
        typer.Option(help="A weight for each member, in their order, 1 of each if not given: --weight 2 --weight 1."),
    ] = None,
    frame: Annotated[float | None, typer.Option(help="Seconds of a frame; the finest among them if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Join what several models say of the same recordings: an ensemble. Needs no torch."""
    if out.resolve() in {path.resolve() for path in members}:
        raise typer.BadParameter("--out is one of the members, whose files it would replace")
    for path in members:
        need_member(path)
    can_write(out)
    from dawnchorus.blend.joining import Blend
    from dawnchorus.blend.member import RECORD
    from dawnchorus.blend.reading import member
    from dawnchorus.blend.writing import NAMES, record, write
    from dawnchorus.console import console
    from dawnchorus.files import write_json

    can_leave(out, RECORD, NAMES)
    how = Blend(by, calibrated, tuple(weight or ()), frame)
    read = [member(path) for path in members]
    blended = how(read)
    detections = write(out, blended)
    about = record(how, read, blended)
    write_json(out / RECORD, about)
    if as_json:
        typer.echo(json.dumps(about | {"detections": len(detections)}))
        return
    say = console().print
    say(
        f"{counted(len(read), 'member')}, {counted(len(blended.whole), 'recording')}: {out / 'submission.csv'}",
        markup=False,
    )
    if blended.probabilities:
        say(f"probabilities of species in recordings: {out / 'probabilities.csv'}", markup=False)
    for one in read:
        if not one.frames:
            say(f"{one.where}: no frames, so whole recordings alone were blended", markup=False)
    if blended.frames:
        say(
            f"{counted(len(detections), 'detection')}: {out / 'detections.csv'}; a blend can be blended again",
            markup=False,
        )
