"""The report of a training run: one HTML file that opens offline and explains itself to an ecologist.

The caller says what is shown, in the dataclasses below; `write` turns it into a page. The page has no script and
fetches nothing (its content security policy forbids both), and every word that came from outside is escaped. A number
that could not be computed is NaN or None and reads n/a, never 0. The same report gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from dawnchorus.files import write_text
from dawnchorus.plots.bars import Bar, bar_chart
from dawnchorus.plots.ink import Values, safe_text
from dawnchorus.plots.lines import line_chart, precision_recall_chart
from dawnchorus.plots.marks import Box, Track
from dawnchorus.plots.recording import recording_figure

Interval = tuple[float, float]
UNKNOWN: Interval = (math.nan, math.nan)
FULL_TRUTH, PARTIAL_LABELS = "full truth", "partial labels"


@dataclass(frozen=True, slots=True)
class StageScores:
    """The scores of one stage, over all folds (`fold="all"`) or on one of them (its number, as text).

    All scores are 0 to 1; intervals are 95 %. `event_map` is None where single events can't be scored. `on` is
    "full truth" (everything that sounds is known) or "partial labels" (only what people annotated is known).
    """

    name: str
    fold: str
    cmap: float
    cmap_interval: Interval = UNKNOWN
    lwlrap: float = math.nan
    lwlrap_interval: Interval = UNKNOWN
    event_map: float | None = None
    precision: float = math.nan
    recall: float = math.nan
    auc: float = math.nan
    on: str = FULL_TRUTH
    event_map_interval: Interval = UNKNOWN


@dataclass(frozen=True, slots=True)
class Floor:
    """What a score is worth without listening: the figures that an answer which ignores the sound reaches.

    `on` says which scores it belongs beside.
    """

    name: str
    cmap: float
    lwlrap: float
    on: str = FULL_TRUTH


@dataclass(frozen=True, slots=True, eq=False)
class SpeciesCurve:
    """Precision against recall of one species after one stage.

    `ap`: the average precision; `positives`: in how many recordings the species is known to sound. `recall` and
    `precision`: (threshold,), 0 to 1.
    """

    name: str
    stage: str
    ap: float
    positives: int
    recall: Values
    precision: Values


@dataclass(frozen=True, slots=True)
class PseudoRow:
    """How many labels of a species a stage learned from: those of people, and those that models added.

    `round` counts from 0 (before any pseudo-label).
    """

    round: int
    stage: str
    species: str
    annotated_present: int
    annotated_absent: int
    pseudo_present: int
    pseudo_absent: int


@dataclass(frozen=True, slots=True, eq=False)
class RecordingFigure:
    """A recording to show: its name, its spectrogram and what is drawn on it (see `plots.recording_figure`).

    `db`: (mel, column), row 0 the lowest frequency; `mel_hz`: (mel,). `note` says why it was chosen.
    """

    name: str
    db: NDArray[Any]
    duration_s: float
    low_hz: float
    high_hz: float
    mel_hz: Values
    boxes: Sequence[Box] = ()
    tracks: Sequence[Track] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """All that a report shows.

    `summary`: what was done, in a sentence or two. `on`: what was scored, in words ("40 test recordings, truth known").
    `made_with`: settings, name to value. `losses`: name to steps and losses; names that are the same before their first
    comma ("stage 1, fold 0") share a chart. `problems`: what is wrong with the data; `warnings`: what a reader must
    know before trusting the numbers.
    """

    title: str
    summary: str
    made_with: Mapping[str, str]
    stages: Sequence[StageScores]
    floors: Sequence[Floor] = ()
    species: Sequence[SpeciesCurve] = ()
    pseudo: Sequence[PseudoRow] = ()
    losses: Mapping[str, tuple[Values, Values]] = field(default_factory=dict)
    recordings: Sequence[RecordingFigure] = ()
    problems: Sequence[str] = ()
    warnings: Sequence[str] = ()
    on: str = ""


def write(path: Path, content: Report) -> None:
    """Write the report as one HTML file, wholly or not at all."""
    write_text(path, page(content))


def page(content: Report) -> str:
    """Give the whole HTML page."""
    sections = {
        "scores": ("Scores by stage", _scores(content)),
        "meaning": ("What the numbers mean", MEANING),
        "species": ("Species by species", _species(content.species)),
        "pseudo": ("How pseudo-labels grew", _pseudo(content.pseudo)),
        "losses": ("Training loss", _losses(content.losses)),
        "recordings": ("Recordings to look at", _recordings(content.recordings)),
        "problems": ("Problems found in the data", _problems(content.problems)),
        "made": ("How this was made", _settings(content.made_with)),
    }
    links = "".join(f'<a href="#{key}">{title}</a>' for key, (title, _) in sections.items())
    body = "\n".join(
        f'<section id="{key}" aria-labelledby="{key}-title"><h2 id="{key}-title">{title}</h2>\n{text}\n</section>'
        for key, (title, text) in sections.items()
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{safe_text(content.title)}</title>
<style>{STYLE}</style>
</head>
<body>
{_headline(content)}
<nav aria-label="Contents">{links}</nav>
<main>
{body}
</main>
<footer>Written by dawnchorus. This page is complete in itself: it fetches nothing and can be sent or archived.</footer>
</body>
</html>
"""


def _policy() -> str:
    """Give the content security policy: this page's own style and pictures within the page; nothing else."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


# ------------------------------------------------------------------------------------------------------- fragments


def _figure_text(value: float | None, decimals: int = 3) -> str:
    """Write a score, or n/a."""
    return "n/a" if value is None or not math.isfinite(value) else f"{value:.{decimals}f}"


def _interval_text(interval: Interval) -> str:
    """Write an interval in words, or nothing when it isn't known."""
    low, high = interval
    return f"{low:.3f} to {high:.3f}" if math.isfinite(low) and math.isfinite(high) else ""


def _cell(value: float | None, interval: Interval = UNKNOWN) -> str:
    """Fill a table cell with a score and, smaller, its interval."""
    text = _interval_text(interval) if _figure_text(value) != "n/a" else ""
    return _figure_text(value) + (f' <span class="interval">{text}</span>' if text else "")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """Make a table from cells that are HTML already; the first cell of a row is its heading."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in heads)
    body = "\n".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>" for row in rows
    )
    table = f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"
    return _scroller(table, caption)


def _scroller(inner: str, name: str) -> str:
    """Let something wide scroll by itself on a narrow screen, with the keyboard too."""
    return f'<div class="wide" role="region" tabindex="0" aria-label="{name}">{inner}</div>'


def _folded(title: str, inner: str) -> str:
    """Hide `inner` behind a title that opens it."""
    return f"<details><summary>{title}</summary>\n{inner}\n</details>"


def _figure(picture: str, caption: str) -> str:
    """Put a picture above its caption."""
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"


def _titled(caption: str, picture: str) -> str:
    """Put a picture below a caption that is its title."""
    return f'<figure class="titled"><figcaption>{caption}</figcaption>{picture}</figure>'


def _paragraph(text: str, kind: str = "") -> str:
    """Make a paragraph from HTML."""
    return f'<p class="{kind}">{text}</p>' if kind else f"<p>{text}</p>"


def _none(what: str) -> str:
    """Say that a section has nothing to show."""
    return _paragraph(what, "quiet")


def _unique(values: Iterable[str]) -> list[str]:
    """List values once each, in the order of their first appearance."""
    return list(dict.fromkeys(values))


# -------------------------------------------------------------------------------------------------------- headline


def _overall(stages: Sequence[StageScores], on: str) -> list[StageScores]:
    """Give the rows that stand for a whole stage, or all rows when there are only folds."""
    rows = [row for row in stages if row.on == on]
    return [row for row in rows if row.fold == "all"] or rows


def _grounds(stages: Sequence[StageScores]) -> list[str]:
    """List what stages were scored on, full truth first."""
    return sorted(_unique(row.on for row in stages), key=lambda on: on != FULL_TRUTH)


def _best(stages: Sequence[StageScores]) -> StageScores | None:
    """Give the stage with the highest cmAP, on full truth when there is any."""
    for on in _grounds(stages):
        rows = [row for row in _overall(stages, on) if math.isfinite(row.cmap)]
        if rows:
            return max(rows, key=lambda row: row.cmap)
    return None


def _highest(floors: Iterable[tuple[str, float]]) -> tuple[str, float] | None:
    """Give the highest floor that is a number."""
    known = [floor for floor in floors if math.isfinite(floor[1])]
    return max(known, key=lambda floor: floor[1]) if known else None


def _headline(content: Report) -> str:
    """Make the head of the page: what happened, the best figures with interval and floor, and the warnings."""
    best = _best(content.stages)
    parts = [_paragraph("dawnchorus · training report", "kicker"), f"<h1>{safe_text(content.title)}</h1>"]
    parts.append(_paragraph(_headline_sentence(best, content), "headline"))
    parts.append(_paragraph(safe_text(content.summary), "summary"))
    if content.on:
        parts.append(_paragraph(f"<b>Scored on:</b> {safe_text(content.on)}", "scored-on"))
    if best is not None:
        parts.append(_cards(best, content.floors))
    if content.warnings:
        items = "".join(f"<li>{safe_text(warning)}</li>" for warning in content.warnings)
        says = f"<b>Before you trust these numbers</b><ul>{items}</ul>"
        parts.append(f'<aside class="warnings" aria-label="Warnings">{says}</aside>')
    return "<header>" + "\n".join(parts) + "</header>"


def _headline_sentence(best: StageScores | None, content: Report) -> str:
    """Say in one sentence which stage scored highest, how sure that is, and what not listening would have scored."""
    if best is None:
        return "No score could be computed: the sections below say what was trained and what is wrong with the data."
    fold = "" if best.fold == "all" else f" (fold {safe_text(best.fold)})"
    interval = _interval_text(best.cmap_interval)
    sure = f" (95&nbsp;% interval {interval})" if interval else " (no interval known)"
    only = len({row.name for row in _overall(content.stages, best.on)}) == 1
    ranks = "reached" if only else "scored highest, with"
    name = safe_text(best.name[:1].upper() + best.name[1:])
    text = f"<b>{name}</b>{fold} {ranks} a cmAP of <b>{best.cmap:.3f}</b>{sure} on {safe_text(best.on)}"
    floor = _highest((floor.name, floor.cmap) for floor in content.floors if floor.on == best.on)
    if floor is None:
        return text + "."
    low = best.cmap_interval[0] if math.isfinite(best.cmap_interval[0]) else best.cmap
    against = f"answering without listening gives at most {floor[1]:.3f}"
    return f"{text}; {against}." if low > floor[1] else f"{text}, which is not clearly above the floor: {against}."


def _cards(best: StageScores, floors: Sequence[Floor]) -> str:
    """Show the three scores of the best stage in large type, each with its interval and its highest floor."""
    own = [floor for floor in floors if floor.on == best.on]
    cmap_floor, lwlrap_floor = _highest((f.name, f.cmap) for f in own), _highest((f.name, f.lwlrap) for f in own)
    cards = [
        ("cmAP", "finding the recordings of a species", best.cmap, best.cmap_interval, cmap_floor),
        ("LWLRAP", "ranking the species of a recording", best.lwlrap, best.lwlrap_interval, lwlrap_floor),
        ("event mAP", "finding each call in time", best.event_map, best.event_map_interval, None),
    ]
    parts = []
    for name, means, value, interval, floor in cards:
        text = _interval_text(interval) if _figure_text(value) != "n/a" else ""
        lines = f"<span>95&nbsp;% interval {text}</span>" if text else ""
        lines += f"<span>highest floor {floor[1]:.3f} ({safe_text(floor[0])})</span>" if floor else ""
        parts.append(f"<div><dt>{name}<small>{means}</small></dt><dd><b>{_figure_text(value)}</b>{lines}</dd></div>")
    return f'<dl class="cards" aria-label="Scores of {safe_text(best.name)}">{"".join(parts)}</dl>'


# ---------------------------------------------------------------------------------------------------------- scores


def _scores(content: Report) -> str:
    """Show the scores of every stage, apart for full truth and for partial labels."""
    if not content.stages:
        return _none("No stage was scored.")
    parts = []
    for on in _grounds(content.stages):
        rows = [row for row in content.stages if row.on == on]
        floors = [floor for floor in content.floors if floor.on == on]
        parts.append(f"<h3>On {safe_text(on)}</h3>")
        if on == PARTIAL_LABELS:
            parts.append(_paragraph(PARTIAL_WARNING, "note"))
        parts.append(_figure(_scroller(_score_bars(_overall(rows, on), floors, on), "Scores by stage"), SCORE_CAPTION))
        parts.append(_score_table(_overall(rows, on), floors, on))
        folds = [row for row in rows if row.fold != "all"]
        if folds and len(folds) < len(rows):
            parts.append(_folded(f"Each fold by itself ({len(folds)} rows)", _score_table(folds, (), on)))
    return "\n".join(parts)


def _score_bars(rows: Sequence[StageScores], floors: Sequence[Floor], on: str) -> str:
    """Draw cmAP, LWLRAP and event mAP of the stages as bars, the floors through them."""
    labels = [row.name if row.fold == "all" else f"{row.name}, fold {row.fold}" for row in rows]
    groups = {
        "cmAP": [Bar(label, row.cmap, *row.cmap_interval) for label, row in zip(labels, rows, strict=True)],
        "LWLRAP": [Bar(label, row.lwlrap, *row.lwlrap_interval) for label, row in zip(labels, rows, strict=True)],
    }
    if any(row.event_map is not None for row in rows):
        events = [(math.nan if row.event_map is None else row.event_map, *row.event_map_interval) for row in rows]
        groups["event mAP"] = [Bar(label, *values) for label, values in zip(labels, events, strict=True)]
    lines = {"cmAP": [(f.name, f.cmap) for f in floors], "LWLRAP": [(f.name, f.lwlrap) for f in floors]}
    says = f"Scores by stage on {on}; the table below holds the same numbers"
    return bar_chart(
        groups, "score (0 to 1, higher is better)", floors=lines, x_range=(0, 1), description=says, width_px=800
    )


def _score_table(rows: Sequence[StageScores], floors: Sequence[Floor], on: str) -> str:
    """Put the same scores, and the others, in a table; the floors stand under the stages."""
    with_folds = any(row.fold != "all" for row in rows)
    heads = ["Stage", *(["Fold"] if with_folds else []), "cmAP", "LWLRAP", "Event mAP", "Precision", "Recall", "AUC"]
    cells = [
        [
            safe_text(row.name),
            *([safe_text(row.fold)] if with_folds else []),
            _cell(row.cmap, row.cmap_interval),
            _cell(row.lwlrap, row.lwlrap_interval),
            _cell(row.event_map, row.event_map_interval),
            *(_cell(value) for value in (row.precision, row.recall, row.auc)),
        ]
        for row in rows
    ]
    empty = ["–"] * (len(heads) - 3)
    cells += [[f"<i>Floor: {safe_text(f.name)}</i>", _cell(f.cmap), _cell(f.lwlrap), *empty] for f in floors]
    return _table(heads, cells, f"Scores on {safe_text(on)}; in grey the 95&nbsp;% interval")


# --------------------------------------------------------------------------------------------------------- species


def _species(curves: Sequence[SpeciesCurve]) -> str:
    """Show precision and recall of each species, the best heard first, and a table of average precision."""
    if not curves:
        return _none("No species could be scored by itself.")
    stages = _unique(curve.stage for curve in curves)
    by_name = {name: [curve for curve in curves if curve.name == name] for name in _unique(c.name for c in curves)}
    names = sorted(by_name, key=lambda name: -_last_ap(by_name[name]))
    figures = "".join(_species_figure(name, by_name[name]) for name in names)
    rows = []
    for name in names:
        found = {curve.stage: curve for curve in by_name[name]}
        aps = [_figure_text(found[stage].ap if stage in found else None) for stage in stages]
        rows.append([safe_text(name), str(max(curve.positives for curve in by_name[name])), *aps])
    heads = ["Species", "Recordings with it", *(f"AP after {safe_text(stage)}" for stage in stages)]
    return "\n".join(
        [
            _paragraph(CURVES_TEXT),
            f'<div class="grid">{figures}</div>',
            _table(heads, rows, "Average precision (AP) of each species, the best heard first"),
        ]
    )


def _last_ap(curves: Sequence[SpeciesCurve]) -> float:
    """Give the average precision after the last stage; -1 when it isn't known."""
    return curves[-1].ap if math.isfinite(curves[-1].ap) else -1.0


def _species_figure(name: str, curves: Sequence[SpeciesCurve]) -> str:
    """Draw the curves of one species, a line a stage."""
    lines = {f"{curve.stage} (AP {_figure_text(curve.ap, 2)})": (curve.recall, curve.precision) for curve in curves}
    positives = max(curve.positives for curve in curves)
    recordings = "in 1 recording" if positives == 1 else f"in {positives} recordings"
    picture = precision_recall_chart(lines, description=f"Precision against recall for {name}")
    return _titled(f"<b>{safe_text(name)}</b><br>{recordings}", picture)


# -------------------------------------------------------------------------------------------------- pseudo-labels


def _pseudo(rows: Sequence[PseudoRow]) -> str:
    """Show how many labels each stage learned from, of people and of models."""
    if not rows:
        return _none("No pseudo-labels were made in this run.")
    present = {name: _label_bars(rows, name, present=True) for name in _unique(row.species for row in rows)}
    absent = {name: _label_bars(rows, name, present=False) for name in present}
    charts = ""
    for groups, colour, word in ((present, "#0072B2", "present"), (absent, "#C25200", "absent")):
        says = f"{word} labels by species and stage"
        picture = bar_chart(groups, "labels", decimals=0, width_px=500, colour=colour, description=says)
        caption = f"<b>Labels that say “{word}”.</b> Full colour: given by people. Pale: added by models."
        charts += _titled(caption, picture)
    table = _label_totals(rows)
    return "\n".join([_paragraph(PSEUDO_TEXT), table, f'<div class="grid wider">{charts}</div>'])


def _label_totals(rows: Sequence[PseudoRow]) -> str:
    """Put the labels of all species together in a table, a row a stage."""
    totals = []
    for step in _unique(_step_name(row) for row in rows):
        own = [row for row in rows if _step_name(row) == step]
        people = sum(row.annotated_present for row in own), sum(row.annotated_absent for row in own)
        models = sum(row.pseudo_present for row in own), sum(row.pseudo_absent for row in own)
        counts = (people[0], models[0], people[1], models[1])
        totals.append([safe_text(step), *(f"{count:,}" for count in counts)])
    heads = ["Stage", "Present, by people", "Present, by models", "Absent, by people", "Absent, by models"]
    return _table(heads, totals, "Labels of all species together")


def _step_name(row: PseudoRow) -> str:
    """Name the round and stage of a row."""
    return f"{row.stage}, round {row.round}" if row.round else row.stage


def _label_bars(rows: Sequence[PseudoRow], species: str, *, present: bool) -> list[Bar]:
    """Make one bar a stage of one species."""
    own = [row for row in rows if row.species == species]
    if present:
        return [Bar(_step_name(row), row.annotated_present, more=row.pseudo_present) for row in own]
    return [Bar(_step_name(row), row.annotated_absent, more=row.pseudo_absent) for row in own]


def _losses(losses: Mapping[str, tuple[Values, Values]]) -> str:
    """Draw the losses, a chart for each name before the first comma."""
    if not losses:
        return _none("No losses were recorded.")
    charts: dict[str, dict[str, tuple[Values, Values]]] = {}
    for name, values in losses.items():
        chart, _, line = name.partition(",")
        charts.setdefault(chart.strip(), {})[line.strip() or chart.strip()] = values
    figures = ""
    for name, lines in charts.items():
        says = f"Training loss of {name}"
        picture = line_chart(lines, "optimiser step", "loss", description=says, width_px=440, height_px=240)
        figures += _titled(f"<b>{safe_text(name)}</b>", picture)
    return _paragraph(LOSS_TEXT) + f'<div class="grid wider">{figures}</div>'


# ------------------------------------------------------------------------------------------------------ recordings


def _recordings(recordings: Sequence[RecordingFigure]) -> str:
    """Show the chosen recordings, each with a caption that says what is drawn on it."""
    if not recordings:
        return _none("No recordings were chosen for this report.")
    figures = [_recording(recording) for recording in recordings]
    return "\n".join([_paragraph(RECORDINGS_TEXT), *figures])


def _recording(recording: RecordingFigure) -> str:
    """Draw one recording."""
    says = f"Spectrogram of {recording.name} with annotations and scores"
    picture = recording_figure(
        recording.db,
        duration_s=recording.duration_s,
        low_hz=recording.low_hz,
        high_hz=recording.high_hz,
        mel_hz=recording.mel_hz,
        boxes=recording.boxes,
        tracks=recording.tracks,
        description=says,
    )
    note = _paragraph(safe_text(recording.note)) if recording.note else ""
    marks = "".join(f"<li>{_key(kind)} {text}</li>" for kind, text in _marks(recording))
    title = f"<h3>{safe_text(recording.name)}</h3>{note}"
    caption = f'<figcaption><ul class="key">{marks}</ul></figcaption>'
    return f'<figure class="recording">{title}{_scroller(picture, safe_text(says))}{caption}</figure>'


def _marks(recording: RecordingFigure) -> list[tuple[str, str]]:
    """Say in words what each kind of mark on this recording means, and how many there are."""
    counts = {kind: sum(box.kind == kind for box in recording.boxes) for kind in MARKS}
    counts |= {"curve": len(recording.tracks), "sound": 1}
    return [(kind, text.format(counts[kind])) for kind, text in MARKS.items() if counts[kind]]


def _key(kind: str) -> str:
    """Draw a small example of a mark."""
    shapes = {
        "pseudo": '<rect x="2" y="3" width="26" height="9" fill="#2A7FB4" fill-opacity="0.45" stroke="#2A7FB4"/>',
        "present": '<rect width="30" height="15" fill="#141c3a"/>'
        '<rect x="4" y="3" width="22" height="9" fill="none" stroke="#FFB733" stroke-width="2"/>',
        "absent": '<rect width="30" height="15" fill="#141c3a"/><rect x="4" y="3" width="22" height="9" fill="none" '
        'stroke="#FFB733" stroke-width="2" stroke-dasharray="5 4"/>',
        "truth": '<rect x="2" y="5" width="26" height="6" fill="#1d2528"/>',
        "curve": '<path d="M1 13L9 12L14 3L19 4L24 12L29 13" fill="none" stroke="#2A7FB4" stroke-width="1.8"/>',
        "sound": '<rect width="30" height="15" fill="#141c3a"/>'
        '<path d="M5 12L14 5L24 3" stroke="#d8dfcb" stroke-width="3"/>',
    }
    return f'<svg viewBox="0 0 30 15" width="30" height="15" aria-hidden="true">{shapes[kind]}</svg>'


# ------------------------------------------------------------------------------------------------ problems, settings


def _problems(problems: Sequence[str]) -> str:
    """List the problems; after twenty the rest is folded away."""
    if not problems:
        return _none("None: every recording and every annotation could be used.")
    items = [f"<li>{safe_text(problem)}</li>" for problem in problems]
    shown = f'<ul class="problems">{"".join(items[:20])}</ul>'
    rest = f'<ul class="problems">{"".join(items[20:])}</ul>'
    found = "1 was found." if len(items) == 1 else f"{len(items):,} were found."
    count = _paragraph(f"{found} Nothing was dropped in silence: whatever could not be used is named here.")
    return count + shown + (_folded(f"{len(items) - 20:,} more", rest) if len(items) > 20 else "")


def _settings(made_with: Mapping[str, str]) -> str:
    """Show the settings as a table."""
    if not made_with:
        return _none("No settings were recorded.")
    return _table(
        ["Setting", "Value"], [[safe_text(k), safe_text(v)] for k, v in made_with.items()], "Settings of this run"
    )


# -------------------------------------------------------------------------------------------------- texts and style

SCORE_CAPTION = (
    "Bars: the score of each stage. Black whiskers: the 95&nbsp;% interval; where whiskers of two stages overlap "
    "widely, the order of the stages is not settled. Dashed lines: the floors, which are scores that need no "
    "listening."
)
PARTIAL_WARNING = (
    "These scores use only the stretches that people annotated. They show whether training works, but they <b>cannot "
    "rank variants that use pseudo-labels</b>: see “What the numbers mean”."
)
MEANING = """<dl class="meaning">
<dt>cmAP</dt><dd>For one species, sort all recordings by how sure the detector is that it calls there. Average
precision (AP) is 1 when all recordings with the species come first. cmAP is the mean of AP over the species, so a
rare species counts as much as a common one. <b>Read this number first.</b></dd>
<dt>LWLRAP</dt><dd>For one recording, sort the species by how sure the detector is. The score is 1 when the species
that call come before those that don't. Knowing merely which species are common already scores well here; compare it
with the floors.</dd>
<dt>Event mAP</dt><dd>The strictest score: each call must be found in time, with a start and an end, and a stretch
reported where the species doesn't call counts against it. It needs every true call to be known.</dd>
<dt>Precision and recall</dt><dd>Of what the detector reports, the share that is correct; and of what is there, the
share it reports. Both depend on the threshold, AP does not.</dd>
<dt>AUC</dt><dd>The chance that a recording with the species scores higher than one without. 0.5 is guessing.</dd>
<dt>Floors</dt><dd>What answers reach that ignore the sound: the same score for everything, or how common each
species is. A score is worth only what it has above its floor.</dd>
<dt>95&nbsp;% interval</dt><dd>The scores vary with the recordings that happen to be tested. Drawing the test
recordings again and again (with replacement), 95&nbsp;% of the scores lie in the interval. Few recordings make it
wide.</dd>
<dt>Full truth and partial labels</dt><dd>With <i>full truth</i>, everything that calls is known. With <i>partial
labels</i>, people checked only some boxes, the rest is unknown and left out of the score. The checked boxes are no
fair sample: often a template matcher chose them. A model taught with pseudo-labels changes most where nobody
checked, and there partial labels can neither reward nor punish it. So they <b>cannot say which of two variants with
pseudo-labels is better</b>; full truth on a few recordings can.</dd>
<dt>n/a</dt><dd>Could not be computed, for example because no tested recording has the species. It doesn't mean
0.</dd>
</dl>"""
MARKS = {
    "sound": "Picture: the sound. Low tones are at the bottom; bright is loud, as the bar at the right says.",
    "pseudo": "Bar above the picture ({}): a pseudo-label. A model labelled this stretch, no person did.",
    "present": "Solid box ({}): a person confirmed that the species is in the box.",
    "absent": "Dashed box, named “not …” ({}): a person checked, and the species is <b>not</b> in the box.",
    "curve": "Curve ({}): how sure the detector is of the species, from 0 to 1. The dashed line is the threshold.",
    "truth": "Dark bar under a curve ({}): the species truly sounds then. A good curve is high over these bars only.",
}
CURVES_TEXT = (
    "Each curve follows a species as the threshold is lowered: to the right, more of the recordings with the species "
    "are found; further down, more of what is reported is wrong. A perfect detector runs along the top edge. Few "
    "recordings make jagged curves."
)
PSEUDO_TEXT = (
    "People annotate a small part of the recordings. After a stage, models label stretches that nobody checked; the "
    "next stage learns from people's labels and these <i>pseudo-labels</i> together. If the pale bars of a species "
    "grow far beyond what its calls can be, the models are repeating a mistake."
)
LOSS_TEXT = (
    "The loss is what training makes small; it should fall and level off. Stages measure it differently, so heights "
    "can be compared within a chart only."
)
RECORDINGS_TEXT = (
    "Time runs to the right and pitch upwards. Each species has one colour within a picture. Rest the pointer on a "
    "mark to read its times."
)
STYLE = """
:root { color-scheme: light; --ink: #1d2528; --grey: #566168; --rule: #d9dfe2; --dawn: #c25200; --night: #141c3a; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 66rem; padding: 0 1.25rem 3rem; background: #fff; color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", Arial, sans-serif; overflow-wrap: anywhere; }
header { padding: 2.2rem 0 0.6rem; }
.kicker { margin: 0; color: var(--dawn); font-size: 0.85rem; font-weight: 600; letter-spacing: 0.04em; }
h1 { margin: 0.1rem 0 0.8rem; font-size: 1.9rem; line-height: 1.2; color: var(--night); }
h2 { margin: 0 0 0.6rem; font-size: 1.4rem; color: var(--night); }
h3 { margin: 1.4rem 0 0.4rem; font-size: 1.05rem; }
p { margin: 0.5rem 0; max-width: 46rem; }
.headline { font-size: 1.22rem; line-height: 1.45; max-width: 52rem; }
.scored-on, .quiet, figcaption, footer { color: var(--grey); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 0.9rem; margin: 1.2rem 0; }
.cards div { border: 1px solid var(--rule); border-top: 4px solid var(--night); border-radius: 4px;
  padding: 0.7rem 1rem; }
.cards dt { font-weight: 600; } .cards dd { margin: 0; }
.cards dd b { display: block; font-size: 2rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.cards small, .cards span { display: block; color: var(--grey); font-size: 0.85rem; font-weight: 400; }
.warnings, .note { border-left: 4px solid #e69f00; background: #fff8e8; padding: 0.7rem 1rem;
  border-radius: 0 4px 4px 0; }
.warnings { margin: 1rem 0; } .warnings ul { margin: 0.3rem 0 0; padding-left: 1.2rem; }
nav { display: flex; flex-wrap: wrap; gap: 0.3rem 1.1rem; padding: 0.7rem 0; border-block: 1px solid var(--rule);
  font-size: 0.92rem; }
a { color: #005a8e; text-underline-offset: 0.15em; }
section { padding-top: 2rem; }
figure { margin: 1rem 0; } figcaption { font-size: 0.9rem; max-width: 52rem; margin-top: 0.3rem; }
svg { display: block; max-width: 100%; height: auto; }
.titled { margin: 0; } .titled figcaption { margin: 0 0 0.3rem; color: var(--ink); }
.wide > svg { min-width: 38rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)); gap: 1.5rem 1.2rem;
  margin: 1rem 0; }
.grid.wider { grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
.wide { overflow-x: auto; margin: 0.8rem 0; } .wide:focus-visible { outline: 2px solid #0072b2; outline-offset: 2px; }
table { overflow-wrap: break-word; border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--grey); padding-bottom: 0.3rem; }
th, td { padding: 0.35rem 0.9rem 0.35rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--rule); }
thead th { border-bottom: 2px solid var(--night); white-space: nowrap; } tbody th { font-weight: 500;
  min-width: 9rem; }
tbody i { color: #a84600; } td { white-space: nowrap; } #made td { white-space: normal; }
.interval { color: var(--grey); font-size: 0.85em; }
details { margin: 0.8rem 0; } summary { cursor: pointer; color: #005a8e; }
.meaning { display: grid; grid-template-columns: minmax(8rem, 11rem) minmax(0, 44rem); gap: 0.7rem 1.2rem;
  margin: 0.8rem 0; }
.meaning dt { font-weight: 600; } .meaning dd { margin: 0; }
.recording { margin: 2rem 0; } .recording h3 { margin: 0 0 0.3rem; } .recording .wide > svg { min-width: 46rem;
  width: 100%; }
.key { list-style: none; margin: 0.3rem 0 0; padding: 0; } .key li { padding-left: 2.6rem; margin: 0.2rem 0;
  position: relative; }
.key svg { position: absolute; left: 0; top: 0.25rem; }
.problems { padding-left: 1.2rem; }
footer { margin-top: 3rem; padding-top: 0.8rem; border-top: 1px solid var(--rule); font-size: 0.85rem; }
@media (max-width: 40rem) { h1 { font-size: 1.5rem; } .headline { font-size: 1.08rem; } .meaning { display: block; }
  .meaning dd { margin: 0 0 0.8rem; } }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } nav { display: none; }
  section { padding-top: 1rem; }
  figure, tr, .cards { break-inside: avoid; } h2, h3 { break-after: avoid; } .wide { overflow: visible; }
  .wide > svg, .recording .wide > svg { min-width: 0; } td { white-space: normal; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
"""
