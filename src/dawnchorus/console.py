"""Progress and tables in the terminal. Nothing moves when the output is no terminal."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich import box
from rich import progress as rich_progress
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from dawnchorus.words import counted

if TYPE_CHECKING:  # a command loads what it needs; of what is only shown, the names of types are enough
    from dawnchorus.coverage import Said
    from dawnchorus.detect.run import Progress
    from dawnchorus.evaluate.evaluation import Evaluation
    from dawnchorus.events import Species
    from dawnchorus.review.precision import BinPrecision, ReviewedThreshold

LOG_WIDTH = 120  # where nobody says how wide a line may be
Step = Callable[[int, int], None]


def console() -> Console:
    """Where people read. Unusual characters in file names never stop a command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    out = Console(stderr=False, highlight=False)
    return out if out.is_terminal else Console(stderr=False, highlight=False, width=LOG_WIDTH)


@contextmanager
def bar(words: str) -> Iterator[Step]:
    """A progress bar for the block: call what it gives with (done, total)."""
    out = Console(stderr=True)
    with rich_progress.Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=out,
        disable=not out.is_terminal,
        transient=True,
    ) as progress:
        task = progress.add_task(words, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


LOG_S = 60.0
"""Seconds between lines of progress in a log."""


class Training:
    """One bar for all fits of a run: stage, fold, loss, time left.

    In a log, a line when a fit ends, and once a minute.
    """

    def __init__(self, fits: int) -> None:
        self.out = Console(stderr=True)
        self.told = time.monotonic()
        self.fits, self.begun, self.seen = fits, time.monotonic(), dict[str, int]()
        self.progress = rich_progress.Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}"),
            TimeRemainingColumn(),
            console=self.out,
            disable=not self.out.is_terminal,
            transient=True,
        )
        self.task = self.progress.add_task("training", total=None, loss="")

    def __enter__(self) -> Training:
        self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress.stop()

    def of_fit(self, fit: Any, steps: int, of: int, loss: float) -> None:
        """Called after every step with the fit itself."""
        self(fit.stage.name, fit.fold, fit.repeat, steps, of, loss)

    def __call__(self, stage: str, fold: int | None, repeat: int, steps: int, of: int, loss: float) -> None:
        """Called after every step of a fit; without a fold, it hears the recordings of all."""
        heard = "all folds" if fold is None else f"fold {fold}"
        name = f"stage {stage}, {heard}" + (f", repeat {repeat}" if repeat else "")
        self.seen[name] = steps
        words = f"{name} (fit {len(self.seen)} of {self.fits})"
        self.progress.update(self.task, description=words, completed=steps, total=of, loss=f"{loss:.3f}")
        now = time.monotonic()
        if not self.out.is_terminal and (steps == of or now - self.told > LOG_S):
            self.told = now
            self.out.print(
                f"{words}: {steps} of {counted(of, 'step')}, loss {loss:.3f}, {now - self.begun:.0f} s so far"
            )


class Detecting:
    """Where a detection is: hours of sound, speed, time left, files with faults, and detections of each species.

    In a log, a line of the same a minute instead.
    """

    SHOWN_SPECIES = 12

    def __init__(self, words: str = "detecting") -> None:
        self.words, self.out = words, Console(stderr=True)
        self.live = Live(console=self.out, refresh_per_second=4, transient=True)
        self.told = time.monotonic()

    def __enter__(self) -> Detecting:
        if self.out.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.live.stop()

    def __call__(self, progress: Progress) -> None:
        """Called several times a second."""
        if self.out.is_terminal:
            self.live.update(self._shown(progress))
        elif time.monotonic() - self.told > LOG_S:
            self.told = time.monotonic()
            self.out.print(f"{self._line(progress)}; {self._found(progress)}".rstrip("; "), markup=False)

    def _line(self, progress: Progress) -> str:
        return f"{self.words}: {progress}"

    def _shown(self, progress: Progress) -> Group:
        done = progress.bytes_done / progress.bytes if progress.bytes else 1.0
        bar = ProgressBar(total=1.0, completed=done, width=60)
        return Group(bar, Text(self._line(progress)), Text(self._found(progress)))

    def _found(self, progress: Progress) -> str:
        """The species that were heard most, with how often."""
        common = progress.counts.most_common(self.SHOWN_SPECIES)
        return "  ".join(f"{progress.name_of(number)} {count}" for number, count in common)


def stages_table(stages: Mapping[str, float], sound_s: float) -> Table:
    """Where the time of a detection went: seconds of one core in each stage, and for each minute of sound."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("stage", "core seconds", "share", "ms a minute of sound"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    total, minutes = sum(stages.values()) or 1.0, sound_s / 60 or 1.0
    for stage, seconds in sorted(stages.items(), key=lambda one: -one[1]):
        table.add_row(stage, f"{seconds:.2f}", f"{seconds / total:.0%}", f"{1000 * seconds / minutes:.1f}")
    return table


def figure(value: float | None) -> str:
    """Three decimals; what has no value is n/a."""
    return "n/a" if value is None or math.isnan(value) else f"{value:.3f}"


def scores_table(evaluations: Sequence[Evaluation]) -> Table:
    """Scores by stage over all folds, with the floors below."""
    overall = [one for one in evaluations if one.fold is None]
    # Without lines between columns it fits 80 characters.
    table = Table(title=f"Scores on {overall[-1].on}", box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    for heading in ("", "cmAP", "95 %", "LWLRAP", "event mAP", "precision", "recall", "AUC"):
        table.add_column(heading, justify="left" if not heading else "right")
    for one in overall:
        low, high = one.summary.cmap_interval
        table.add_row(
            f"stage {one.stage}",
            figure(one.summary.cmap),
            f"{figure(low)}-{figure(high)}",
            figure(one.summary.lwlrap),
            figure(one.event_map),
            figure(one.summary.precision),
            figure(one.summary.recall),
            figure(one.summary.auc),
        )
    table.add_section()
    for name, (cmap, lwlrap) in overall[-1].floors.items():
        table.add_row(f"floor: {name}", figure(cmap), "", figure(lwlrap), "", "", "", "", style="dim")
    return table


def precision_table(
    per_bin: Sequence[BinPrecision], wanted: Sequence[ReviewedThreshold], species: Sequence[Species]
) -> Table:
    """What was asked and right of each species, its threshold, and the precision and recall from there on."""
    table = Table(title="By verdicts", box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    for heading in ("", "asked", "right", "threshold", "precision", "95 %", "recall", "95 %"):
        table.add_column(heading, justify="left" if not heading else "right")
    for one in wanted:
        its = [each for each in per_bin if each.species == one.species]
        table.add_row(
            species[one.species].name,
            str(sum(each.asked for each in its)),
            str(sum(each.right for each in its)),
            figure(one.threshold) if math.isfinite(one.threshold) else "none",
            figure(one.precision),
            f"{figure(one.precision_low)}-{figure(one.precision_high)}",
            figure(one.recall),
            f"{figure(one.recall_low)}-{figure(one.recall_high)}",
        )
    return table


def facts_table(facts: dict[str, str]) -> Table:
    """Two columns: what, and what it is."""
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in facts.items():
        table.add_row(name, value)
    return table


def found_table(found: Sequence[tuple[str, int, int, int]]) -> Table:
    """Of each species: the number of recordings in which it calls, was detected, and was rightly detected."""
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("species")
    for heading in ("recordings with it", "detected in", "rightly"):
        table.add_column(heading, justify="right")
    for species, *counts in found:
        table.add_row(escape(species), *map(str, counts))
    return table


def coverage_table(species: Sequence[Said]) -> Table:
    """What annotations say of each species: rows by their word, hours in boxes."""
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("species")
    counted = ("present", "absent", "unsure", "not looked at", "recordings", "contradictions", "h present", "h absent")
    for name in counted:
        table.add_column(name, justify="right")
    for one in species:
        counts = one.present, one.absent, one.unsure, one.not_looked_at, one.recordings, one.contradictions
        hours = f"{one.present_h:.3f}", f"{one.absent_h:.3f}"
        table.add_row(escape(one.species), *map(str, counts), *hours)
    return table
