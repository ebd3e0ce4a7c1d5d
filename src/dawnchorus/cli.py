"""The commands: parse, call, show. Heavy libraries are imported inside, so that `--help` is quick."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

app = typer.Typer(
    help="dawnchorus learns to hear species from partial annotations.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

experiments = typer.Typer(help="Studies: files of experiments that answer one question.", no_args_is_help=True)
app.add_typer(experiments, name="experiment")

EXIT_FAULTS = 3  # finished, but some files failed
LINES = 20  # of faults that are shown
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value for machines instead of tables.")]


def main() -> None:
    """Run the command line."""
    app()


def _plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """What a user can mend is told in a sentence, without a traceback."""

    @wraps(command)
    def guarded(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except (ValueError, OSError, RuntimeError) as error:
            if type(error).__module__.partition(".")[0] not in ("dawnchorus", "builtins"):
                raise
            typer.echo(f"dawnchorus: {error}", err=True)
            raise typer.Exit(1) from error

    return guarded


def _need_training() -> None:
    missing = [
        name
        for name in ("torch", "timm", "pytorch_lightning", "safetensors", "onnx", "onnxscript")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        typer.echo(
            f'dawnchorus: training needs {missing[0]}; install it with: pip install "dawnchorus[train]"', err=True
        )
        raise typer.Exit(1)


@app.command()
@_plain_errors
def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Another seed, another simulated forest.")] = 0,
) -> None:
    """Simulate a small forest, train three stages on it, detect, and compare with the known truth."""
    _need_training()
    from dataclasses import replace

    from dawnchorus import demo as demonstration
    from dawnchorus import simulate as simulator
    from dawnchorus.console import bar, console

    say, places = console().print, demonstration.Places(out)
    say("1. Simulating recordings of six species, of which a few boxes are revealed …")
    with bar("simulating") as step:
        simulator.simulate(places.data, replace(demonstration.SIMULATION, seed=seed), step, overwrite=True)
    say("2. Training stages 1, 2 and 3 …")
    _train(places.data, places.run, replace(demonstration.experiment(), seed=seed), [], False, None)
    say("3. Detecting in the test recordings …")
    _detect(
        places.run / "model",
        [places.data / "test"],
        places.detections,
        sample=places.data / "sample_submission.csv",
        restart=True,
    )
    say("4. Comparing with the truth, which training never saw …")
    _evaluate(places.run, places.data / "truth" / "test.csv", places.data / "test", False)
    say(f"\nOpen {places.run / 'report.html'} in a browser.")


@app.command()
@_plain_errors
def simulate(
    out: Annotated[Path, typer.Argument(help="Folder for the data set; must be new or empty.")],
    recordings: Annotated[int, typer.Option(min=1, help="Training recordings.")] = 40,
    test_recordings: Annotated[int, typer.Option(min=1)] = 20,
    species: Annotated[int, typer.Option(min=1)] = 6,
    seconds: Annotated[float, typer.Option(help="Length of a recording.")] = 60.0,
    seed: Annotated[int, typer.Option()] = 0,
    clips: Annotated[Path | None, typer.Option(help="A folder of your own call clips: one folder a species.")] = None,
    background: Annotated[Path | None, typer.Option(help="A folder of your own background recordings.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier simulation.")] = False,
) -> None:
    """Write an RFCX-like data set of which everything is known."""
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
        f"{recordings} training and {test_recordings} test recordings in {out}; next: dawnchorus train {out}"
    )


@app.command()
@_plain_errors
def train(
    data: Annotated[Path, typer.Argument(help="Folder with train_tp.csv, train_fp.csv and the recordings.")],
    out: Annotated[Path, typer.Option(help="Folder for the run.")],
    audio: Annotated[list[Path] | None, typer.Option(help="Folders with the recordings, if not under DATA.")] = None,
    backbone: Annotated[str, typer.Option(help="A network by its timm name.")] = "tf_efficientnet_lite0",
    weights: Annotated[str, typer.Option(help="imagenet, lite, none, a file, or a folder of `pretrain`.")] = "lite",
    columns_per_frame: Annotated[int, typer.Option(help="32, 16, 8 or 4: fewer, finer times.")] = 32,
    fused: Annotated[bool, typer.Option("--fused", help="With finer frames: see the coarse map too.")] = False,
    folds: Annotated[
        int | None, typer.Option(min=2, help="Default: 2; with --encoder 8, or as many as there are sites.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Train every fold again from another seed.")] = 1,
    method: Annotated[
        Literal["rounds", "memo"], typer.Option(help="Pasted events and soft labels, or the memo's three stages.")
    ] = "rounds",
    encoder: Annotated[
        str | None, typer.Option(help="A pretrained encoder to hear with: birdnet, or an ONNX file.")
    ] = None,
    hop: Annotated[
        float | None, typer.Option(help="With --encoder: seconds from one embedding to the next. [0.375 or 0.5]")
    ] = None,
    encoder_rate: Annotated[int, typer.Option(help="With an ONNX encoder: its sample rate in Hz.")] = 32_000,
    encoder_window: Annotated[float, typer.Option(help="With an ONNX encoder: seconds that it hears.")] = 5.0,
    encoder_licence: Annotated[str, typer.Option(help="With an ONNX encoder: its licence, for the card.")] = "",
    rounds: Annotated[int, typer.Option(min=0, help="Rounds of soft labels, with --method rounds or an encoder.")] = 0,
    teacher: Annotated[
        list[Path] | None,
        typer.Option(
            help="A run folder whose scores teach a student; it may hear with an encoder. Several: their mean."
        ),
    ] = None,
    audit: Annotated[
        bool, typer.Option("--audit", help="Keep a part from all models, and stop rounds when they get worse there.")
    ] = False,
    steps: Annotated[
        str | None, typer.Option(help="Optimiser steps: of stages 1, 2, 3, or one number of every round.")
    ] = None,
    budget: Annotated[float, typer.Option(min=0.001, help="Multiply all steps by this.")] = 1.0,
    batch: Annotated[int, typer.Option(min=1, help="Windows a step.")] = 32,
    detail: Annotated[
        Literal["coarse", "memo", "fine"], typer.Option(help="Spectrogram columns of 32, 16, 8 ms.")
    ] = "memo",
    grain: Annotated[Literal["windows", "frames"], typer.Option(help="What an annotation speaks of.")] = "windows",
    seed: Annotated[int, typer.Option()] = 0,
    store: Annotated[Path | None, typer.Option(help="Folder for spectrograms that several runs share.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Any problem with the data is an error.")] = False,
) -> None:
    """Train a detector from recordings and two tables; run again to go on after an interruption."""
    if encoder is not None and grain == "frames":
        raise typer.BadParameter("--encoder learns on frames already; leave --grain out")
    if method == "memo" and (encoder is not None or teacher):
        raise typer.BadParameter("--method memo has stages of its own, without --encoder and --teacher")
    _need_training()
    from dataclasses import replace

    from dawnchorus import recommended
    from dawnchorus import rounds as in_rounds
    from dawnchorus.console import console
    from dawnchorus.networks.backbones import Backbone
    from dawnchorus.pretraining import folder as pretrained

    network, sound = (
        Backbone(backbone, pretrained.resolved(weights), columns_per_frame, fused),
        recommended.DETAIL[detail],
    )
    learnt = pretrained.check(network, sound[0]) if encoder is None else None
    if learnt is not None:
        console().print(
            f"the initial weights heard {learnt['recordings']} recordings without annotations: those of them that are "
            "held out here are not wholly new to the models that score them"
        )
    if encoder is not None:
        heard_by = _encoder(encoder, hop, encoder_rate, encoder_window, encoder_licence)
        console().print(f"encoder: {heard_by.name}, licence of its weights: {heard_by.licence}", markup=False)
        count = recommended.steps_of_rounds(steps, 200, budget)
        experiment = in_rounds.on_encoder(heard_by, folds or in_rounds.ENCODER_FOLDS, count, seed, rounds)
    elif method == "rounds" or teacher:
        count = recommended.steps_of_rounds(steps, 300, budget)
        experiment = in_rounds.on_pictures(network, folds or 2, count, seed, *sound, rounds, batch)
        experiment = in_rounds.on_frames(experiment) if grain == "frames" else experiment
    else:
        first, second, third = recommended.steps(steps or "240,240,240", budget)
        experiment = recommended.experiment(network, folds or 2, (first, second, third), seed, *sound, batch)
        experiment = recommended.on_frames(experiment) if grain == "frames" else experiment
    outside = None
    if teacher:
        from dawnchorus.pseudo_labels import teachers

        said_by, said = teachers.of_runs(teacher)
        experiment, outside = in_rounds.taught(experiment, said_by), {said_by[0].name: said}
    experiment = replace(experiment, repeats=repeats, audit=audit)
    faults = _train(data, out, experiment, audio or [], strict, store, outside, fewer_folds=folds is None)
    _evaluate(out, None, None, False)
    if faults:
        raise typer.Exit(EXIT_FAULTS)


@app.command()
@_plain_errors
def pretrain(
    audio: Annotated[list[Path], typer.Argument(help="Folders of recordings, or of data sets (not their test part).")],
    out: Annotated[Path, typer.Option(help="Folder for the weights: give it to `train --weights`.")],
    backbone: Annotated[str, typer.Option(help="A network by its timm name.")] = "tf_efficientnet_lite0",
    weights: Annotated[str, typer.Option(help="What it starts from: imagenet, lite, none, or a file.")] = "lite",
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps.")] = 300,
    batch: Annotated[int, typer.Option(min=2, help="Places a step, of which two views are heard.")] = 64,
    detail: Annotated[
        Literal["coarse", "memo", "fine"], typer.Option(help="As in `train`: columns of 32, 16, 8 ms.")
    ] = "memo",
    seed: Annotated[int, typer.Option()] = 0,
    store: Annotated[Path | None, typer.Option(help="Folder for spectrograms that several runs share.")] = None,
) -> None:
    """Let a network learn from recordings without annotations; run again to go on after an interruption."""
    _need_training()
    from dawnchorus import dataset, recommended
    from dawnchorus.console import bar, console
    from dawnchorus.features import build_store
    from dawnchorus.files import read_json
    from dawnchorus.networks.backbones import Backbone
    from dawnchorus.networks.sed import SedNetwork
    from dawnchorus.pretraining import folder as pretrained
    from dawnchorus.training.pretrain import pretrain as learn

    say, sound = console().print, recommended.DETAIL[detail][0]
    network = SedNetwork(Backbone(backbone, pretrained.resolved(weights)))
    settings = recommended.pretraining(steps, batch, detail)
    pretrained.check(network.backbone, sound)
    settings.learner(network, sound.rows)  # what can't be learnt says so before an hour of spectrograms
    with bar("looking at the recordings") as step:
        recordings, failures = dataset.archive(audio, step)
    say(f"{len(recordings)} recordings; initial weights: {network.initial}", markup=False)
    with bar("spectrograms") as step:
        built = build_store(recordings, store or out / "features", sound, step)
    with bar("pretraining") as step:
        path = learn(settings, network, built.blocks, sound, out, seed, lambda done, of, _: step(done, of))
    losses = read_json(path.with_name(pretrained.RECORD))["losses"]
    failures = [*failures, *built.failures]
    for line in _listed([*failures, *built.oddities])[:LINES]:
        say(line, markup=False)
    say(f"{len(losses)} steps, loss {losses[0]:.2f} -> {losses[-1]:.2f}; next: dawnchorus train DATA --weights {out}")
    if failures:
        raise typer.Exit(EXIT_FAULTS)


def _encoder(name: str, hop: float | None, rate_hz: int, window_s: float, licence: str) -> Any:
    from dawnchorus.encoders.birdnet import BirdNet, weights_file
    from dawnchorus.encoders.onnx_file import onnx_encoder

    if name == "birdnet":
        weights_file()  # says at once when it is not installed
        return BirdNet() if hop is None else BirdNet(hop)
    return onnx_encoder(Path(name), rate_hz, window_s, hop or 0.5, licence=licence or "not stated")


def _train(
    data: Path,
    out: Path,
    experiment: Any,
    audio: list[Path],
    strict: bool,
    store: Path | None,
    outside: dict[str, Any] | None = None,
    fewer_folds: bool = False,
) -> int:
    from dawnchorus import dataset
    from dawnchorus.console import Training, bar, console
    from dawnchorus.training.folds import fitting
    from dawnchorus.training.train import train as train_run

    say = console().print
    with bar("looking at the recordings") as step:
        found = dataset.load(data, audio, strict, step)
    present = sum(box.present for box in found.annotations)
    say(
        f"{len(found.recordings)} recordings, {len(found.species)} species, {present} boxes that say present, "
        f"{len(found.annotations) - present} that say absent; initial weights: {experiment.initial}"
    )
    experiment = fitting(experiment, found.recordings) if fewer_folds else experiment
    with bar("spectrograms") as step, Training(experiment.fits) as training:
        finished = train_run(
            found,
            out,
            experiment,
            data,
            store,
            step,
            training.of_fit,
            outside,
        )
    for stage, score in finished.audit.items():
        kept = "" if any(one.name == stage for one in finished.experiment.stages) else ": worse, left out"
        say(f"audit part, {stage}: cmAP on its boxes {score:.3f}{kept}", markup=False)
    failures = finished.data.failures
    listed = [str(problem) for problem in found.problems] + _listed([*failures, *finished.data.oddities])
    for line in listed[:LINES]:
        say(line, markup=False)
    if len(listed) > LINES:
        say(f"… and {len(listed) - LINES} more; all of them are in {out / 'run.json'}")
    say(f"the run is in {out}, its model in {out / 'model'}")
    return len(failures)


def _listed(faults: list[Any]) -> list[str]:
    """A line for each fault and the recordings that have it: a folder of one recorder has one in all of its files."""
    alike: dict[str, list[str]] = {}
    for one in faults:
        alike.setdefault(str(one.fault), []).append(one.recording)
    return [
        f"{recordings[0]}{f' and {len(recordings) - 1} more' if len(recordings) > 1 else ''}: {fault}"
        for fault, recordings in alike.items()
    ]


@app.command()
@_plain_errors
def evaluate(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    truth: Annotated[Path | None, typer.Option(help="A table of every event in the recordings under --audio.")] = None,
    audio: Annotated[Path | None, typer.Option(help="Completely annotated recordings.")] = None,
    as_json: Json = False,
) -> None:
    """Score a run: on its partial labels, and on full truth if there is one. Writes scores.json and report.html."""
    if (truth is None) != (audio is None):
        raise typer.BadParameter("--truth and --audio belong together")
    _evaluate(run, truth, audio, as_json)


def _evaluate(run: Path, truth: Path | None, audio: Path | None, as_json: bool) -> None:
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


Workers = Annotated[int | None, typer.Option(min=1, help="Processes; one a core if not given.")]
TimeLimit = Annotated[float, typer.Option(min=1, help="Seconds without any sign after which a file is given up.")]


@app.command()
@_plain_errors
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
    workers: Workers = None,
    time_limit: TimeLimit = 300.0,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what is done in OUT and begin anew.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 3 also when any sound was lost.")] = False,
    profile: Annotated[bool, typer.Option("--profile", help="Show where the time went.")] = False,
    as_json: Json = False,
) -> None:
    """Find species in recordings. Needs no torch. Run it again to go on after whatever stopped it."""
    from dawnchorus.detect.listing import Shard

    failed = _detect(
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


def _detect(
    model: Path,
    audio: list[Any],
    out: Path,
    as_json: bool = False,
    strict: bool = False,
    profile: bool = False,
    **wanted: Any,
) -> bool:
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
@_plain_errors
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


@app.command()
@_plain_errors
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


@app.command()
@_plain_errors
def blend(
    members: Annotated[
        list[Path], typer.Argument(help="Runs, folders of predictions, or submission tables: of the same recordings.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for submission.csv, detections.csv and frames.npz.")],
    by: Annotated[
        Literal["mean", "logits", "product", "rank"],
        typer.Option(help="The mean of scores, of logits, the geometric mean, or the mean of ranks."),
    ] = "mean",
    calibrated: Annotated[bool, typer.Option("--calibrated", help="Each through its own calibration first.")] = False,
    weight: Annotated[list[float] | None, typer.Option(help="A weight for each member, in their order.")] = None,
    frame: Annotated[float | None, typer.Option(help="Seconds of a frame; the finest among them if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Join what several models say of the same recordings: an ensemble. Needs no torch."""
    from dataclasses import asdict

    from dawnchorus import blend as blending
    from dawnchorus.console import console
    from dawnchorus.files import write_json
    from dawnchorus.scores import EventRule

    if out.resolve() in {path.resolve() for path in members}:
        raise typer.BadParameter("--out is one of the members, whose files it would replace")
    how = blending.Blend(by, calibrated, tuple(weight or ()), frame)
    read = [blending.member(path) for path in members]
    blended = how(read)
    detections = blending.write(out, blended, EventRule())
    came_from = [{"from": str(one.where.resolve()), "origin": one.origin, "licence": one.licence} for one in read]
    record = {"members": came_from, "blend": asdict(how), "recordings": len(blended.whole)}
    write_json(out / "blend.json", record)
    if as_json:
        typer.echo(json.dumps(record | {"detections": len(detections)}))
        return
    say = console().print
    say(f"{len(read)} members, {len(blended.whole)} recordings: {out / 'submission.csv'}", markup=False)
    for one in read:
        if not one.frames:
            say(f"{one.where}: no frames, so whole recordings alone were blended", markup=False)
    if blended.frames:
        say(f"{len(detections)} detections: {out / 'detections.csv'}", markup=False)


@app.command()
@_plain_errors
def info(
    folder: Annotated[Path, typer.Argument(help="A run folder or a model folder.")],
    as_json: Json = False,
) -> None:
    """Say what a run or a model is."""
    from dawnchorus import evaluate as evaluation
    from dawnchorus import package
    from dawnchorus.console import console, facts_table, scores_table
    from dawnchorus.run_folder import RunFolder

    if (folder / "package.json").is_file():
        facts = package.describe(package.read(folder))
        evaluations = []
    else:
        run = RunFolder(folder)
        facts = {"data": run.record["data"], "recordings": str(len(run.recordings))}
        facts |= {name: str(value) for name, value in run.record["made_with"].items()}
        facts |= {"species": ", ".join(species.name for species in run.species), "model": str(folder / "model")}
        evaluations = evaluation.judge_on_partial_labels(run)
    if as_json:
        typer.echo(json.dumps(facts))
        return
    console().print(facts_table(facts))
    if evaluations:
        console().print(scores_table(evaluations))


StudyPath = Annotated[str, typer.Argument(metavar="STUDY[:VARIANT]", help="A study file, or one variant of it.")]
ResultsFolder = Annotated[Path, typer.Option(help="Folder for results, and for fits that studies share.")]


@experiments.command("run")
@_plain_errors
def experiment_run(
    study: StudyPath,
    data: Annotated[Path, typer.Option(help="Folder with train_tp.csv, train_fp.csv, recordings, and test/.")],
    out: ResultsFolder = Path("runs"),
    seeds: Annotated[int, typer.Option(min=1, help="Train every variant from so many seeds.")] = 3,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of them: to share the work among machines.")] = 0,
    folds: Annotated[int | None, typer.Option(min=2, help="Folds; the study's own if not given.")] = None,
    budget: Annotated[float, typer.Option(min=0.001, help="Multiply all steps by this.")] = 1.0,
    backbone: Annotated[str | None, typer.Option(help="Use this network in place of resnet18.")] = None,
    weights: Annotated[str | None, typer.Option(help="Initial weights for --backbone.")] = None,
    detail: Annotated[Literal["coarse", "memo"], typer.Option(help="Columns of 32 or 16 ms.")] = "memo",
    batch: Annotated[int | None, typer.Option(min=2, help="At most so many windows a step.")] = None,
    keep: Annotated[
        Literal["last", "best_on_known_cells"] | None, typer.Option(help="Which weights of a stage count.")
    ] = None,
    external: Annotated[list[Path] | None, typer.Option(help="Folders of recordings nobody annotated.")] = None,
    with_model: Annotated[bool, typer.Option("--with-model", help="Leave a model folder for `detect`, too.")] = False,
) -> None:
    """Train what is missing of a study's variants, and score them; run again to go on after an interruption."""
    _need_training()
    from dawnchorus.console import Training, console
    from dawnchorus.study import load
    from dawnchorus.study.adapt import Scale
    from dawnchorus.study.run import material, run_variant

    path, only = load.split(study)
    found = load.load(path)
    if only is not None and only not in found.variants:
        raise ValueError(f"{path}: no variant {only!r}; there are {', '.join(found.variants)}")
    names = [only] if only else list(found.variants)
    scale = Scale(budget, folds, backbone, weights, coarse=detail == "coarse", batch=batch, keep=keep)
    heard, say, failed = material(data, external or []), console().print, 0
    for seed in range(first_seed, first_seed + seeds):
        for name in names:
            wanted = found.variants[name].experiment
            sets = {"test": heard.test, "external": heard.external}
            lacking = [which for which in sorted(wanted.hears) if not sets[which]] if wanted else ["nothing"]
            if wanted is None or lacking:
                reason = "nothing to run" if wanted is None else f"needs recordings: {', '.join(lacking)}"
                say(f"{found.name}:{name}: left out, {reason}", markup=False)
                continue
            try:
                with Training(scale(wanted, seed).fits) as training:
                    folder = run_variant(found, name, seed, scale, heard, out, training.of_fit, with_model)
                say(f"{found.name}:{name}, seed {seed}: {folder}", markup=False)
            except (ValueError, RuntimeError) as error:  # one variant that fails doesn't stop the night's work
                say(f"{found.name}:{name}, seed {seed}: failed, {error}", markup=False)
                failed += 1
    if failed:
        raise typer.Exit(EXIT_FAULTS)


@experiments.command("compare")
@_plain_errors
def experiment_compare(
    study: Annotated[Path, typer.Argument(help="A study file.")],
    data: Annotated[Path, typer.Option(help="The folder that the study was run on.")],
    out: ResultsFolder = Path("runs"),
    truth: Annotated[Path | None, typer.Option(help="A table of every event in the test recordings.")] = None,
    scorer: Annotated[Path | None, typer.Option(help="A benchmark's own scorer, a program: SCORER DATA ...")] = None,
) -> None:
    """Show what the variants of a study reached beside the baseline, and write it as Markdown and CSV."""
    _need_training()
    from dawnchorus.console import console
    from dawnchorus.files import write_text
    from dawnchorus.study import compare, judge, load, table

    if truth is not None and scorer is not None:
        raise typer.BadParameter("--truth and --scorer are two ways to say the same")
    knows: judge.Judge = judge.Nobody()
    if scorer is not None:
        knows = judge.ScorerScript(scorer, data)
    elif truth is not None:
        knows = judge.TruthTable(truth)
    found = load.load(study)
    comparison = compare.compare(found, out, knows)
    home = out / found.name
    write_text(home / "compare.md", table.as_markdown(comparison))
    compare.write_csv(home / "compare.csv", comparison)
    say = console().print
    say(table.comparison_table(comparison))
    say(f"the same in {home / 'compare.md'} and {home / 'compare.csv'}", markup=False)


@experiments.command("list")
@_plain_errors
def experiment_list(
    folder: Annotated[Path, typer.Argument(help="A folder of studies.")] = Path("experiments"),
    as_json: Json = False,
) -> None:
    """Show every line of the memo, the variant that stands for it, and what was reported of it."""
    _need_training()
    from dataclasses import asdict

    from dawnchorus.console import console
    from dawnchorus.study import load, table
    from dawnchorus.study.catalogue import catalogue

    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder; studies are in the project's checkout, or name your own folder")
    entries = catalogue(load.studies_in(folder))
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in entries]))
        return
    console().print(table.catalogue_table(entries))


if __name__ == "__main__":
    main()
