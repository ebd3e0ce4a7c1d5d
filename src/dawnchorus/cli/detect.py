"""The commands `detect` and `merge`: a model over recordings."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dawnchorus.cli.app import EXIT_FAULTS, LINES, Json, TimeLimit, Workers, app, example, plain_errors
from dawnchorus.cli.folders import FOUND, can_detect, need_heard, need_model, need_shards, need_table
from dawnchorus.words import counted

if TYPE_CHECKING:
    from dawnchorus.detect.process import Process

PathPattern = Annotated[
    str | None,
    typer.Option(help="Where sites and dates stand in paths, such as '{site}/*' or '{site}/{date}/{time}'."),
]
Clock = Annotated[
    str | None,
    typer.Option(help="Time zone that recorders were set to, where files don't say: UTC, UTC-4 or a name."),
]
Zone = Annotated[str | None, typer.Option(help="Time zone of local times in tables; each file's own if not given.")]
SitesTable = Annotated[
    Path | None, typer.Option(help="A table of sites: site, latitude, longitude, and zone of their clocks.")
]
Rounded = Annotated[
    int | None,
    typer.Option(min=0, max=6, help="Decimals of coordinates in tables, for species at risk: 1 is about 11 km."),
]
Precision = Literal["f32", "bf16", "int8"]  # that of `detect.precision`, which would load numpy for `--help`


@app.command(
    epilog=example(
        "detect RUN/model /media/cards --out OUT",
        "detect RUN/model /media/cards --out OUT --pattern '{site}/*' --clock UTC --zone America/Puerto_Rico",
    )
)
@plain_errors
def detect(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model folder, such as RUN/model.")],
    audio: Annotated[
        list[str],
        typer.Argument(metavar="AUDIO", help="Folders, files, patterns, s3:// URLs, or .txt files with one a line."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the tables and the ledger of the run.")],
    submission: Annotated[Path | None, typer.Option(help="A sample_submission.csv to fill.")] = None,
    threshold: Annotated[
        str,
        typer.Option(
            metavar="0..1|model|TABLE",
            help="Lowest score of a detection; or of each species the model's, or those of a thresholds.csv.",
        ),
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
        str, typer.Option(metavar="I/N", help="Do one of N parts only, such as 3/40; `merge` joins them.")
    ] = "1/1",
    pattern: PathPattern = None,
    sites: SitesTable = None,
    clock: Clock = None,
    zone: Zone = None,
    round_coordinates: Rounded = None,
    precision: Annotated[
        Precision | None,
        typer.Option(help="Numbers to compute in; bf16 if not given and the processor has it, otherwise f32."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Take int8 whatever it costs in score.")] = False,
    workers: Workers = None,
    engine: Annotated[
        str, typer.Option(metavar="local|ray", help="Processes of this machine, or the machines of a Ray cluster.")
    ] = "local",
    copy_to: Annotated[
        str | None, typer.Option(metavar="s3://...", help="Copy the tables and the ledger there, too, when done.")
    ] = None,
    time_limit: TimeLimit = 300.0,
    repair: Annotated[
        bool, typer.Option("--repair", help="Read all sound behind a WAV header that says too little.")
    ] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what is done in OUT and begin anew.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 3 also when any sound was lost.")] = False,
    profile: Annotated[bool, typer.Option("--profile", help="Show where the time went.")] = False,
    as_json: Json = False,
) -> None:
    """Find species in recordings. Needs no torch. Run it again to go on after whatever stopped it."""
    need_model(model)
    can_detect(out, audio)
    begins = not any(out.glob(FOUND))  # what was heard stays when its folder is gone
    if begins:
        need_heard(audio)
    score, which, where = _threshold(threshold), _channels(channel), _engine(engine)
    _check_sample(submission, model, audio if begins else ())
    from dawnchorus.detect.process import started_ahead

    with started_ahead(where == "local") as ahead:
        from dawnchorus.detect.listing import Shard

        failed = detect_shown(
            model,
            list(audio),
            out,
            as_json,
            strict,
            profile,
            ahead,
            sample=submission,
            threshold=score,
            shortest_s=min_duration,
            gap_s=merge_gap,
            channels=which,
            keep_scores=keep_scores,
            shard=Shard.parse(shard),
            workers=workers,
            stall_s=time_limit,
            restart=restart,
            repair=repair,
            engine=where,
            copy_to=copy_to,
            rules=_rules(pattern, sites, clock, zone, round_coordinates),
            precision=precision,
            force=force,
        )
    if failed:
        raise typer.Exit(EXIT_FAULTS)


def _check_sample(sample: Path | None, model: Path, audio: Sequence[str] = ()) -> None:
    """A sample that does not fit the model or the recordings in `audio` is told before hours of detection."""
    if sample is None:
        return
    need_table(sample)
    from dawnchorus import package
    from dawnchorus.audio import folders
    from dawnchorus.detect.listing import entries_of, roots_of
    from dawnchorus.export import submission

    wanted, _ = submission.check(sample, len(package.read(model).species))
    if not audio:
        return
    keys = dict.fromkeys(folders.keys_of([one.name for one in entries_of(roots_of(audio))]))
    rows = zip(wanted, submission.fitting(sample, wanted, keys), strict=True)
    strangers = [row for row, key in rows if key is None]
    for line, name in strangers[:LINES]:
        typer.echo(f"{sample} line {line}: no recording is named {name!r}; its row will be zeros", err=True)
    if len(strangers) > LINES:
        typer.echo(f"… and {len(strangers) - LINES} more", err=True)


def _rules(pattern: str | None, sites: Path | None, clock: str | None, zone: str | None, decimals: int | None) -> Any:
    from dawnchorus.recorders import sites as sites_table
    from dawnchorus.recorders import zones
    from dawnchorus.recorders.origin import Rules
    from dawnchorus.recorders.pattern import Pattern

    return Rules(
        Pattern(pattern) if pattern else None,
        zones.parse(clock) if clock else None,
        zones.parse(zone) if zone else None,
        sites_table.read(sites) if sites else {},
        decimals,
    )


def _threshold(text: str) -> Any:
    if text == "model":
        return text
    try:
        value = float(text)
    except ValueError:
        if Path(text).is_file():
            return Path(text)
        value = -1.0
    if not 0 <= value <= 1:
        expected = "a number from 0 to 1, model, or a table that `dawnchorus evaluate --verdicts` wrote"
        raise typer.BadParameter(f"{text!r}; expected {expected}", param_hint="--threshold")
    return value


def _channels(text: str | None) -> Any:
    if text in (None, "mean", "each"):
        return text
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise typer.BadParameter(f"{text!r}; expected mean, each, or a number from 1", param_hint="--channel")
    return int(text)


def _engine(text: str) -> Any:
    if text not in ("local", "ray"):
        raise typer.BadParameter(f"{text!r}; expected local or ray", param_hint="--engine")
    return text


def detect_shown(
    model: Path,
    audio: list[Any],
    out: Path,
    as_json: bool = False,
    strict: bool = False,
    profile: bool = False,
    ahead: Process | None = None,
    **wanted: Any,
) -> bool:
    """Detect as `wanted` says and show what came of it; whether the exit code should tell of faults."""
    from dawnchorus.console import Detecting, console, stages_table
    from dawnchorus.detect.run import Wanted, run

    with Detecting() as watch:
        ran = run(Wanted(model, tuple(audio), out, **wanted), watch, ahead)
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
        say(
            f"{counted(detected.detections, 'detection')} in {counted(detected.heard, 'recording')}: {where}",
            markup=False,
        )
        if detected.detections and (shard is None or shard.of == 1):
            heard = shlex.join(str(one) for one in audio)
            say(f"next: dawnchorus review {out} --audio {heard}", markup=False)
            if detected.with_start:
                say(f"      dawnchorus summarise {out} --out SEASON", markup=False)
            else:
                say("      summarise needs start times: detect again with --clock or --pattern; nothing is heard twice")
    return bool(detected.errors or (strict and detected.lost))


@app.command(epilog=example("merge RUN/model OUT"))
@plain_errors
def merge(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The model folder that the shards were made with.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of the shards.")],
    submission: Annotated[Path | None, typer.Option(help="A sample_submission.csv to fill.")] = None,
    pattern: PathPattern = None,
    sites: SitesTable = None,
    clock: Clock = None,
    zone: Zone = None,
    round_coordinates: Rounded = None,
    as_json: Json = False,
) -> None:
    """Put the shards of a detection together: the tables are those of a run in one piece."""
    need_model(model)
    need_shards(out)
    _check_sample(submission, model)
    from dawnchorus.console import console
    from dawnchorus.detect.run import merge as merge_shards

    detected = merge_shards(out, model, submission, _rules(pattern, sites, clock, zone, round_coordinates))
    if as_json:
        typer.echo(json.dumps(detected.as_record()))
    else:
        for line in [*detected.lines(), f"{counted(detected.detections, 'detection')}: {out / 'detections.csv'}"]:
            console().print(line, markup=False)
    if detected.errors:
        raise typer.Exit(EXIT_FAULTS)
