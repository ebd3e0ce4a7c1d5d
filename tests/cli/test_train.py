"""The command `train` on tables of other programs."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from dawnchorus.annotations import rfcx, species
from dawnchorus.cli import app
from dawnchorus.run_folder import RunFolder

SMALL = ["--backbone", "test_resnet", "--weights", "none", "--detail", "coarse", "--steps", "1", "--repeats", "1",
         "--batch", "2"]  # fmt: skip
HEADER = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tSpecies\n"


def test_a_folder_of_raven_tables_leaves_a_run_with_their_boxes(forest: Path, tmp_path: Path) -> None:
    truth, _ = rfcx.read(forest / "truth" / "train.csv", present=True)
    names = [one.name for one in species.read(forest / "species.csv")]
    for sound in (forest / "train").iterdir():
        rows = [
            f"{n}\tSpectrogram 1\t1\t{one.start_s}\t{one.end_s}\t{one.low_hz}\t{one.high_hz}\t{names[one.species]}\n"
            for n, one in enumerate([one for one in truth if one.recording == sound.stem], 1)
        ]
        table = tmp_path / "raven" / f"{sound.stem}.Table.1.selections.txt"
        table.parent.mkdir(exist_ok=True)
        table.write_text(HEADER + "".join(rows))
    out = tmp_path / "run"
    words = ["train", str(forest), "--out", str(out), "--annotations", str(tmp_path / "raven"), *SMALL]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    boxes = RunFolder(out).annotations
    assert {(box.recording, box.species, box.start_s, box.end_s, box.low_hz, box.high_hz) for box in boxes} == {
        (box.recording, box.species, box.start_s, box.end_s, box.low_hz, box.high_hz) for box in truth
    }
    assert len(boxes) == len(truth) > 0 and all(box.present for box in boxes)
    assert (out / "scores.json").is_file()
