import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import dawnchorus
import sounds
import tiny_encoder
from dawnchorus import package, rounds
from dawnchorus.cli import app
from dawnchorus.cli.app import GROUPS
from dawnchorus.cli.train import _encoder
from dawnchorus.encoders import birdnet
from dawnchorus.encoders.birdnet import BirdNet
from dawnchorus.review.stored import embeddings
from detect import archive, tiny_model

runner = CliRunner()


@pytest.fixture(scope="module")
def trained(forest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cli") / "run"
    options = [
        "--method",
        "memo",
        "--backbone",
        "test_resnet",
        "--weights",
        "none",
        "--detail",
        "coarse",
        "--steps",
        "2,2,2",
        "--batch",
        "4",
    ]
    result = runner.invoke(app, ["train", str(forest), "--out", str(out), *options])
    assert result.exit_code == 0, result.output
    return out


def test_train_leaves_a_scored_run(trained: Path) -> None:
    for name in (
        "run.json",
        "scores.json",
        "report.html",
        "model/package.json",
        "stages/1/package.json",
        "scores/2.npz",
    ):
        assert (trained / name).is_file(), name
    stages = {row["stage"] for row in json.loads((trained / "scores.json").read_text())}
    assert stages == {"1", "2", "3"}


def test_evaluate_on_full_truth_shows_floors(trained: Path, forest: Path) -> None:
    truth = ["--truth", str(forest / "truth" / "test.csv"), "--audio", str(forest / "test")]
    result = runner.invoke(app, ["evaluate", str(trained), *truth, "--json"])
    assert result.exit_code == 0, result.output
    rows = [row for row in json.loads(result.stdout) if row["on"] == "full truth"]
    assert [row["stage"] for row in rows] == ["1", "2", "3"]
    assert all(set(row["floors"]) == {"equal", "random", "prevalence"} and row["event_map"] is not None for row in rows)
    page = (trained / "report.html").read_text(encoding="utf-8")
    assert "prevalence" in page and "stage 3" in page


def test_detect_fills_a_submission(trained: Path, forest: Path, tmp_path: Path) -> None:
    sample = forest / "sample_submission.csv"
    command = [
        "detect",
        str(trained / "model"),
        str(forest / "test"),
        "--out",
        str(tmp_path),
        "--submission",
        str(sample),
    ]
    result = runner.invoke(app, command)
    assert result.exit_code == 0, result.output
    submission = (tmp_path / "submission.csv").read_text().splitlines()
    wanted = sample.read_text().splitlines()
    assert submission[0] == wanted[0]
    assert [row.split(",")[0] for row in submission] == [row.split(",")[0] for row in wanted]
    assert (tmp_path / "detections.parquet").is_file()


def test_runs_are_blended_into_what_a_study_leaves(trained: Path, tmp_path: Path) -> None:
    out, both = tmp_path / "blend", [str(trained), str(trained)]
    options = ["--by", "product", "--weight", "2", "--weight", "1", "--frame", "0.25"]
    result = runner.invoke(app, ["blend", *both, "--out", str(out), *options])
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.iterdir()} == {
        "submission.csv",
        "probabilities.csv",
        "frames.npz",
        "detections.csv",
        "blend.json",
    }
    record = json.loads((out / "blend.json").read_text(encoding="utf-8"))
    assert record["blend"] == {"by": "product", "calibrated": False, "weights": [2.0, 1.0], "frame_s": 0.25}
    assert [one["from"] for one in record["members"]] == both
    assert runner.invoke(app, ["blend", str(out), "--out", str(out)]).exit_code == 2  # it would replace its member
    table = tmp_path / "theirs.csv"
    table.write_bytes((out / "submission.csv").read_bytes())
    again = runner.invoke(app, ["blend", str(out), str(table), "--out", str(tmp_path / "again")])
    assert again.exit_code == 0 and "no frames, so whole recordings alone" in again.output


def test_info_tells_what_a_run_and_a_model_are(trained: Path) -> None:
    assert "test_resnet" in runner.invoke(app, ["info", str(trained)]).output
    facts = json.loads(runner.invoke(app, ["info", str(trained / "model"), "--json"]).stdout)
    assert facts["networks averaged"] == "2" and "scores" not in facts


def test_info_gives_machines_the_scores_that_it_shows_people(trained: Path) -> None:
    shown = runner.invoke(app, ["info", str(trained)]).output
    facts = json.loads(runner.invoke(app, ["info", str(trained), "--json"]).stdout)
    assert facts["scores"] == [
        row for row in json.loads((trained / "scores.json").read_text()) if row["on"] == "partial labels"
    ]
    overall = [row for row in facts["scores"] if row["fold"] is None]
    assert len(overall) == 3 and all(f"{row['lwlrap']:.3f}" in shown for row in overall)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["train", "nowhere", "--out", "x"], "nowhere: not there; expected a folder with train_tp.csv"),
        (["evaluate", "nowhere"], "no run.json here"),
        (["info", "nowhere"], "no run.json here"),
        (["detect", "nowhere", ".", "--out", "x"], "no package.json here"),
        (
            ["blend", "nowhere", "--out", "x"],
            "nowhere: no run.json here; expected a finished run, a folder with submission.csv",
        ),
    ],
)
def test_what_a_user_can_mend_is_told_in_a_sentence(command: list[str], words: str) -> None:
    result = runner.invoke(app, command)
    assert result.exit_code == 1
    assert words in result.output and "Traceback" not in result.output


def test_a_faulty_recording_gives_exit_code_3(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"nothing of the kind")
    result = runner.invoke(app, ["detect", str(trained / "model"), str(tmp_path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 3
    assert "broken.wav" in result.output and "not_audio" in result.output
    assert (tmp_path / "out" / "detections.csv").read_text().splitlines()[0].startswith("recording_id,species_id")


def test_help_is_quick_and_loads_no_heavy_library() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom dawnchorus.cli import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "print([m for m in ('torch', 'openvino', 'scipy', 'pyarrow', 'PIL') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_the_commands_of_the_readme_are_there() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    fenced = "".join(readme.split("```")[1::2])
    lines = [line.partition("#")[0].split() for line in fenced.splitlines() if line.startswith("dawnchorus ")]
    told = {"train", "evaluate", "detect", "info", "simulate", "experiment", "blend", "pretrain", "check"}
    told |= {"review", "verdicts", "summarise", "convert", "quantise"}
    assert {line[1] for line in lines} == told
    for _, command, *words in lines:
        called = [command, words[0]] if command == "experiment" else [command]
        help_text = runner.invoke(app, [*called, "--help"], env={"COLUMNS": "200"}).output
        for option in (word for word in words if word.startswith("--")):
            assert option in help_text, f"{command} {option}"


def test_detect_evaluate_info_and_blend_need_no_torch(trained: Path, forest: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'timm', 'pytorch_lightning', 'safetensors', 'onnx', 'librosa'):\n"
        "    sys.modules[name] = None\n"
        "from dawnchorus.cli import app\n"
        "app(sys.argv[1:], standalone_mode=True)\n"
    )
    for command in (
        ["detect", str(trained / "model"), str(forest / "test"), "--out", str(tmp_path)],
        ["evaluate", str(trained)],
        ["info", str(trained)],
        ["blend", str(trained), str(trained), "--out", str(tmp_path / "blend"), "--by", "rank"],
    ):
        done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


# ---- experiments ---------------------------------------------------------------------------------------------

STUDY = '''"""Does the third stage help?"""
from training import tiny
from dataclasses import replace
from dawnchorus.study.values import Reported, Variant

experiment = tiny.experiment((1, 1, 1))
baseline = "two"
variants = {
    "two": Variant(replace(experiment, stages=experiment.stages[:2]), Reported(lb=0.5), memo=("a line",)),
    "three": Variant(experiment),
    "reported": Variant(None, Reported(failed=True)),
}
'''


def test_a_users_study_is_run_compared_and_listed(forest: Path, tmp_path: Path) -> None:
    study, out = tmp_path / "which.py", tmp_path / "runs"
    study.write_text(STUDY, encoding="utf-8")
    options = ["--data", str(forest), "--out", str(out)]
    ran = runner.invoke(app, ["experiment", "run", str(study), *options, "--seeds", "1"])
    assert ran.exit_code == 0, ran.output
    assert "which:reported: left out, nothing to run" in ran.output
    truth = ["--truth", str(forest / "truth" / "test.csv")]
    compared = runner.invoke(app, ["experiment", "compare", str(study), *options, *truth])
    assert compared.exit_code == 0, compared.output
    page = (out / "which" / "compare.md").read_text(encoding="utf-8")
    assert "Does the third stage help?" in page and "very bad" in page and "floor" in page
    assert (out / "which" / "compare.csv").is_file()
    listed = runner.invoke(app, ["experiment", "list", str(tmp_path), "--json"])
    (entry,) = json.loads(listed.stdout)
    assert (entry["line"], entry["where"], entry["reported"]["lb"]) == ("a line", "which:two", 0.5)


def test_without_a_truth_training_is_compared(forest: Path, tmp_path: Path) -> None:
    study, out = tmp_path / "which.py", tmp_path / "runs"
    study.write_text(STUDY, encoding="utf-8")
    options = ["--data", str(forest), "--out", str(out)]
    assert runner.invoke(app, ["experiment", "run", f"{study}:two", *options, "--seeds", "1"]).exit_code == 0
    compared = runner.invoke(app, ["experiment", "compare", str(study), *options])
    assert compared.exit_code == 0, compared.output


def test_a_variant_that_is_not_there_is_told_with_those_that_are(forest: Path, tmp_path: Path) -> None:
    study = tmp_path / "which.py"
    study.write_text(STUDY, encoding="utf-8")
    result = runner.invoke(app, ["experiment", "run", f"{study}:four", "--data", str(forest)])
    assert result.exit_code == 1
    assert "no variant 'four'; there are two, three, reported" in result.output


def test_an_encoder_is_trained_on_shipped_with_its_licence_and_teaches_a_student_with_another(
    trained: Path, forest: Path, tmp_path: Path
) -> None:
    encoder = tiny_encoder.write(tmp_path / "encoder.onnx")
    heard = [
        "--encoder",
        str(encoder),
        "--encoder-rate",
        "8000",
        "--encoder-window",
        "1",
        "--encoder-licence",
        "CC BY-NC",
    ]
    run = tmp_path / "run"
    result = runner.invoke(app, ["train", str(forest), "--out", str(run), *heard, "--steps", "2", "--audit"])
    assert result.exit_code == 0, result.output
    assert "licence of its weights: CC BY-NC" in result.output and "audit part, known" in result.output
    assert "audit part, student" in result.output  # kept or not, there was one
    assert "CC BY-NC" in (run / "model" / "card.md").read_text(encoding="utf-8")
    kept = embeddings(run / "features")
    assert kept is not None and kept.name.startswith("encoder.onnx")
    assert all(kept.blocks(path) for path in (forest / "train").iterdir())
    result = runner.invoke(app, ["detect", str(run / "model"), str(forest / "test"), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    student = ["--teacher", str(run), "--teacher", str(trained), "--backbone", "test_resnet", "--weights", "none"]
    pupil, small = tmp_path / "student", ["--detail", "coarse", "--steps", "1", "--batch", "2"]
    result = runner.invoke(app, ["train", str(forest), "--out", str(pupil), *student, *small])
    assert result.exit_code == 0, result.output
    assert "licence of the weights behind it: CC BY-NC" in result.output
    card = (pupil / "model" / "card.md").read_text(encoding="utf-8")
    assert "labels from another model: head of 256 hidden values" in card and "; test_resnet, stage 3" in card
    experiment = json.loads((pupil / "run.json").read_text(encoding="utf-8"))["experiment"]
    outside = experiment["outside"]
    assert experiment["repeats"] == 1  # a student is quick
    assert "models: 1, which heard the recordings of all 2 folds" in card
    assert [one["licence"] for one in outside] == ["CC BY-NC", ""] and card.count("CC BY-NC") == 2
    pupil, small = tmp_path / "on_encoder", ["--teacher", str(run), *heard, "--steps", "1", "--batch", "2"]
    result = runner.invoke(app, ["train", str(forest), "--out", str(pupil), *small])
    assert result.exit_code == 0, result.output
    made_with = json.loads((pupil / "run.json").read_text(encoding="utf-8"))["made_with"]
    assert made_with["steps"] == "stage student: 1 of 2 windows, networks a fold: 1, of all folds: 1"
    result = runner.invoke(
        app, ["detect", str(pupil / "model"), str(forest / "test"), "--out", str(tmp_path / "light")]
    )
    assert result.exit_code == 0, result.output


def test_without_another_word_calls_are_pasted(forest: Path, tmp_path: Path) -> None:
    small = ["--backbone", "test_resnet", "--weights", "none", "--detail", "coarse", "--batch", "2", "--steps", "1"]
    for number, grain in enumerate(("windows", "frames")):
        out = tmp_path / str(number)
        result = runner.invoke(app, ["train", str(forest), "--out", str(out), *small, "--grain", grain])
        assert result.exit_code == 0, result.output
        stages = ["known"] if grain == "frames" else ["known", "student"]  # short calls have their own way
        assert {row["stage"] for row in json.loads((out / "scores.json").read_text())} == set(stages)
        made_with = json.loads((out / "run.json").read_text())["made_with"]
        assert "stage known: 1 of 2 windows, networks a fold: 3" in made_with["steps"]
        assert ("stage student: 3 of 2 windows, networks a fold: 1" in made_with["steps"]) == (grain == "windows")
        assert len(list((out / "model").glob("*.onnx"))) == (2 if grain == "windows" else 6)
        assert any((out / "cache" / "pasted").rglob("*.flac"))


@pytest.mark.parametrize("other", [["--method", "memo"], ["--teacher", "T"]])
def test_rounds_that_would_not_be_trained_are_refused(forest: Path, tmp_path: Path, other: list[str]) -> None:
    result = runner.invoke(app, ["train", str(forest), "--out", str(tmp_path / "run"), "--rounds", "1", *other])
    assert result.exit_code == 2 and "--rounds is for --method rounds or an encoder" in result.output
    assert not (tmp_path / "run").exists()


def test_a_hop_without_an_encoder_is_refused(forest: Path, tmp_path: Path) -> None:
    result = runner.invoke(app, ["train", str(forest), "--out", str(tmp_path / "run"), "--hop", "0.375"])
    assert result.exit_code == 2 and "--hop is for --encoder" in result.output
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("encoder", [[], ["--encoder", "frogs.onnx"]])
def test_a_speed_without_birdnet_is_refused(forest: Path, tmp_path: Path, encoder: list[str]) -> None:
    result = runner.invoke(app, ["train", str(forest), "--out", str(tmp_path / "run"), "--speed", "2", *encoder])
    assert result.exit_code == 2 and "--speed is for --encoder birdnet" in result.output
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("hop", "speeds", "wanted"),
    [
        (None, None, rounds.BIRDNET),
        (0.1875, None, BirdNet(0.1875, speeds=(1.0, 2.0))),
        (None, [0.5], BirdNet(0.1875, speeds=(0.5,))),  # at half the speed no hop is as long as the usual one
        (None, [3.0], BirdNet(0.375, speeds=(3.0,))),
        (0.125, [1.0], BirdNet(0.125)),
    ],
)
def test_birdnet_hears_at_the_speeds_and_hop_that_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, hop: float | None, speeds: list[float] | None, wanted: BirdNet
) -> None:
    monkeypatch.setattr(birdnet, "weights_file", Path)
    assert _encoder("birdnet", rounds.BIRDNET, hop, speeds, 32_000, 5.0, None, "") == wanted


@pytest.mark.parametrize(
    ("speeds", "hop", "wanted"),
    [
        (None, None, rounds.LIGHT_BIRDNET),
        ([2.0], 0.75, rounds.LIGHT_BIRDNET),
        ([2.0], 0.375, BirdNet(0.375, speeds=(2.0,))),
        ([1.0, 2.0], None, BirdNet(0.375, speeds=(1.0, 2.0))),
    ],
)
def test_a_student_hears_birdnet_at_double_speed_alone_unless_asked(
    speeds: list[float] | None, hop: float | None, wanted: BirdNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(birdnet, "weights_file", Path)
    assert _encoder("birdnet", rounds.LIGHT_BIRDNET, hop, speeds, 32_000, 5.0, None, "") == wanted


@pytest.mark.parametrize(("hop", "speeds"), [(0.125, None), (0.0, [0.0]), (None, [1.0, 1.0]), (None, [1.0, 1.3])])
def test_speeds_and_hops_that_cannot_be_are_wrong_command_lines(
    monkeypatch: pytest.MonkeyPatch, hop: float | None, speeds: list[float] | None
) -> None:
    monkeypatch.setattr(birdnet, "weights_file", Path)
    with pytest.raises(typer.BadParameter, match=r"expected .* \(--speed, --hop\)$"):
        _encoder("birdnet", rounds.BIRDNET, hop, speeds, 32_000, 5.0, None, "")


def test_how_many_networks_are_the_detector_is_said_with_finals(forest: Path, tmp_path: Path) -> None:
    small = ["train", str(forest), "--out", str(tmp_path), "--backbone", "test_resnet", "--weights", "none"]
    small += ["--detail", "coarse", "--batch", "2", "--steps", "1", "--repeats", "1"]
    refused = runner.invoke(app, [*small, "--no-student", "--finals", "1"])
    assert refused.exit_code == 2 and "none is trained here" in refused.output
    weights: list[set[bytes]] = []
    for finals in ("0", "1", "2"):  # each goes on from what the one before has trained
        result = runner.invoke(app, [*small, "--finals", finals])
        assert result.exit_code == 0, result.output
        weights.append({path.read_bytes() for path in (tmp_path / "model").glob("weights.*")})
    of_folds, one, two = weights
    assert [len(of_folds), len(one), len(two)] == [2, 1, 2]
    assert one < two and not of_folds & two


@pytest.mark.parametrize("clash", [["--grain", "frames"], ["--method", "memo"], ["--no-student", "--finals", "1"]])
def test_options_that_would_say_nothing_are_usage_errors(forest: Path, tmp_path: Path, clash: list[str]) -> None:
    result = runner.invoke(app, ["train", str(forest), "--out", str(tmp_path), "--encoder", "birdnet", *clash])
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("steps", "words"),
    [(["2,2,2"], "expected one whole number"), (["1,2", "--method", "memo"], "expected three whole numbers")],
)
def test_rounds_take_one_number_of_steps_and_the_memo_three(
    forest: Path, tmp_path: Path, steps: list[str], words: str
) -> None:
    result = runner.invoke(app, ["train", str(forest), "--out", str(tmp_path), "--steps", *steps])
    assert result.exit_code == 1 and words in result.output


# ---- detection over archives ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("tiny")
    tiny_model.write(home / "model")
    archive.many(home / "audio", 4)
    return home


def test_detect_takes_patterns_options_and_shows_where_the_time_went(tiny: Path, tmp_path: Path) -> None:
    command = ["detect", str(tiny / "model"), f"{tiny}/audio/*/*.flac", "--out", str(tmp_path)]
    options = ["--threshold", "0.2", "--keep-scores", "--profile", "--workers", "1", "--merge-gap", "1"]
    result = runner.invoke(app, [*command, *options])
    assert result.exit_code == 0, result.output
    assert "low frog: 4" in result.output and "8.0 s of sound in 4 files = 8.0 s analysed + 0.0 s lost" in result.output
    assert "core seconds" in result.output and (tmp_path / "scores.parquet").is_file()
    again = runner.invoke(app, [*command, *options[2:]])
    assert again.exit_code == 1
    assert "rule.threshold: 0.2 before, 0.3 now" in again.output
    restarted = runner.invoke(app, [*command, "--restart", "--json", "--workers", "1"])
    assert json.loads(restarted.stdout)["recordings"] == 4


def test_detections_that_kept_their_scores_are_blended_without_a_submission(tiny: Path, tmp_path: Path) -> None:
    package.write(replace(tiny_model.write(tmp_path / "model"), top_s=1.0))
    one, two, both, sample = (tmp_path / name for name in ("one", "two", "both", "sample.csv"))
    command = ["detect", str(tmp_path / "model"), str(tiny / "audio"), "--workers", "1", "--keep-scores", "--out"]
    for out in (one, two):
        assert runner.invoke(app, [*command, str(out)]).exit_code == 3  # of one file that is broken
    result = runner.invoke(app, ["blend", str(one), str(two), "--out", str(both)])
    assert result.exit_code == 0, result.output
    sample.write_bytes((both / "submission.csv").read_bytes())
    assert runner.invoke(app, [*command, str(one), "--submission", str(sample)]).exit_code == 3
    told, blended = (np.loadtxt(out / "submission.csv", str, delimiter=",", skiprows=1) for out in (one, both))
    assert (told[:, 0] == blended[:, 0]).all() and len(told) == 4
    np.testing.assert_allclose(told[:, 1:].astype(float), blended[:, 1:].astype(float), atol=6e-4)


def test_shards_are_merged(tiny: Path, tmp_path: Path) -> None:
    for shard in ("1/2", "2/2"):
        command = ["detect", str(tiny / "model"), str(tiny / "audio"), "--out", str(tmp_path), "--shard", shard]
        assert runner.invoke(app, [*command, "--workers", "1"]).exit_code in (0, 3)
    merged = runner.invoke(app, ["merge", str(tiny / "model"), str(tmp_path), "--json"])
    assert merged.exit_code == 3, merged.output
    assert json.loads(merged.stdout)["recordings"] == 4
    assert (tmp_path / "detections.csv").is_file()


def test_strict_minds_lost_sound(tiny: Path, tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", archive.bursts(2, 0.5), archive.RATE_HZ)
    sounds.cut(path, 20_000)
    command = ["detect", str(tiny / "model"), str(path), "--workers", "1"]
    assert runner.invoke(app, [*command, "--out", str(tmp_path / "a")]).exit_code == 0
    assert runner.invoke(app, [*command, "--out", str(tmp_path / "b"), "--strict"]).exit_code == 3


@pytest.mark.parametrize("wrong", [["--threshold", "2"], ["--threshold", "x"], ["--channel", "0"], ["--channel", "x"]])
def test_options_out_of_range_are_usage_errors(tiny: Path, tmp_path: Path, wrong: list[str]) -> None:
    result = runner.invoke(app, ["detect", str(tiny / "model"), str(tiny), "--out", str(tmp_path), *wrong])
    assert result.exit_code == 2


def test_the_thresholds_of_a_model_are_used_when_it_has_some(tiny: Path, tmp_path: Path) -> None:
    command = ["detect", str(tiny / "model"), str(tiny / "audio"), "--out", str(tmp_path), "--threshold", "model"]
    result = runner.invoke(app, command)
    assert result.exit_code == 1
    assert "no thresholds.csv beside the model; give --threshold a number" in result.output


def rows(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((out / "detections.csv").read_text(encoding="utf-8").splitlines()))


def test_the_thresholds_that_verdicts_gave_are_used_for_their_own_model(tiny: Path, tmp_path: Path) -> None:
    model = package.read(tiny / "model")
    command = ["detect", str(tiny / "model"), str(tiny / "audio"), "--threshold"]
    runner.invoke(app, [*command, "0.01", "--out", str(tmp_path / "all")])
    found = rows(tmp_path / "all")
    lowest = sorted(float(one["score"]) for one in found if one["species_id"] == "0")[1]
    table = tmp_path / "thresholds.csv"
    just_below = lowest - 1e-6  # the table rounds
    table.write_text(f"species_id,threshold,model_hash\n0,{just_below},{model.hash}\n", encoding="utf-8")
    result = runner.invoke(app, [*command, str(table), "--out", str(tmp_path / "some")])
    assert result.exit_code in (0, 3), result.output
    wanted = [one for one in found if one["species_id"] == "0" and float(one["score"]) >= lowest]
    assert wanted and rows(tmp_path / "some") == wanted and len(wanted) < len(found)
    table.write_text("species_id,threshold,model_hash\n0,0.5,other\n", encoding="utf-8")
    result = runner.invoke(app, [*command, str(table), "--out", str(tmp_path / "none")])
    assert result.exit_code == 1 and "another model's" in result.output.replace("\n", " ")


def test_check_tells_every_fault_and_the_hours_without_a_model(tiny: Path, tmp_path: Path) -> None:
    sounds.cut(sounds.write_wav(tmp_path / "cut.wav", archive.bursts(2, 0.5), archive.RATE_HZ), 20_000)
    result = runner.invoke(app, ["check", str(tiny / "audio"), str(tmp_path)])
    assert result.exit_code == 3
    assert "broken.wav: not_audio" in result.output and "cut.wav: truncated" in result.output
    assert "6 files, 0.00 h that can be heard; 2 files with faults" in result.output
    told = json.loads(runner.invoke(app, ["check", str(tmp_path), "--json"]).stdout)
    (fault,) = told["faults"]
    assert (told["files"], told["failed"], fault["code"], fault["lost_s"]) == (
        1,
        0,
        "truncated",
        pytest.approx(0.753, abs=0.01),
    )


def test_the_options_of_the_page_on_detection_are_those_of_the_command() -> None:
    page = (Path(__file__).parents[1] / "docs" / "detection.md").read_text(encoding="utf-8")
    told = {word.strip("`|,") for line in page.splitlines() if line.startswith("| `--") for word in line.split()[:9]}
    help_text = runner.invoke(app, ["detect", "--help"], env={"COLUMNS": "200"}).output
    options = {word for word in told if word.startswith("--")}
    assert len(options) >= 11
    assert all(option in help_text for option in options)


def test_what_was_learnt_without_annotations_is_trained_on(forest: Path, tmp_path: Path) -> None:
    network = ["--backbone", "test_resnet", "--detail", "coarse", "--batch", "2"]
    learnt, out = tmp_path / "learnt", tmp_path / "run"
    command = ["pretrain", str(forest), "--out", str(learnt), "--weights", "none", "--steps", "2", *network]
    result = runner.invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "8 recordings; initial weights: none" in result.output and "2 steps, loss " in result.output
    train = ["train", str(forest), "--out", str(out), "--weights", str(learnt), "--steps", "1", *network]
    result = runner.invoke(app, train)
    assert result.exit_code == 0, result.output
    assert "heard 8 recordings without annotations" in result.output
    finer = [*train, "--detail", "memo", "--out", str(tmp_path / "finer")]
    result = runner.invoke(app, finer)
    assert result.exit_code == 1 and "hop 1024, here 512" in result.output
    assert not (tmp_path / "finer").exists()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["pretrain", "nowhere", "--weights", "none", "--out", "x"], "nowhere: no such file or folder"),
        (["pretrain", ".", "--weights", "gone.safetensors", "--out", "x"], "gone.safetensors: no such file"),
        (["pretrain", ".", "--backbone", "resnet", "--weights", "none", "--out", "x"], "no network 'resnet'"),
        (["train", ".", "--weights", ".", "--out", "x"], "weights.safetensors: no such file"),
    ],
)
def test_pretraining_that_cannot_begin_says_why(
    command: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sounds.write_wav(tmp_path / "train" / "a.wav", sounds.noise(2.0))
    (tmp_path / "train_tp.csv").touch()
    result = runner.invoke(app, command)
    assert result.exit_code == 1, result.output
    assert words in result.output and "Traceback" not in result.output
    assert not Path("x").exists()


# ---- help, versions, exit codes ------------------------------------------------------------------------------


def commands() -> Iterator[tuple[list[str], Any]]:
    """Every command as it is typed, with what typer makes of it."""
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        yield from [([name, one], its) for one, its in inner.items()] if inner else [([name], command)]


COMMANDS = dict((" ".join(typed), command) for typed, command in commands())


def test_alone_it_shows_where_to_begin() -> None:
    alone = runner.invoke(app, [])
    assert alone.exit_code == 0
    for words in ("Where to begin:", "dawnchorus demo", "Exit codes: 0 done", "130 stopped with Ctrl+C"):
        assert words in alone.output


def test_the_version_is_told() -> None:
    result = runner.invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"dawnchorus {dawnchorus.__version__}\n")


def test_it_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "dawnchorus", "trian"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Try 'dawnchorus -h'" in done.stderr and "No such command 'trian'. Did you mean 'train'" in done.stderr


def test_every_command_has_its_place_in_the_help() -> None:
    assert {name.split()[0] for name in COMMANDS} == {name for names in GROUPS.values() for name in names}
    page = runner.invoke(app, ["-h"]).output
    assert all(f"{heading}:\n" in page for heading in GROUPS) and "...\n" not in page.partition("Begin:")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_option_is_explained_and_the_examples_can_be_typed(name: str) -> None:
    help_text = runner.invoke(app, [*name.split(), "-h"], env={"COLUMNS": "200"}).output
    assert help_text.startswith("Usage: ") and "Examples:" in help_text
    command = COMMANDS[name]
    assert not [one.name for one in command.params if one.name != "help" and not one.help]
    lines = [
        line.split() for line in help_text.splitlines() if line.startswith("  dawnchorus ") or " dawnchorus " in line
    ]
    examples = [words[1:] for words in lines if words[0] == "dawnchorus"]
    assert examples
    for words in examples:
        typed = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS else words[0]
        known = {option for one in COMMANDS[typed].params for option in one.opts}
        assert {word for word in words if word.startswith("--")} <= known, words


def test_ctrl_c_says_that_the_same_command_goes_on(
    forest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dawnchorus.dataset.load", stopped)
    result = runner.invoke(app, ["train", str(forest), "--out", str(tmp_path / "run"), "--weights", "none"])
    assert result.exit_code == 130
    assert "stopped; what is done is kept, and the same command goes on from there" in result.output
    monkeypatch.setattr("dawnchorus.convert.convert", stopped)
    result = runner.invoke(app, ["convert", str(forest), str(tmp_path / "x.csv")])
    assert result.exit_code == 130 and result.output == "dawnchorus: stopped\n"


def test_a_student_has_frames_anyway(tmp_path):
    words = ["train", str(tmp_path), "--out", str(tmp_path / "run"), "--teacher", str(tmp_path), "--grain", "frames"]
    result = runner.invoke(app, words)
    assert result.exit_code == 2 and "leave --grain out" in " ".join(result.output.replace("│", " ").split())
