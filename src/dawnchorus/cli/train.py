"""The command `train`: a detector from recordings and two tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dawnchorus.audio.extensions import audio_folder
from dawnchorus.cli.app import EXIT_FAULTS, LINES, app, example, listed, need_training, plain_errors
from dawnchorus.cli.convert import Columns, Complete, Encoding, NameAs, Names, Species, Verdict, spellings, told
from dawnchorus.cli.evaluate import evaluate_shown
from dawnchorus.cli.folders import can_write, need_data, need_sound, need_teacher
from dawnchorus.words import counted

if TYPE_CHECKING:
    from dawnchorus.pseudo_labels.teachers import OutsideTeacher


@app.command(
    epilog=example(
        "train DATA --out RUN",
        "train DATA --out RUN --encoder birdnet",
        "train DATA --annotations RAVEN --out RUN",
        "train DATA --out STUDENT --teacher RUN",
    )
)
@plain_errors
def train(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Folder with train_tp.csv, train_fp.csv and the recordings; with --verdicts, recordings alone do.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the run, beside DATA.")],
    audio: Annotated[list[Path] | None, typer.Option(help="Folders with the recordings, if not under DATA.")] = None,
    annotations: Annotated[
        list[Path] | None, typer.Option(help="Tables of any format, or folders of them, in place of DATA's two tables.")
    ] = None,
    format: Annotated[str, typer.Option(help="With --annotations: their format, if it is not to be guessed.")] = "",
    complete: Complete = False,
    species_column: Species = "",
    column: Columns = None,
    verdict: Verdict = None,
    names: Names = None,
    name_as: NameAs = "scientific",
    encoding: Encoding = "",
    backbone: Annotated[str, typer.Option(help="A network by its timm name.")] = "tf_efficientnet_lite0",
    weights: Annotated[str, typer.Option(help="imagenet, lite, none, a file, or a folder of `pretrain`.")] = "lite",
    columns_per_frame: Annotated[
        int | None, typer.Option(help="32, 16, 8 or 4: fewer, finer times. Default: 16; 32 with --method memo.")
    ] = None,
    fused: Annotated[bool, typer.Option("--fused", help="With finer frames: see the coarse map too.")] = False,
    folds: Annotated[
        int | None,
        typer.Option(min=2, help="Default: 2; with --encoder and no --teacher 8, or as many as there are sites."),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(min=1, help="Networks a fold, from other seeds. Default: 3 on spectrograms without --teacher."),
    ] = None,
    method: Annotated[
        Literal["rounds", "memo"], typer.Option(help="Pasted events and soft labels, or the memo's three stages.")
    ] = "rounds",
    encoder: Annotated[
        str | None, typer.Option(help="A pretrained encoder to hear with: birdnet, or an ONNX file.")
    ] = None,
    hop: Annotated[
        float | None,
        typer.Option(
            help="With --encoder: seconds from one embedding to the next. Default: 0.375, of an ONNX file 0.5. "
            "BirdNET's other: 0.1875; with --speed 1 also 0.125 and 0.09375."
        ),
    ] = None,
    speed: Annotated[
        list[float] | None,
        typer.Option(
            help="With --encoder birdnet: play it the sound so many times as fast, which lifts low voices to where "
            "birds sing; from 0.25 to 8. Again for each: it says what it hears at all. Default: 1 and 2; 1 alone takes "
            "half the time. With --teacher: 2 alone, every 0.75 s, a quarter of the time."
        ),
    ] = None,
    encoder_rate: Annotated[int, typer.Option(min=1, help="With an ONNX encoder: its sample rate in Hz.")] = 32_000,
    encoder_window: Annotated[float, typer.Option(help="With an ONNX encoder: seconds that it hears.")] = 5.0,
    encoder_output: Annotated[
        str | None, typer.Option(help="With an ONNX encoder: its output with the embeddings. Default: the first.")
    ] = None,
    encoder_licence: Annotated[str, typer.Option(help="With an ONNX encoder: its licence, for the card.")] = "",
    rounds: Annotated[
        int | None,
        typer.Option(min=0, help="Rounds of soft labels. Default: 1 with --encoder, else 0."),
    ] = None,
    student: Annotated[
        bool | None,
        typer.Option(
            "--student/--no-student",
            help="Last of all, a student learns what the others say together. Default: with --method rounds and "
            "--grain windows, if there is no --teacher.",
        ),
    ] = None,
    finals: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Networks of a student that hear the recordings of all folds: they are the detector, and the folds' "
            "say how good it is. 0: the folds' are. Default: 1 with --teacher.",
        ),
    ] = None,
    teacher: Annotated[
        list[Path] | None,
        typer.Option(
            help="A run, or a `blend` of runs, whose scores teach a student; both may hear with an encoder. Several: "
            "their mean."
        ),
    ] = None,
    audit: Annotated[
        bool, typer.Option("--audit", help="Keep a part from all models, and stop rounds when they get worse there.")
    ] = False,
    steps: Annotated[
        str | None,
        typer.Option(
            help="Optimiser steps: of stages 1, 2, 3, or one number of every round; of --student 10/3 of it, with "
            "--encoder 7.5 times."
        ),
    ] = None,
    budget: Annotated[float, typer.Option(min=0.001, help="Multiply all steps by this.")] = 1.0,
    batch: Annotated[
        int | None,
        typer.Option(min=1, help="Windows a step. Default: 32; with --encoder 160, with --teacher too 960 frames."),
    ] = None,
    detail: Annotated[
        Literal["coarse", "memo", "fine", "finest"] | None,
        typer.Option(help="Spectrogram columns of 32, 16, 8, 4 ms. Default: coarse; memo with --method memo."),
    ] = None,
    grain: Annotated[Literal["windows", "frames"], typer.Option(help="What an annotation speaks of.")] = "windows",
    site_column: Annotated[
        str, typer.Option(help="Column of recordings.csv that names sites: no site is in two folds.")
    ] = "site",
    site_pattern: Annotated[
        str | None, typer.Option(help="Where sites stand in the paths of recordings, such as '{site}/*'.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other folds and initial weights.")] = 0,
    store: Annotated[Path | None, typer.Option(help="Folder for spectrograms that several runs share.")] = None,
    verdicts: Annotated[
        str | None,
        typer.Option(help="Verdicts of `review`, a file or a database's URL, to learn from, with tables or without."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Any problem with the data is an error.")] = False,
) -> None:
    """Train a detector from recordings and annotations; run again to go on after an interruption."""
    if encoder is not None and grain == "frames":
        raise typer.BadParameter("--encoder learns on frames already; leave --grain out")
    if hop is not None and encoder is None:
        raise typer.BadParameter("--hop is for --encoder, and there is none")
    if speed and encoder != "birdnet":
        raise typer.BadParameter("--speed is for --encoder birdnet")
    if method == "memo" and (encoder is not None or teacher):
        raise typer.BadParameter("--method memo has stages of its own, without --encoder and --teacher")
    if grain == "frames" and teacher:
        raise typer.BadParameter("a student is told of every frame anyway; leave --grain out")
    on_its_own = method == "rounds" and not teacher
    if student and not on_its_own:
        raise typer.BadParameter("--student is for --method rounds, without --teacher")
    own_student = on_its_own and (grain == "windows" if student is None else student)
    if rounds and (method == "memo" or teacher):
        raise typer.BadParameter("--rounds is for --method rounds or an encoder, without --teacher")
    if finals and not (teacher or own_student):
        raise typer.BadParameter("--finals is for a student, and none is trained here")
    if not annotations and (complete or format or species_column or column or verdict or names or encoding):
        raise typer.BadParameter("--complete, --format, --column and the like say how to read --annotations")
    need_data(data, bool(annotations or verdicts), bool(audio))
    for folder in audio or ():
        need_sound(folder)
    for folder in teacher or ():
        need_teacher(folder)
    can_write(out, data, audio or [audio_folder(data)])
    need_training()
    from dataclasses import replace

    from dawnchorus import recommended
    from dawnchorus import rounds as in_rounds
    from dawnchorus.console import console
    from dawnchorus.networks.backbones import Backbone
    from dawnchorus.pretraining import folder as pretrained

    columns = columns_per_frame or (32 if method == "memo" else in_rounds.COLUMNS_PER_FRAME)
    network = Backbone(backbone, pretrained.resolved(weights), columns, fused)
    sound = recommended.DETAIL[detail or ("memo" if method == "memo" else "coarse")]
    learnt = pretrained.check(network, sound[0]) if encoder is None else None
    if learnt is not None:
        console().print(
            f"the initial weights heard {counted(learnt['recordings'], 'recording')} without annotations: those of "
            "them that are held out here are not wholly new to the models that score them"
        )
    windows = batch or (32 if encoder is None else in_rounds.ENCODER_BATCH)
    heard_by = None
    if encoder is not None:
        usual = in_rounds.LIGHT_BIRDNET if teacher else in_rounds.BIRDNET
        heard_by = _encoder(encoder, usual, hop, speed, encoder_rate, encoder_window, encoder_output, encoder_licence)
        console().print(f"encoder: {heard_by.name}, licence of its weights: {heard_by.licence}", markup=False)
    said_by: Sequence[OutsideTeacher] = ()
    outside = None
    if teacher:
        from dawnchorus.pseudo_labels import teachers

        said_by, said = teachers.of_folders(teacher)
        outside = {said_by[0].name: said}
        for one in said_by:
            behind = f", licence of the weights behind it: {one.licence}" if one.licence else ""
            console().print(f"teacher: {one.origin}{behind}", markup=False)
    if heard_by is not None and teacher:
        count = recommended.steps_of_rounds(steps, in_rounds.LIGHT_STEPS, budget)
        experiment = in_rounds.taught_on_encoder(heard_by, said_by, folds or 2, count, seed, batch)
    elif heard_by is not None:
        count = recommended.steps_of_rounds(steps, in_rounds.ENCODER_STEPS, budget)
        how_often = in_rounds.ENCODER_ROUNDS if rounds is None else rounds
        experiment = in_rounds.on_encoder(heard_by, folds or in_rounds.ENCODER_FOLDS, count, seed, how_often, windows)
        if own_student:
            times = in_rounds.ENCODER_STUDENT_STEPS / in_rounds.ENCODER_STEPS
            experiment = in_rounds.self_taught(experiment, times)
    elif method == "rounds" or teacher:
        count = recommended.steps_of_rounds(steps, in_rounds.TAUGHT_STEPS if teacher else in_rounds.STEPS, budget)
        experiment = in_rounds.on_pictures(network, folds or 2, count, seed, *sound, rounds or 0, windows)
        experiment = in_rounds.on_frames(experiment) if grain == "frames" else experiment
        if own_student:
            experiment = in_rounds.self_taught(experiment)
        elif teacher:
            experiment = in_rounds.taught(experiment, said_by)
    else:
        first, second, third = recommended.steps(steps or "240,240,240", budget)
        experiment = recommended.experiment(network, folds or 2, (first, second, third), seed, *sound, windows)
        experiment = recommended.on_frames(experiment) if grain == "frames" else experiment
    if finals is not None and (teacher or own_student):
        *before, last = experiment.stages
        experiment = replace(experiment, stages=(*before, replace(last, finals=finals)))
    # A student is made to be small and quick.
    of_a_fold = in_rounds.REPEATS if on_its_own and encoder is None else 1
    experiment = replace(experiment, repeats=repeats or of_a_fold, audit=audit)
    tables: Any = None
    if annotations:
        from dawnchorus.dataset import Tables

        said_of_them = told(species_column, column, verdict, False, None, None, encoding)
        tables = Tables(tuple(annotations), format, said_of_them, spellings(names, name_as, encoding), complete)
    sites = (site_column, site_pattern)
    faults = train_shown(
        data, out, experiment, audio or [], strict, store, outside, folds is None, sites, verdicts, tables
    )
    evaluate_shown(out, None, None, False)
    console().print(f"next: dawnchorus detect {out / 'model'} AUDIO --out OUT", markup=False)
    if faults:
        raise typer.Exit(EXIT_FAULTS)


def _encoder(
    name: str,
    usual: Any,
    hop: float | None,
    speeds: list[float] | None,
    rate_hz: int,
    window_s: float,
    output: str | None,
    licence: str,
) -> Any:
    from dawnchorus.encoders.birdnet import STEP_S, BirdNet, hops_s, weights_file
    from dawnchorus.encoders.onnx_file import onnx_encoder

    if name == "birdnet":
        weights_file()  # says at once when it is not installed
        played = tuple(speeds or usual.speeds)
        if played == usual.speeds and hop in (None, usual.hop_s):
            return usual
        usual_s = next((hop_s for hop_s in hops_s(played) if hop_s <= STEP_S), STEP_S)
        try:
            return BirdNet(usual_s if hop is None else hop, speeds=played)
        except ValueError as error:
            raise typer.BadParameter(f"{error} (--speed, --hop)") from error
    return onnx_encoder(Path(name), rate_hz, window_s, 0.5 if hop is None else hop, output, licence or "not stated")


def _with_verdicts(data: Any, where: str, strict: bool) -> Any:
    from dataclasses import replace

    from dawnchorus.console import console
    from dawnchorus.review.as_annotations import last_words, with_verdicts
    from dawnchorus.review.verdicts import read_named

    verdicts, species = read_named(where, data.species)
    if new := ", ".join(one.name for one in species[len(data.species) :]):
        console().print(f"species that the verdicts alone name: {new}", markup=False)
    words = [one.present for one in last_words(verdicts)]
    said = f"{words.count(True)} present, {words.count(False)} absent, {words.count(None)} unsure"
    console().print(f"verdicts on {counted(len(words), 'clip')}: {said}")
    joined = with_verdicts(replace(data, species=tuple(species)), verdicts, "verdicts", strict)
    if lost := sum(one.kind == "unknown_recording" for one in joined.problems[len(data.problems) :]):
        console().print(
            f"nothing is learnt from {lost} of these clips, of recordings that are not here: name all folders with "
            "recordings, each with --audio",
            markup=False,
        )
    return joined


def train_shown(
    data: Path,
    out: Path,
    experiment: Any,
    audio: list[Path],
    strict: bool,
    store: Path | None,
    outside: dict[str, Any] | None = None,
    fewer_folds: bool = False,
    sites: tuple[str, str | None] = ("site", None),
    verdicts: str | None = None,
    tables: Any = None,
) -> int:
    """Train and show what was found and made; the number of recordings that failed."""
    from dawnchorus import dataset
    from dawnchorus.annotations.problems import by_kind
    from dawnchorus.console import Training, bar, console
    from dawnchorus.files import read_json
    from dawnchorus.recorders.pattern import Pattern
    from dawnchorus.training.counts import agreed
    from dawnchorus.training.folds import fitting
    from dawnchorus.training.train import other_settings
    from dawnchorus.training.train import train as train_run

    say = console().print
    with bar("looking at the recordings") as step:
        column, pattern = sites
        at_site = Pattern(pattern) if pattern else None
        found = dataset.load(data, audio, strict, step, column, at_site, tables, verdicts is not None)
    if verdicts is not None:
        found = _with_verdicts(found, verdicts, strict)
    present = sum(box.present for box in found.annotations)
    say(
        f"{counted(len(found.recordings), 'recording')}, {len(found.species)} species, "
        f"{counted(len(found.annotations), 'box', 'boxes')}: {present} present, {len(found.annotations) - present} "
        f"absent; initial weights: {experiment.initial}"
    )
    for line in by_kind(found.problems):
        say(line, markup=False)
    here = {box.species for box in found.annotations if box.present}
    if strange := [one.name for one in found.species if one.number not in here]:
        few = ", ".join(strange[:5]) + (f" and {len(strange) - 5} more" if len(strange) > 5 else "")
        say(
            f"no box says where {few} is: the model will not know {'it' if len(strange) == 1 else 'them'} "
            "(species ids count from 0)",
            markup=False,
        )
    for name, said in (outside or {}).items():
        if unheard := sum(one.key not in said.scores for one in found.recordings):
            say(f"{name}: it has not heard {unheard} of them, and says nothing there", markup=False)
        if not said.probabilities:
            say(f"{name}: it is not calibrated, so probabilities are told from its scores", markup=False)
    experiment = fitting(experiment, found.recordings) if fewer_folds else experiment
    if experiment.group_by == "recording":
        say("too few sites for two folds: a site may be on both sides, and scores are of sites that were heard before")
    if other := other_settings(out, experiment):
        say(f"{out} holds a run of other settings, {other}: this one will take its place", markup=False)
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
            fewer_folds,
        )
    for stage in finished.experiment.stages:
        if shares := agreed(read_json(fit.record)["labels"] for fit in finished.of_stage(stage.name)):
            say(
                f"stage {stage.name}: its teachers give TP boxes a mean presence of {shares[0]:.2f} and FP boxes "
                f"{shares[1]:.2f}, in recordings that they never heard",
                markup=False,
            )
    for name, score in finished.audit.items():
        kept = "" if any(one.name == name for one in finished.experiment.stages) else ": worse, left out"
        say(f"audit part, {name}: cmAP on its boxes {score:.3f}{kept}", markup=False)
    failures = finished.data.failures
    lines = [*finished.problems, *listed([*failures, *finished.data.oddities])]
    for line in lines[:LINES]:
        say(line, markup=False)
    if len(lines) > LINES:
        say(f"… and {len(lines) - LINES} more; all of them are in {out / 'run.json'}")
    say(f"the run is in {out}, its model in {out / 'model'}")
    return len(failures)
