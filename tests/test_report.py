import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from dawnchorus.plots.marks import Box, Track
from dawnchorus.report import (
    PARTIAL_LABELS,
    Floor,
    PseudoRow,
    RecordingFigure,
    Report,
    SpeciesCurve,
    StageScores,
    page,
    write,
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


@pytest.mark.parametrize("report", [full(), full(HOSTILE), nothing()], ids=["full", "hostile", "empty"])
def test_a_page_is_whole_and_refers_to_nothing_outside(report):
    tags = Page(page(report)).tags
    assert not {"script", "link", "iframe", "object", "form", "base"} & {tag for tag, _ in tags}
    for _, attrs in tags:
        assert all(attrs[key].startswith("data:image/png;base64,") for key in ("src", "srcset") if key in attrs)
        assert all(attrs[key][0] == "#" or attrs[key].startswith("data:") for key in ("href",) if key in attrs)
        assert not any(key.startswith("on") or key == "style" for key in attrs)


def test_the_page_has_no_address_in_it():
    text = page(full()).replace("http-equiv", "")
    assert "http" not in text and "url(" not in text and "@import" not in text


def test_the_policy_allows_this_style_sheet_and_data_pictures_only():
    (policy,) = (a["content"] for t, a in Page(page(full())).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    assert "img-src data:;" in policy


def test_hostile_names_are_words_on_the_page():
    text = page(full(HOSTILE))
    assert "<script" not in text and "<img" not in text and "\x00" not in text
    assert "<script>alert(1)</script>" in visible(text)
    text.encode("utf-8")


def test_every_picture_on_the_page_is_xml():
    pictures = re.findall(r"<svg.*?</svg>", page(full(HOSTILE)), re.DOTALL)
    assert len(pictures) > 8
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root.get("aria-label") or root.get("aria-hidden") == "true"


def test_what_could_not_be_computed_is_not_available_and_never_zero():
    stage = StageScores("stage 1", "all", math.nan, (math.nan, math.nan), math.nan, event_map=None)
    text = visible(page(replace(nothing(), stages=[stage], floors=[Floor("equal", math.nan, math.nan)])))
    assert "No score could be computed" in text and text.count("n/a") >= 8
    assert "nan" not in text and "0.000" not in text


def test_the_headline_has_the_best_stage_its_interval_and_the_floor():
    stages = [StageScores(f"stage {n}", "all", 0.2 * n, (0.2 * n - 0.05, 0.2 * n + 0.05), 0.5) for n in (1, 3, 2)]
    floors = [Floor("equal", 0.111, 0.2), Floor("prevalence", 0.222, 0.3)]
    text = visible(page(replace(nothing(), stages=stages, floors=floors)))
    assert "Stage 3 scored highest, with a cmAP of 0.600 (95 % interval 0.550 to 0.650) on full truth" in text
    assert "answering without listening gives at most 0.222" in text


def test_a_score_whose_interval_holds_the_floor_is_called_so():
    stage = StageScores("stage 1", "all", 0.3, (0.1, 0.5), 0.5)
    text = visible(page(replace(nothing(), stages=[stage], floors=[Floor("equal", 0.2, 0.2)])))
    assert "not clearly above the floor" in text


def test_full_truth_leads_even_when_partial_labels_score_higher():
    stages = [StageScores("stage 1", "all", 0.9, on=PARTIAL_LABELS), StageScores("stage 1", "all", 0.4)]
    text = visible(page(replace(nothing(), stages=stages)))
    assert "a cmAP of 0.400" in text
    assert "cannot rank variants that use pseudo-labels" in text


def test_a_floor_stands_beside_the_scores_it_belongs_to():
    stages = [StageScores("stage 1", "all", 0.4), StageScores("stage 1", "all", 0.9, on=PARTIAL_LABELS)]
    text = page(replace(nothing(), stages=stages, floors=[Floor("equal", 0.777, 0.1, on=PARTIAL_LABELS)]))
    assert "0.777" not in text.split("On partial labels")[0]
    assert "0.777" in text.split("On partial labels")[1]


def test_the_sections_stand_in_the_order_of_reading():
    found = [attrs["id"] for tag, attrs in Page(page(full())).tags if tag == "section"]
    assert found == ["scores", "meaning", "species", "pseudo", "losses", "recordings", "problems", "made"]
    links = [attrs["href"][1:] for tag, attrs in Page(page(full())).tags if tag == "a"]
    assert links == found


def test_every_table_has_a_caption_and_headings():
    text = page(full())
    assert text.count("<table>") == text.count("<caption>") == text.count("<thead>") >= 5
    assert '<th scope="col">' in text and '<th scope="row">' in text


def test_the_caption_of_a_recording_names_only_marks_that_are_there():
    bare = replace(full().recordings[0], boxes=[Box(1, 2, 500, 900, "frog", "present")], tracks=[])
    text = visible(page(replace(nothing(), recordings=[bare])))
    assert "Solid box (1)" in text
    assert "Dashed box" not in text and "Bar above" not in text and "Curve (" not in text


def test_a_long_list_of_problems_is_folded_not_cut():
    text = page(replace(nothing(), problems=[f"file {n} is bad" for n in range(30)]))
    assert "10 more" in text and all(f"file {n} is bad" in text for n in range(30))


def test_losses_of_one_stage_share_a_chart():
    losses = {f"stage {s}, fold {f}": ([0, 1], [1.0, 0.5]) for s in (1, 2) for f in (0, 1)}
    text = page(replace(nothing(), losses=losses))
    assert text.count('aria-label="Training loss of') == 2


def test_a_report_is_written_the_same_twice(tmp_path):
    write(tmp_path / "a.html", full())
    write(tmp_path / "b.html", full())
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]
