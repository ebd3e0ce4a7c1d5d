"""Stages past the memo's: what is known and pasted events first, then rounds of soft labels, then a student.

Each round starts from the network's initial weights again, hears windows of which some lie round annotated events, and
is told what the round before says of recordings that it never heard. A student learns nothing but that, and what people
said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dawnchorus.augment.mixup import Mixup
from dawnchorus.encoders.birdnet import BirdNet
from dawnchorus.encoders.onnx_file import OnnxEncoder
from dawnchorus.experiment import Experiment, Prediction, Stage
from dawnchorus.features import FrontEnd
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.labels.others_absent import OthersAbsent
from dawnchorus.labels.smoothed import Smoothed
from dawnchorus.losses.clipwise import ClipwiseLoss
from dawnchorus.losses.framewise import FramewiseLoss
from dawnchorus.losses.log_odds import LogOddsLoss
from dawnchorus.losses.together import Together
from dawnchorus.networks.backbones import Backbone
from dawnchorus.networks.embedding_head import EmbeddingHead
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.pasted import PastedEvents
from dawnchorus.pseudo_labels.soft import Soft
from dawnchorus.pseudo_labels.teachers import OutsideTeacher
from dawnchorus.windows import Anchored, SlidingWindows

KNOWN = "known"
# What a person boxed, with everything else on its frames absent; what nobody listened to is a little absent.
LABELS = Smoothed(OthersAbsent(AnnotatedOnly(absent_grain="window"), weight=0.5), target=0.0, weight=0.05)
LOSS = Together((ClipwiseLoss("own_mass"), FramewiseLoss("own_mass")), (1.0, 1.0))
COLUMNS_PER_FRAME = 16  # half a second with coarse columns: a shallower network, quicker, better at times and species
BACKBONE = Backbone("tf_efficientnet_lite0", "lite", COLUMNS_PER_FRAME)
FRONT_END, WINDOW = FrontEnd(), SlidingWindows()
# Played twice as fast too, low voices are where birds sing.
BIRDNET = BirdNet(speeds=(1.0, 2.0))
# An encoder's frame hears a second or more already. Short windows keep the marked frames from drowning in the others.
ENCODER_WINDOW_S = 1.5
REPEATS = 3  # networks of a few minutes' training disagree: what three say together is better by far
ENCODER_BATCH = 160
ENCODER_FOLDS = 8  # a fit takes seconds: each model may hear seven eighths of the boxes
FRAME_LABELS = Smoothed(OthersAbsent(weight=0.5), target=0.0, weight=0.05)
# However little of a box is in so short a window, its frames are in the box.
ENCODER_LABELS = Smoothed(OthersAbsent(AnnotatedOnly(least_share=0.0), weight=0.3), target=0.0, weight=0.3)
ENCODER_LOSS = Together((ClipwiseLoss("species_mass"), FramewiseLoss("species_mass")), (0.1, 1.0))
# A species sounds in about a twentieth of the time, and teachers' losses weigh its presence and absence alike.
SOFT = Soft(prior=0.05)
# A head learns more from every frame's log odds the longer it may, and a step of it is quick.
ENCODER_STEPS, ENCODER_STUDENT_STEPS = 200, 1500
ENCODER_ROUNDS = 1  # one round of soft labels gains on an encoder, and a second nothing more; on spectrograms it loses
# A student that hears with BirdNET too: at the one speed that tells more, as seldom as it can, for a quarter.
LIGHT_BIRDNET = BirdNet(0.75, speeds=(2.0,), kept=6)
# Told of every frame, it can learn from long windows what stands round a frame, and for long.
LIGHT_WINDOW_S, LIGHT_CONTEXT_S, LIGHT_STEPS, LIGHT_FRAMES = 4.5, 2.0, 2000, 960
# A student takes a teacher at its word: every window of every recording is labelled, and nothing has to be made up.
TAUGHT, STEPS, STUDENT_STEPS = Soft(), 300, 1000
# Taught from elsewhere, halves would have the same teacher: one that hears everything, twice as long, is better.
FINALS, TAUGHT_STEPS = 1, 2000
STUDENT_LOSS = Together((LogOddsLoss("windows"), LogOddsLoss("frames")), (0.1, 1.0))
SURER_S = 1.0  # a recording's score is the mean of its highest frames: two are surer than one
HEAD = EmbeddingHead(hidden=256, dropout=0.5)
PASTED = PastedEvents(count=60, per_minute=20.0, level_db=(-5.0, 12.0), speed=(0.85, 1.18))


def known(steps: int, columns: int, share: float = 0.35, pasted_share: float = 0.25) -> Stage:
    """The first stage: boxes, pasted events, and windows anywhere that are a little absent."""
    windows = Anchored(columns, share, pasted_share)
    return Stage(KNOWN, steps, windows, LABELS, LOSS, informed_only=False, mixup=Mixup(0.5))


def rounds(first: Stage, count: int, soft: Soft = SOFT) -> tuple[Stage, ...]:
    """The first stage, and so many rounds `round-1`, `round-2`, … of soft labels after it."""
    stages = [first]
    for number in range(1, count + 1):
        teacher = stages[-1].name
        stages.append(replace(first, name=f"round-{number}", pseudo_labels=soft, teacher=teacher))
    return tuple(stages)


def on_pictures(
    backbone: Backbone = BACKBONE,
    folds: int = 2,
    steps: int = STEPS,
    seed: int = 0,
    front_end: FrontEnd = FRONT_END,
    window: SlidingWindows = WINDOW,
    count: int = 0,
    batch: int = 32,
) -> Experiment:
    """A network on spectrograms that starts from pictures' weights: no bio-acoustic weights are needed.

    It is told how high a place is, which photographs never asked of it.
    """
    stages = rounds(replace(known(steps, window.columns), batch=batch), count)
    network = SedNetwork(backbone, coordinate=True)
    return Experiment(stages, network, front_end, window, pasted=PASTED, folds=folds, seed=seed)


def on_frames(baseline: Experiment) -> Experiment:
    """The same at the grain of frames, for calls much shorter than a window.

    An FP box says "absent" of its own frames only, and the loss hears frames above all.
    """
    loss = Together(LOSS.losses, (0.5, 1.0))
    return replace(baseline, stages=tuple(replace(one, labels=FRAME_LABELS, loss=loss) for one in baseline.stages))


def student(first: Stage, teacher: str) -> Stage:
    """The stage of a student: in place of pasted events and a little absence, a teacher's log odds everywhere."""
    windows = Anchored(first.windows.columns, 0.4)
    plain = replace(first, name="student", windows=windows, labels=AnnotatedOnly(), loss=STUDENT_LOSS, mixup=None)
    return replace(plain, pseudo_labels=TAUGHT, teacher=teacher)


def self_taught(experiment: Experiment, times: float = STUDENT_STEPS / STEPS) -> Experiment:
    """A last stage more: one network a fold learns what those before it say together of what they never heard.

    It hears every frame of every recording with a word on it, and is the detector: better than its teachers, who had a
    few boxes. On spectrograms it is also fewer than they, on an encoder as many. Its steps are so many times those of
    the first stage, as there is more to learn. There are no final networks: those of the folds have teachers of their
    own, and together they say more than networks that had all of these.
    """
    first = experiment.stages[0]
    last = replace(student(first, experiment.stages[-1].name), steps=round(first.steps * times), repeats=1)
    return replace(experiment, stages=(*experiment.stages, last), predict=_surer(experiment.predict))


def taught(experiment: Experiment, teachers: Sequence[OutsideTeacher]) -> Experiment:
    """One stage that learns from boxes and from teachers of other runs, all of one name: a student.

    It wants to say what the teachers say of recordings that they never heard, in log odds, everywhere; where a person
    spoke, the person counts. A teacher that hears with a large encoder gives the student what it knows of the
    recordings; the student is as fast as its own network. Of several teachers the mean counts. What a
    teacher says of a recording is the same for every fold, so final networks lose nothing and hear all recordings.
    """
    stage = replace(student(experiment.stages[0], teachers[0].name), finals=FINALS)
    return replace(experiment, stages=(stage,), outside=tuple(teachers), predict=_surer(experiment.predict))


def _surer(predict: Prediction) -> Prediction:
    return replace(predict, top_s=max(SURER_S, predict.top_s))


def taught_on_encoder(
    encoder: BirdNet | OnnxEncoder,
    teachers: Sequence[OutsideTeacher],
    folds: int = 2,
    steps: int = LIGHT_STEPS,
    seed: int = 0,
    batch: int | None = None,
) -> Experiment:
    """A student that hears with an encoder itself, more seldom than its teachers: a light head, minutes of training.

    A teacher's word on every frame is enough to learn from what stands round it: windows are longer than those of a
    head that has boxes alone, and frames see their neighbours.
    """
    columns = max(1, round(LIGHT_WINDOW_S / encoder.hop_s))
    # An odd number of frames: as many before as after.
    head = replace(HEAD, context=1 + 2 * max(0, round((LIGHT_CONTEXT_S / encoder.hop_s - 1) / 2)))
    batch = batch or max(2, round(LIGHT_FRAMES / columns))
    return taught(on_encoder(encoder, folds, steps, seed, 0, batch, columns, head), teachers)


def on_encoder(
    encoder: BirdNet | OnnxEncoder,
    folds: int = ENCODER_FOLDS,
    steps: int = ENCODER_STEPS,
    seed: int = 0,
    count: int = ENCODER_ROUNDS,
    batch: int = ENCODER_BATCH,
    columns: int | None = None,
    head: EmbeddingHead = HEAD,
) -> Experiment:
    """A light head on a pretrained encoder: embeddings once, then minutes of training.

    It hears no pasted events: on an encoder they gained on one benchmark and lost more on another.
    """
    columns = columns or max(1, round(ENCODER_WINDOW_S / encoder.hop_s))
    first = replace(known(steps, columns, 0.5, 0.0), labels=ENCODER_LABELS, loss=ENCODER_LOSS, batch=batch, augment=())
    stages = rounds(first, count)
    # A call is in what each of several frames hears, and two are surer than one however long they are.
    predict = Prediction(top_s=max(SURER_S, 2 * encoder.hop_s))
    window = SlidingWindows(columns, 0)
    return Experiment(stages, head, encoder, window, predict=predict, folds=folds, seed=seed)
