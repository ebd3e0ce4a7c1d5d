import argparse
import importlib
import json
import math
import sys
from dataclasses import asdict, replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from dawnchorus.experiment import changes, to_record
from dawnchorus.study.adapt import Scale
from dawnchorus.study.judge import ScorerScript
from dawnchorus.study.load import studies_in

HOME = Path(__file__).parents[2]
SCALE = Scale(budget=0.5)
RECORDINGS = [f"r{number:02}" for number in range(40)]
POSITIVES = {
    name: [species for species, each in ((0, 2), (1, 5)) if n % each == 0] for n, name in enumerate(RECORDINGS)
}
TRUTH = np.array([[species in POSITIVES[name] for species in (0, 1)] for name in RECORDINGS])
PERFECT = TRUTH + np.linspace(0, 0.1, 40)[:, None]
REVERSED = -PERFECT
GUESS = np.random.default_rng(5).random((40, 2))

SCORER = f"""
import argparse, json
from pathlib import Path

def clip_truth(benchmark, part="test"):
    return {{name: set(species) for name, species in {POSITIVES!r}.items()}}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("benchmark")
    parser.add_argument("--submission", type=Path)
    parser.add_argument("--floors", action="store_true")
    args = parser.parse_args()
    if args.floors:
        floors = {{"equal": {{"cmap": 0.25, "lwlrap": 0.25}}, "random": {{"cmap": 0.375, "lwlrap": 0.5}}}}
        print(json.dumps({{"floors": floors}}))
    else:
        first = float(args.submission.read_text().splitlines()[1].split(",")[1])
        print(json.dumps({{"submission": {{"cmap": 0.5 + first / 4, "lwlrap": 0.5}}}}))
"""


def imported(name):
    """A module of the folder `benchmarks`, whose files import each other as scripts do."""
    sys.path.insert(0, str(HOME / "benchmarks"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


findings, claims = imported("memo_findings"), imported("memo_claims")
HOLDS, FAILS, UNCLEAR, UNTRIED = findings.HOLDS, findings.FAILS, findings.UNCLEAR, findings.UNTRIED
STUDIES = {study.name: study for study in studies_in(HOME / "experiments" / "memo")}


def measured(expected, low, high, mean=None, apart=""):
    mean = (low + high) / 2 if mean is None else mean
    return findings.Measured(1, "study", "a", "b", expected, "cmap", mean, low, high, 3, apart)


# -------------------------------------------------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("expected", "low", "high", "said"),
    [
        ("up", 0.01, 0.03, HOLDS),
        ("up", -0.01, 0.03, UNCLEAR),
        ("up", -0.03, -0.01, FAILS),
        ("up", 0.0, 0.03, UNCLEAR),
        ("down", -0.03, -0.01, HOLDS),
        ("down", -0.03, 0.01, UNCLEAR),
        ("down", 0.01, 0.03, FAILS),
        ("no_gain", -0.05, 0.019, HOLDS),
        ("no_gain", 0.005, 0.015, HOLDS),  # a gain too small to count
        ("no_gain", -0.05, 0.02, UNCLEAR),
        ("no_gain", 0.01, 0.05, FAILS),
        ("equal", -0.01, 0.01, HOLDS),
        ("equal", 0.0, 0.0, HOLDS),
        ("equal", -0.03, 0.01, UNCLEAR),
        ("equal", 0.01, 0.03, FAILS),
        ("equal", -0.03, -0.01, FAILS),
        ("fails", -0.1, -0.02, HOLDS),
        ("fails", -0.1, 0.02, HOLDS),  # its mean is below the floor
        ("fails", -0.02, 0.1, UNCLEAR),
        ("fails", 0.02, 0.1, FAILS),
    ],
)
def test_a_contrast_is_judged_by_its_interval(expected, low, high, said):
    assert findings.verdict(measured(expected, low, high)) == said


def test_what_has_no_interval_or_cannot_be_compared_cannot_be_told():
    assert findings.verdict(measured("up", math.nan, math.nan, 0.5)) == UNCLEAR
    assert findings.verdict(measured("up", 0.1, 0.2, apart="other weights")) == UNCLEAR


def test_a_claim_holds_with_all_of_its_contrasts_and_fails_with_any():
    assert findings.joined([HOLDS, HOLDS], 2) == HOLDS
    assert findings.joined([HOLDS, HOLDS], 3) == "holds where tried"
    assert findings.joined([HOLDS, UNCLEAR], 2) == UNCLEAR
    assert findings.joined([UNCLEAR, FAILS, HOLDS], 4) == FAILS
    assert findings.joined([], 2) == UNTRIED


def test_a_correlation_of_ranks_sees_order_alone():
    xs = np.arange(1.0, 9)
    assert findings.correlated(xs, np.exp(xs), ranks=True).value == pytest.approx(1)
    assert findings.correlated(xs, np.exp(xs), ranks=False).value < 0.9
    assert findings.correlated(xs, -xs, ranks=False).high == pytest.approx(-1)
    assert findings.correlated([*xs[:4], math.nan], xs[:5], ranks=True) is None
    assert findings.correlated(xs, [0.5] * 8, ranks=True) is None


def test_a_cv_that_orders_the_test_scores_disproves_that_it_does_not():
    rng = np.random.default_rng(0)
    xs = rng.random(60)
    assert findings.verdict_on_correlation(findings.correlated(xs, xs + rng.random(60) / 5, ranks=True)) == FAILS
    assert findings.verdict_on_correlation(findings.correlated(xs, rng.random(60), ranks=True)) == HOLDS
    assert findings.verdict_on_correlation(findings.correlated(xs[:6], rng.random(6), ranks=True)) == UNCLEAR
    assert findings.verdict_on_correlation(None) == UNTRIED


def test_differences_of_seeds_have_students_interval():
    gain = claims.over_seeds([0.1, 0.2, 0.3])
    assert gain["mean"] == pytest.approx(0.2)
    assert gain["high"] - gain["mean"] == pytest.approx(4.3027 * 0.1 / math.sqrt(3), rel=1e-4)
    assert math.isnan(claims.over_seeds([0.1])["low"]) and claims.over_seeds([])["seeds"] == 0


# ---------------------------------------------------------------------------------------------------------- claims


def test_there_are_19_claims_and_their_variants_are_in_the_studies():
    assert [claim.number for claim in findings.CLAIMS] == list(range(1, 20))
    for claim in findings.CLAIMS:
        for where in claims.variants_of(claim):
            study, variant = where.split(":")
            assert STUDIES[study].variants[variant].experiment is not None, where


def test_a_remark_belongs_to_a_claim():
    assert set(claims.remarks(HOME / "docs/memo-claims/remarks.md")) <= set(range(1, 20))


def test_remarks_stand_under_their_number(tmp_path):
    (tmp_path / "remarks.md").write_text("# Words\n\n## 2\n\nOne line\nand another.\n\n## 16\n\nThat.\n")
    assert claims.remarks(tmp_path / "remarks.md") == {2: "One line and another.", 16: "That."}
    assert claims.remarks(tmp_path / "none.md") == {}


# ------------------------------------------------------------------------------------------------- collect and write


def ran(out, where, scores, seeds=(0, 1), **more):
    """What study/run.py leaves of a variant."""
    study, name = where.split(":")
    variant = STUDIES[study].variants[name]
    for seed in seeds:
        folder = out / study / name / f"seed-{seed}"
        folder.mkdir(parents=True)
        rows = [f"{key},{a},{b}\n" for key, (a, b) in zip(RECORDINGS, scores.tolist(), strict=True)]
        (folder / "submission.csv").write_text("recording_id,s0,s1\n" + "".join(rows))
        base = STUDIES[study].variants[STUDIES[study].baseline].experiment
        record = {
            "key": "k",
            "seed": seed,
            "network": "tf_efficientnet_lite0, lite",
            "scale": asdict(SCALE),
            "comparable": True,
            "lost": "",
            "saw_test": False,
            "changes": changes(base, variant.experiment),
            "cv_faithful": 0.5,
            "precision_faithful": 0.5,
            "cv": 0.5,
            "precision": None,
            "pseudo_labels": 0,
            "seconds": 1,
            "experiment": to_record(SCALE(variant.experiment, seed)),
        }
        (folder / "result.json").write_text(json.dumps(record | more))


@pytest.fixture
def place(tmp_path):
    (tmp_path / "score.py").write_text(SCORER)
    (tmp_path / "benchmark").mkdir()
    return argparse.Namespace(
        studies=HOME / "experiments" / "memo",
        scorer=tmp_path / "score.py",
        benchmark=tmp_path / "benchmark",
        out=tmp_path / "out",
        docs=tmp_path / "docs",
        add=False,
    )


def claim(number):
    return findings.CLAIMS[number - 1]


def measure(place, number, contrast=0):
    runs = claims.Runs(list(STUDIES.values()), place.out)
    judge = ScorerScript(place.scorer, place.benchmark)
    return claims.measure(claim(number), claim(number).contrasts[contrast], runs, judge)


def test_an_experiment_has_its_seeds_from_all_studies(place):
    ran(place.out, "which_loss_terms:exp0109", PERFECT, [0])
    ran(place.out, "which_stages:stage_1", PERFECT, [1])
    runs = claims.Runs(list(STUDIES.values()), place.out)
    assert list(runs.of("which_averaging:exp0109")) == [0, 1]
    assert runs.of("which_stages:stage_2") == {}


def test_a_contrast_reaches_over_studies(place):
    ran(place.out, "which_pseudo_labels:framewise_double_sigmoid", PERFECT)
    assert measure(place, 16) is None
    ran(place.out, "which_stages:stage_2", PERFECT)
    found = measure(place, 16)
    assert (found.mean, found.low, found.high, found.seeds) == (0, 0, 0, 2)


def test_one_seed_carries_the_chance_of_training_seen_elsewhere():
    alone = replace(measured("up", 0.01, 0.09, 0.05), seeds=1, figure="cmap")
    (wider,) = claims.widened([alone], 0.05)
    # Half widths of 0.04 and 1.96 * 0.05 = 0.098 add up like the sides of a right angle: 0.1058.
    assert wider.low == pytest.approx(0.05 - 0.10585, abs=1e-4)
    assert wider.high == pytest.approx(0.05 + 0.10585, abs=1e-4)
    assert findings.verdict(alone) == findings.HOLDS and findings.verdict(wider) == findings.UNCLEAR
    several = replace(alone, seeds=2)
    assert claims.widened([several], 0.05) == [several]


def test_a_figure_of_training_is_compared_seed_by_seed(place):
    ran(place.out, "which_third_stage_loss:exp0142", PERFECT)
    ran(place.out, "which_third_stage_loss:exp0146", PERFECT, [0], cv_faithful=0.75)
    ran(place.out, "which_third_stage_loss:exp0146", PERFECT, [1], cv_faithful=1.0)
    found = measure(place, 5)
    assert (found.figure, found.mean, found.seeds) == ("cv_faithful", 0.375, 2) and found.low < 0 < found.high


def test_a_run_is_broken_when_it_is_not_above_the_best_floor(place):
    ran(place.out, "which_loss_terms:exp0107", REVERSED)
    ran(place.out, "which_loss_terms:exp0112", PERFECT)
    assert findings.verdict(measure(place, 15, 0)) == HOLDS
    assert findings.verdict(measure(place, 15, 1)) == FAILS
    assert measure(place, 15, 1).mean == pytest.approx(1 - 0.375)


def test_networks_without_their_weights_are_not_compared_but_folds_of_one_are(place):
    ran(place.out, "which_backbone:exp0101_mean", PERFECT, lost="no weights of densenet", comparable=False)
    ran(place.out, "which_backbone:exp0101_max", REVERSED, lost="no weights of densenet", comparable=False)
    ran(place.out, "which_backbone:exp0100_mean", REVERSED)
    assert measure(place, 13, 2).apart == "no weights of densenet"
    assert measure(place, 12, 2).apart == "" and findings.verdict(measure(place, 12, 2)) == HOLDS


def test_different_scales_are_refused(place):
    ran(place.out, "which_stages:stage_1", PERFECT)
    ran(place.out, "which_stages:stage_2", PERFECT, scale=asdict(replace(SCALE, budget=0.25)))
    with pytest.raises(SystemExit, match="different scales"):
        measure(place, 1)


def test_the_page_is_written_from_the_tables_alone(place):
    for where, scores in (
        ("which_stages:stage_1", REVERSED),
        ("which_stages:stage_2", PERFECT),
        ("which_third_stage_loss:exp0146", PERFECT),
        ("which_third_stage_loss:exp0150", PERFECT),
        ("which_loss_terms:exp0105", GUESS),
        ("which_loss_terms:exp0107", REVERSED),
    ):
        ran(place.out, where, scores)
    claims.collect(place)
    home = place.docs / "memo-claims"
    (home / "remarks.md").write_text("## 8\n\nThe classes were even before.\n")
    claims.write(argparse.Namespace(docs=place.docs))
    page = (place.docs / "memo-claims.md").read_text()
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in page.splitlines() if line.startswith("| ")}
    assert (
        "`stage_2` against `stage_1`: +0.7" in rows["1"]
        and "**holds where tried**; CV: holds where tried |" in rows["1"]
    )
    assert "`exp0150` against `exp0146`: +0.000 (+0.000 to +0.000), said: down" in rows["8"]
    assert "against the best floor" in rows["15"] and rows["15"].endswith("**holds where tried** (screened) |")
    assert rows["19"].endswith("**not tried** (screened) |")
    assert all(line.count(" | ") == 4 for line in rows.values())
    assert "1 of 2 comparisons were run. The classes were even before." in page
    assert "Floors of cmAP" in page and "random 0.375" in page and "budget 0.5" in page
    for name in ("leaderboard", "cv"):
        assert ElementTree.parse(home / f"{name}.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"
    before = {path: path.read_bytes() for path in place.docs.rglob("*") if path.is_file()}
    claims.write(argparse.Namespace(docs=place.docs))
    assert before == {path: path.read_bytes() for path in place.docs.rglob("*") if path.is_file()}


def test_tables_are_read_back_as_they_were(tmp_path):
    rows = [measured("up", 1 / 3, math.pi), measured("down", -0.5, 0.5, apart='a, "b"')]
    claims.write_rows(tmp_path / "a.csv", findings.Measured, rows)
    assert claims.read_rows(tmp_path / "a.csv", findings.Measured) == rows
    tried = claims.Tried("s", "v", 2, 0.1, math.nan, 0.3, math.nan, 0.9, True, "")
    claims.write_rows(tmp_path / "b.csv", claims.Tried, [tried])
    (back,) = claims.read_rows(tmp_path / "b.csv", claims.Tried)
    assert math.isnan(back.cv) and back.saw_test is True and back.memo_lb == 0.9


def test_tables_are_added_to_and_keep_what_comes_from_more_seeds(place):
    ran(place.out, "which_stages:stage_1", REVERSED)
    ran(place.out, "which_stages:stage_2", PERFECT)
    claims.collect(place)
    place.add, place.out = True, place.out / "elsewhere"
    ran(place.out, "which_stages:stage_1", PERFECT, [0])
    ran(place.out, "which_stages:stage_2", REVERSED, [0])
    ran(place.out, "which_stages:stage_3", PERFECT, [0])
    claims.collect(place)
    home = place.docs / "memo-claims"
    first, second = claims.read_rows(home / "contrasts.csv", findings.Measured)[:2]
    assert (first.variant, first.seeds) == ("stage_2", 2) and first.mean > 0.5  # as it was
    rows = {(one.variant, one.figure): one for one in claims.read_rows(home / "contrasts.csv", findings.Measured)}
    assert rows["stage_3", "cmap"].seeds == 1 and rows["stage_3", "cmap"].mean > 0.5  # was not there before
    table = {row.name: row for row in claims.read_csv(home / "which_stages.csv").rows}
    assert [len(table[name].seeds) for name in ("stage_1", "stage_2", "stage_3")] == [2, 2, 1]


def test_only_what_the_tables_lack_is_wanted():
    known = {(1, "which_stages", "stage_2", "stage_1", figure) for figure in ("cmap", "cv")}
    assert set(claims.variants_of(claim(1), known)) == {f"which_stages:stage_{number}" for number in (1, 2, 3)}
    known |= {(1, "which_stages", "stage_3", "stage_1", "cv")}
    assert set(claims.variants_of(claim(1), known)) == {"which_stages:stage_2", "which_stages:stage_3"}
