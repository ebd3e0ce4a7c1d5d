"""The commands `detect` and `merge`: a model over recordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from dawnchorus.cli.app import EXIT_FAULTS, Json, TimeLimit, Workers, app, plain_errors

Precision = Literal["f32", "bf16", "int8"]  # that of `detect.precision`, which would load numpy for `--help`


@app.command()
@plain_errors
def detect(
    model: Annotated[Path, typer.Argument(help="A model folder, such as RUN/model.")],
    audio: Annotated[list[str], typer.Argument(help="Folders, files, patterns, or .txt files with one path a line.")],
    out: Annotated[Path, typer.Option(help="Folder for the tables and the ledger of the run.")],
    submission: Annotated[Path | None, typer.Option(help="A sample_submission.csv to fill.")] = None,
    threshold: Annotated[
        str, typer.Option(metavar="0..1|model", help="Lowest score of a detection; or the model's, by species.")
    ] = "0.3",
    min_duration: Annotated[float, typer.Option(min=0, help="Leave out detections shorter than these seconds.")] = 0.0,
    merge_gap: Annotated[float, typer.Option(min=0, help="Join detections closer than these seconds.")] = 0.0,
    channel: Annotated[
        str | None,
        typer.Option(metavar="mean|each|N", help="Which sound of several channels; the model's if not given."),
    ] = None,
    keep_scores: Annotated[
        bool, typer.Option("--keep-scores", help="Write the scores of all frames, too: scores.parquet.")
    ] = False,
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="Do one of N parts only, on this machine; `merge` joins them.")
    ] = "1/1",
    precision: Annotated[
        Precision | None,
        typer.Option(help="Numbers to compute in; bf16 if not given and the processor has it, otherwise f32."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Take int8 whatever it costs in score.")] = False,
    workers: Workers = None,
    time_limit: TimeLimit = 300.0,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what is done in OUT and begin anew.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 3 also when any sound was lost.")] = False,
    profile: Annotated[bool, typer.Option("--profile", help="Show where the time went.")] = False,
    as_json: Json = False,
) -> None:
    """Find species in recordings. Needs no torch. Run it again to go on after whatever stopped it."""
    from dawnchorus.detect.listing import Shard

    failed = detect_shown(
        model,
        list(audio),
        out,
        as_json,
        strict,
        profile,
        sample=submission,
        threshold=_threshold(threshold),
        shortest_s=min_duration,
        gap_s=merge_gap,
        channels=_channels(channel),
        keep_scores=keep_scores,
        shard=Shard.parse(shard),
        workers=workers,
        stall_s=time_limit,
        restart=restart,
        precision=precision,
        force=force,
    )
    if failed:
        raise typer.Exit(EXIT_FAULTS)


def _threshold(text: str) -> Any:
    if text == "model":
        return text
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise typer.BadParameter(f"{text!r}; expected a number from 0 to 1, or model", param_hint="--threshold")
    return value


def _channels(text: str | None) -> Any:
    if text in (None, "mean", "each"):
        return text
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise typer.BadParameter(f"{text!r}; expected mean, each, or a number from 1", param_hint="--channel")
    return int(text)


def detect_shown(
    model: Path,
    audio: list[Any],
    out: Path,
    as_json: bool = False,
    strict: bool = False,
    profile: bool = False,
    **wanted: Any,
) -> bool:
    """Detect as `wanted` says and show what came of it; whether the exit code should tell of faults."""
    from dawnchorus.console import Detecting, console, stages_table
    from dawnchorus.detect.run import Wanted, run

    with Detecting() as watch:
        ran = run(Wanted(model, tuple(audio), out, **wanted), watch)
    detected, progress = ran.detected, ran.progress
    if as_json:
        typer.echo(json.dumps(detected.as_record() | ({"stages": dict(progress.stages)} if profile else {})))
    else:
        say = console().print
        for line in detected.lines():
            say(line, markup=False)
        if profile:
            say(stages_table(progress.stages, progress.sound_s))
        shard = wanted.get("shard")
        if shard is None or shard.of == 1:
            where = f"{out / 'detections.csv'}"
        else:
            where = f"shard {shard} in {out}; when all are done: dawnchorus merge {model} {out}"
        say(f"{detected.detections} detections in {detected.heard} recordings: {where}", markup=False)
    return bool(detected.errors or (strict and detected.lost))


@app.command()
@plain_errors
def merge(
    model: Annotated[Path, typer.Argument(help="The model folder that the shards were made with.")],
    out: Annotated[Path, typer.Argument(help="The folder of the shards.")],
    submission: Annotated[Path | None, typer.Option(help="A sample_submission.csv to fill.")] = None,
    as_json: Json = False,
) -> None:
    """Put the shards of a detection together: the tables are those of a run in one piece."""
    from dawnchorus.console import console
    from dawnchorus.detect.run import merge as merge_shards

    detected = merge_shards(out, model, submission)
    if as_json:
        typer.echo(json.dumps(detected.as_record()))
    else:
        for line in [*detected.lines(), f"{detected.detections} detections: {out / 'detections.csv'}"]:
            console().print(line, markup=False)
    if detected.errors:
        raise typer.Exit(EXIT_FAULTS)
