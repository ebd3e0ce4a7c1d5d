"""The command `pretrain`: what a network learns without annotations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from dawnchorus.audio.extensions import audio_folder
from dawnchorus.cli.app import EXIT_FAULTS, LINES, app, example, listed, need_training, plain_errors
from dawnchorus.cli.folders import can_write, need_sound
from dawnchorus.words import counted


@app.command(epilog=example("pretrain ARCHIVE --out LEARNT", "train DATA --out RUN --weights LEARNT"))
@plain_errors
def pretrain(
    audio: Annotated[
        list[Path],
        typer.Argument(metavar="AUDIO", help="Folders of recordings, or data sets (not their test part)."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the weights: give it to `train --weights`.")],
    backbone: Annotated[str, typer.Option(help="A network by its timm name.")] = "tf_efficientnet_lite0",
    weights: Annotated[str, typer.Option(help="What it starts from: imagenet, lite, none, or a file.")] = "lite",
    columns_per_frame: Annotated[
        int | None, typer.Option(help="As in `train`: 32, 16, 8 or 4. Default: 16, as there.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps.")] = 300,
    batch: Annotated[int, typer.Option(min=2, help="Places a step, of which two views are heard.")] = 64,
    detail: Annotated[
        Literal["coarse", "memo", "fine", "finest"], typer.Option(help="As in `train`: columns of 32, 16, 8, 4 ms.")
    ] = "coarse",
    seed: Annotated[int, typer.Option(help="Another seed, other views and weights.")] = 0,
    store: Annotated[Path | None, typer.Option(help="Folder for spectrograms that several runs share.")] = None,
) -> None:
    """Let a network learn from recordings without annotations; run again to go on after an interruption."""
    for folder in audio:
        need_sound(audio_folder(folder))
    can_write(out)
    need_training()
    from dawnchorus import dataset, recommended, rounds
    from dawnchorus.console import bar, console
    from dawnchorus.feature_store import build_store
    from dawnchorus.files import read_json
    from dawnchorus.networks.backbones import Backbone
    from dawnchorus.networks.sed import SedNetwork
    from dawnchorus.pretraining import folder as pretrained
    from dawnchorus.training.pretrain import pretrain as learn

    say, sound = console().print, recommended.DETAIL[detail][0]
    columns = columns_per_frame or rounds.COLUMNS_PER_FRAME
    network = SedNetwork(Backbone(backbone, pretrained.resolved(weights), columns), coordinate=True)  # as in `train`
    settings = recommended.pretraining(steps, batch, detail)
    pretrained.check(network.backbone, sound)
    settings.learner(network, sound.rows)  # what can't be learnt says so before an hour of spectrograms
    with bar("looking at the recordings") as step:
        recordings, failures = dataset.archive(audio, step)
    say(f"{counted(len(recordings), 'recording')}; initial weights: {network.initial}", markup=False)
    with bar("spectrograms") as step:
        built = build_store(recordings, store or out / "features", sound, step)
    with bar("pretraining") as step:
        path = learn(settings, network, built.blocks, sound, out, seed, lambda done, of, _: step(done, of))
    losses = read_json(path.with_name(pretrained.RECORD))["losses"]
    failures = [*failures, *built.failures]
    for line in listed([*failures, *built.oddities])[:LINES]:
        say(line, markup=False)
    steps_done = counted(len(losses), "step")
    say(f"{steps_done}, loss {losses[0]:.2f} -> {losses[-1]:.2f}; next: dawnchorus train DATA --weights {out}")
    if failures:
        raise typer.Exit(EXIT_FAULTS)
