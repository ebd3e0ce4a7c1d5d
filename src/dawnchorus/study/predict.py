"""What the models of a finished run say of recordings that nobody annotated, heard as its Prediction tells."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus import scores as scoring
from dawnchorus.added_noise import NoiseSource, noisy, quiet_stretches
from dawnchorus.audio.faults import AudioError
from dawnchorus.events import Recording
from dawnchorus.experiment import Prediction
from dawnchorus.feature_store import build_store
from dawnchorus.features import FeatureBlock, denoising
from dawnchorus.files import value_hash
from dawnchorus.scores import Scores
from dawnchorus.training.built import trained
from dawnchorus.training.results import Fit, Run
from dawnchorus.training.score import Network, asking, scored

Blocks = Mapping[str, Sequence[FeatureBlock]]


def predict(run: Run, stage: str, recordings: Sequence[Recording], store: Path) -> dict[str, Scores]:
    """Scores of recordings by the models that are a stage's detector, joined, in species.

    Spectrograms are kept in `store`, and what a model says of plain sound beside its weights: runs that share a model
    share it. Recordings that can't be read are left out.
    """
    how = run.experiment.predict
    fits = run.detector_of(stage)
    # One hearing after the other: noisy sound is in no store, and ten draws of it would not fit in memory.
    said = [[_said(run, fit, blocks) for fit in fits] for blocks in _hearings(run, stage, recordings, store)]
    join = scoring.mean if how.join == "mean" else scoring.maximum
    joined = {}
    for key in said[0][0]:
        each = [scoring.mean([of_model[key] for of_model in hearings]) for hearings in zip(*said, strict=True)]
        joined[key] = scoring.merged(join(each), run.species_of)
    return joined


def _hearings(run: Run, stage: str, recordings: Sequence[Recording], store: Path) -> Iterable[Blocks]:
    """The blocks of all recordings, once, or with other noise each time."""
    front_end, noise = run.data.front_end, run.experiment.predict.noise
    if run.experiment.predict.denoised:
        front_end = denoising(front_end)
    if noise is None:
        yield build_store(recordings, store, front_end).blocks
        return
    trained_on = {one.key: one for one in run.data.data.recordings if one.key in run.data.blocks}
    if noise.taken == "quiet_windows":
        quiet = quiet_stretches(run.out_of_fold(stage), noise.quiet_below)
        sources = [NoiseSource(trained_on[key].path, start_s, end_s) for key, start_s, end_s in quiet]
    else:
        sources = [NoiseSource(one.path, 0.0, one.duration_s) for one in trained_on.values()]
    for number in range(noise.draws):
        blocks: dict[str, Sequence[FeatureBlock]] = {}
        for recording in recordings:
            rng = _chance(run, recording.key, number)
            try:
                blocks[recording.key] = list(noisy(recording, front_end, noise, sources, rng, []))
            except AudioError:
                continue
        yield blocks


def _said(run: Run, fit: Fit, blocks: Blocks) -> dict[str, Scores]:
    """What one model says of the recordings of one hearing."""
    how = run.experiment.predict
    windows = how.windows or run.experiment.score_windows
    per_second = run.data.front_end.columns_per_second
    per_frame = run.experiment.network.columns_per_frame
    # The whole path: denoised sound lies under the same name in another store.
    files = [str(block.source) for key in sorted(blocks) for block in blocks[key] if isinstance(block.source, Path)]
    path = fit.folder / f"said-{value_hash([files, windows.columns, windows.overlap, windows.faithful_tail])}.npz"
    kept = not how.views and how.noise is None
    if kept and path.exists():
        return scoring.read(path)
    network = asking(trained(run.experiment, run.data, fit))
    said = {}
    for key, its in blocks.items():
        asked = _views(network, how, partial(_chance, run, key)) if how.views else network
        said[key] = scored(asked, its, windows, per_second, per_frame)
    if kept:
        scoring.write(path, said.values())
        return scoring.read(path)  # as it will be read again: the file holds fewer digits
    return said


def _views(network: Network, how: Prediction, chance: Callable[[int], np.random.Generator]) -> Network:
    """A network that hears every view of a window, and says the mean."""

    def asked(planes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        said = []
        for draw in range(how.draws):
            rng = chance(draw)
            for view in how.views:
                said.append(network(np.stack([view(plane, rng) for plane in planes])))
        return np.mean([clip for clip, _ in said], axis=0), np.mean([frames for _, frames in said], axis=0)

    return asked


def _chance(run: Run, key: str, number: int) -> np.random.Generator:
    return np.random.default_rng([run.experiment.seed, number, zlib.crc32(key.encode())])
