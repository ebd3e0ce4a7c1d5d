"""A report in which everything has something, one in which nothing has, and a reader of the page."""

from html.parser import HTMLParser

import numpy as np

from dawnchorus.plots.marks import Box, Track
from dawnchorus.report.content import (
    PARTIAL_LABELS,
    Floor,
    PseudoRow,
    RecordingFigure,
    Report,
    SpeciesCurve,
    StageScores,
)

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\" onload='x' \x00\ud800"
EMPTY = {"meta", "br", "img", "image"}


class Page(HTMLParser):
    """Collects the tags of a page and checks that they close in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def full(name="frog"):
    """A report in which every part has something, and every outside word is `name`."""
    recording = RecordingFigure(
        name=name,
        db=np.random.default_rng(1).normal(-60, 5, (8, 40)),
        duration_s=10,
        low_hz=0,
        high_hz=8000,
        mel_hz=np.linspace(500, 7500, 8),
        boxes=[Box(1, 2, 500, 900, name, kind) for kind in ("present", "absent", "pseudo", "truth")],
        tracks=[Track(name, [1, 2, 3], [0.1, 0.9, 0.2])],
        note=name,
    )
    return Report(
        title=name,
        summary=name,
        made_with={name: name},
        stages=[
            StageScores(name, "all", 0.4, (0.35, 0.45), 0.7, (0.6, 0.8), 0.3, 0.5, 0.5, 0.8),
            StageScores(name, "0", 0.41),
            StageScores(name, "all", 0.9, on=PARTIAL_LABELS),
        ],
        floors=[Floor(name, 0.123, 0.456)],
        species=[SpeciesCurve(name, name, 0.5, 3, [0.0, 1.0], [1.0, 0.5])],
        pseudo=[PseudoRow(1, name, name, 1, 2, 3, 4)],
        losses={name: ([0, 1], [2.0, 1.0])},
        recordings=[recording],
        problems=[name] * 25,
        warnings=[name],
        on=name,
    )


def nothing():
    return Report(title="empty", summary="", made_with={}, stages=[])


def visible(text):
    return " ".join(" ".join(Page(text).words).split())
