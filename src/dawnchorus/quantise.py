"""The networks of a model in integers of eight bits: calibrated on real windows, and judged by what they cost in score.

Post-training quantisation: NNCF watches the values between the layers while the network hears windows, and chooses the
scale of each layer's integers by them. Nothing is trained, so no truth is needed, but to know the loss.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus import features, metrics, offline
from dawnchorus.audio.faults import AudioError
from dawnchorus.audio.folders import scan
from dawnchorus.detect import precision
from dawnchorus.detect.engine import Detector
from dawnchorus.detect.precision import MOST_LOSS, Loss, Quantised
from dawnchorus.evaluate.truth import Truth
from dawnchorus.events import Recording
from dawnchorus.files import content_hash, settle, write_text
from dawnchorus.package import ModelPackage
from dawnchorus.words import counted

WINDOWS = 256  # NNCF watches 300 by default; scales move by little after some hundred
CARD_HEAD = "## int8"


def quantise(
    package: ModelPackage,
    roots: Sequence[Path],
    windows: int = WINDOWS,
    progress: Callable[[int, int], None] | None = None,
) -> Quantised:
    """Write the int8 networks of a package beside the others, calibrated on windows of recordings under `roots`.

    What was known of their loss is forgotten. Raises ImportError without NNCF, ValueError when nothing can be heard.
    """
    nncf = offline.nncf()
    core = offline.openvino().Core()
    planes = calibration_planes(package, roots, windows, progress)
    (package.folder / precision.RECORD).unlink(missing_ok=True)  # first: what it says is no longer so
    names = [f"model.{number}.int8.xml" for number in range(len(package.models))]
    hashes: dict[str, str] = {}
    for path, name in zip(package.model_paths, names, strict=True):
        with redirect_stdout(sys.stderr):  # its progress
            made = nncf.quantize(
                core.read_model(path),
                nncf.Dataset([plane[None] for plane in planes]),
                preset=nncf.QuantizationPreset.MIXED,
                subset_size=len(planes),
            )
        target = package.folder / name
        offline.openvino().save_model(made, target, compress_to_fp16=False)
        settle([target, target.with_suffix(".bin")])
        hashes |= {file.name: content_hash(file) for file in (target, target.with_suffix(".bin"))}
    done = Quantised(package.hash, tuple(names), hashes, len(planes), f"NNCF {nncf.__version__}")
    _write(package, done)
    return done


def calibration_planes(
    package: ModelPackage,
    roots: Sequence[Path],
    windows: int = WINDOWS,
    progress: Callable[[int, int], None] | None = None,
) -> list[NDArray[np.float32]]:
    """At most so many planes `(row, column)`, spread over the recordings, of each as many; blocks of nothing left out.

    Raises ValueError when there are none.
    """
    recordings, _ = scan(list(roots), package.front_end.rate_hz)
    chosen = recordings[:: max(1, len(recordings) // windows)][:windows]
    planes: list[NDArray[np.float32]] = []
    for number, recording in enumerate(chosen, 1):
        planes += _planes_of(package, recording, math.ceil(windows / len(chosen)))
        if progress:
            progress(number, len(chosen))
    if not planes:
        raise ValueError(
            f"{', '.join(map(str, roots))}: no recording with any sound in it; expected some to calibrate on"
        )
    return planes[:windows]


def _planes_of(package: ModelPackage, recording: Recording, most: int) -> list[NDArray[np.float32]]:
    planes: list[NDArray[np.float32]] = []
    try:
        for block in features.heard(recording, package.front_end, []):
            if not block.silent:
                windows = package.windows.over(block, package.front_end.columns_per_second)
                left = windows[:: max(1, len(windows) // (most - len(planes)))][: most - len(planes)]
                planes += [window.block.plane(window.start, window.columns) for window in left]
            if len(planes) >= most:
                break
    except AudioError:
        pass  # what of it was heard before will do
    return planes


def measure(
    package: ModelPackage, truth: Truth, name: str, progress: Callable[[int, int], None] | None = None
) -> Quantised:
    """Measure what the int8 networks of a package cost on completely annotated recordings, and write it down.

    Into int8.json, for detection, and into the model's card, for people; `name` says what the truth was. Recordings
    that can't be read are left out. Raises ValueError when nothing is quantised, or no event is in any of them.
    """
    made = precision.read(package)
    if made is None:
        raise ValueError(f"{package.folder}: no int8 networks whose loss could be measured")
    detectors = [Detector(package), Detector(package, precision="int8")]
    said: list[list[NDArray[np.float32]]] = [[], []]
    heard = []
    for number, recording in enumerate(truth.recordings, 1):
        try:
            blocks = list(features.heard(recording, package.front_end, []))
            scores = [detector.score_blocks(recording, blocks) for detector in detectors]
        except AudioError:
            continue
        finally:
            if progress:
                progress(number, len(truth.recordings))
        heard.append(recording.key)
        for its, one in zip(said, scores, strict=True):
            its.append(one.whole_recording(package.top_s))
    present = metrics.presence(truth.boxes, heard, len(package.species))
    if not present.any():
        raise ValueError(f"{name}: no event in any recording that could be heard; the loss can't be measured")
    full, small = (metrics.cmap(np.stack(its), present) for its in said)
    species = int(present.any(axis=0).sum())
    measured = replace(made, loss=Loss(round(full, 6), round(small, 6), len(heard), species, name))
    _write(package, measured)
    return measured


def _write(package: ModelPackage, made: Quantised) -> None:
    card = package.folder / "card.md"
    before = card.read_text(encoding="utf-8").partition(CARD_HEAD)[0].rstrip() if card.is_file() else ""
    write_text(card, f"{before}\n\n{CARD_HEAD}\n\n{described(made)}\n".lstrip())
    precision.write(package.folder, made)


def described(made: Quantised) -> str:
    """What there is to say of quantised networks, in words."""
    text = f"Quantised after training by {made.made_with} on {counted(made.windows, 'window')}. "
    if (loss := made.loss) is None:
        return text + "What that costs was not measured: detection takes it with --force alone."
    verdict = (
        "" if loss.cmap <= MOST_LOSS else f" That is more than {MOST_LOSS}: detection takes it with --force alone."
    )
    return text + (
        f"cmAP {loss.cmap_int8:.4f} against {loss.cmap_f32:.4f} in f32, a loss of {loss.cmap:.4f}, on "
        f"{counted(loss.recordings, 'completely annotated recording')} with {loss.species} of the species "
        f"({loss.truth}).{verdict}"
    )
