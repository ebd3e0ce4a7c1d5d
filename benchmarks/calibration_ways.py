"""Which way from scores to probabilities is the most honest, where a few boxes are all that is known?

    python benchmarks/calibration_ways.py BENCHMARK --scorer score.py RUN=SAID [RUN=SAID ...]

RUN is the --out folder of a finished `dawnchorus train`, SAID what `detect --submission` left of its model. Each way
learns from the out-of-fold scores of RUN and its boxes; the truth of the test recordings, which the scorer reads, only
judges. The threshold for a precision of 0.9 is taken from the same out-of-fold scores. Prints a Markdown table:

- `boxes`: Platt's map of TP and FP boxes, by their highest frame, as if recordings were boxes
- `boxes, EM`: the same, carried to the prevalence that EM finds among the training recordings (Saerens et al. 2002)
- `boxes, EM on the test`: to that among the test recordings, which so were heard before they are judged
- `mixture`: two Gaussians of the last stage's scores, as the first stage has them
- `as the teacher says`: the map nearest to the probabilities of the stage's teacher, as before decision 25
- `as trained`: what `train` does, decision 25
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from honesty import Truth, Truths, as_markdown, honesty
from numpy.typing import NDArray

from dawnchorus.calibration.mixture import retold
from dawnchorus.calibration.odds import logits
from dawnchorus.calibration.platt import Platt, nearest, platt
from dawnchorus.calibration.prevalence import labelled_prior, prevalence_by_em
from dawnchorus.calibration.thresholds import thresholds_for_precision
from dawnchorus.evidence import Evidence
from dawnchorus.export import submission
from dawnchorus.run_folder import RunFolder
from dawnchorus.study.judge import SUBMISSION
from dawnchorus.training.calibrate import TARGET_PRECISION, known_recordings, maps_of_mixture

Floats = NDArray[np.float64]
Maps = Sequence[Platt]


def applied(maps: Maps, scores: NDArray[np.floating]) -> Floats:
    """Probabilities `(recording, species)`."""
    return np.stack([one(scores[:, species]) for species, one in enumerate(maps)], axis=1)


class Heard:
    """What a run's stages say of its training recordings, out of fold, and which of them have a box."""

    def __init__(self, run: RunFolder) -> None:
        self.said = {stage: run.scores(stage) for stage in run.stages}
        self.recordings = sorted(set.intersection(*(set(its) for its in self.said.values())))
        package = run.package(run.stages[-1])
        self.scores = {
            stage: np.stack([its[one].whole_recording(package.top_s) for one in self.recordings])
            for stage, its in self.said.items()
        }
        boxed = [(box.recording, box.species) for box in run.annotations if box.present]
        self.known = {
            stage: known_recordings([its[one] for one in self.recordings], boxed, package.typical_s)
            for stage, its in self.said.items()
        }
        self.boxes = self._boxes(run)

    def _boxes(self, run: RunFolder) -> tuple[NDArray[np.float32], Evidence]:
        """The highest frame of each box in the last stage `(box, species)`, and what is known of it."""
        said = self.said[run.stages[-1]]
        boxes = [box for box in run.annotations if box.recording in said]
        scores = np.stack([said[box.recording].highest_between(box.start_s, box.end_s) for box in boxes])
        known = Evidence.unknown(*scores.shape)
        for row, box in enumerate(boxes):
            (known.present if box.present else known.absent)[row, box.species] = 1
        return scores, known


def ways(heard: Heard, stages: Sequence[str], test: NDArray[np.floating]) -> dict[str, Maps]:
    """The maps of every way; `test` `(recording, species)` are the scores that one of them looks at."""
    last = heard.scores[stages[-1]]
    by_boxes = platt(*heard.boxes)
    prior = labelled_prior(heard.boxes[1])

    def carried(scores: NDArray[np.floating]) -> Maps:
        found = prevalence_by_em(applied(by_boxes, scores), prior)
        return [one.shifted(a, b) for one, a, b in zip(by_boxes, prior.tolist(), found.tolist(), strict=True)]

    mixed, _ = maps_of_mixture(last, heard.known[stages[-1]])
    trained, _ = maps_of_mixture(heard.scores[stages[0]], heard.known[stages[0]])
    told = applied(trained, heard.scores[stages[0]])
    plain = trained
    for stage in stages[1:]:
        before = told
        trained = list(retold(heard.scores[stage], before))
        told = applied(trained, heard.scores[stage])
        plain = [nearest(logits(its), p) for its, p in zip(heard.scores[stage].T, before.T, strict=True)]
    return {
        "boxes": by_boxes,
        "boxes, EM": carried(last),
        "boxes, EM on the test": carried(test),
        "mixture": mixed,
        "as the teacher says": plain,
        "as trained": trained,
    }


def figures(
    maps: Maps, of_training: NDArray[np.floating], test: NDArray[np.floating], truth: Truth
) -> dict[str, float]:
    """How honest the probabilities of test recordings are; the threshold is taken from the training recordings."""
    pooled = thresholds_for_precision(applied(maps, of_training), TARGET_PRECISION)
    return honesty(applied(maps, test), truth, next(one.threshold for one in pooled if one.species is None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("places", nargs="+", metavar="RUN=SAID")
    parser.add_argument("--scorer", type=Path, required=True)
    args = parser.parse_args()
    truths = Truths(args.scorer, args.benchmark)
    rows: list[tuple[str, dict[str, float]]] = []
    for place in args.places:
        run, _, said = place.partition("=")
        folder = RunFolder(Path(run))
        heard, last = Heard(folder), folder.stages[-1]
        recordings, test = submission.read(Path(said) / SUBMISSION)
        truth = truths.of(recordings, test.shape[1])
        for way, maps in ways(heard, folder.stages, test).items():
            rows.append((f"{run} | {way}", figures(maps, heard.scores[last], test, truth)))
    print(as_markdown(rows, "run | way"))


if __name__ == "__main__":
    main()
