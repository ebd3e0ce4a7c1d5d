import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import sounds
from detect import archive, tiny_model

HOME = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def speed():  # type: ignore[no-untyped-def]
    """The benchmark, which imports what lies beside it as scripts do."""
    sys.path.insert(0, str(HOME / "benchmarks"))
    try:
        return importlib.import_module("detect_speed")
    finally:
        sys.path.pop(0)


def test_ratios_are_of_pairs_and_turns_go_forwards_and_backwards(speed) -> None:  # type: ignore[no-untyped-def]
    assert speed.ratios([10, 30], [5, 10]) == [2, 3]
    assert list(speed.turns(["peer", "f32", "bf16"], 3)) == [
        ["peer", "f32", "bf16"],
        ["bf16", "f32", "peer"],
        ["peer", "f32", "bf16"],
    ]


def test_a_row_has_the_median_and_the_range_and_fills_its_place(speed, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rows = [speed.row("f32: times", "x", [2.5, 2.1, 2.4], ">= 2.3"), speed.row("memory", "MiB", [250.0])]
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{speed.BEGIN}\nold\n{speed.END}\nafter\n")
    speed.write_docs(tmp_path, rows, "a note")
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text and "a note" in text
    assert "| f32: times | 2.40 x | 2.10 to 2.50 | >= 2.3 |" in text
    assert "| memory | 250 MiB |  |  |" in text
    assert (tmp_path / "performance" / "speed.csv").read_text().splitlines()[1] == "f32: times,x,2.4,2.1,2.5,>= 2.3"
    with pytest.raises(ValueError, match="no place for the table"):
        speed.filled("a page without marks", "")


def test_minutes_are_cut_from_recordings_and_come_again_turned_round(speed, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    source = tmp_path / "source"
    source.mkdir()
    noise = np.random.default_rng(0).integers(-9000, 9000, 100 * 8000).astype(np.int16)
    soundfile.write(source / "a.wav", noise, 8000)
    speed.minutes(source, tmp_path / "minutes", 2)
    first, second = (soundfile.read(path, dtype="int16") for path in sorted((tmp_path / "minutes").iterdir()))
    assert first[1] == speed.RATE_HZ and len(first[0]) == 60 * speed.RATE_HZ
    assert np.array_equal(np.roll(first[0], 7 * speed.RATE_HZ), second[0])
    assert len(list(speed.repeated(tmp_path / "minutes", tmp_path / "many", 3).iterdir())) == 6


def test_the_page_has_a_place_for_the_table(speed) -> None:  # type: ignore[no-untyped-def]
    page = (HOME / "docs" / "performance.md").read_text(encoding="utf-8")
    assert speed.filled(page, "x") != page


@pytest.mark.parametrize("name", ["detect_speed", "start_cost"])
def test_processes_whose_start_and_memory_are_measured_have_no_torch(name: str) -> None:
    code = f"import sys; sys.path.insert(0, {str(HOME / 'benchmarks')!r}); import {name}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "openvino"} & set(done.stdout.split())


@pytest.mark.skipif(sys.platform != "linux", reason="a peak of one process is told by Linux alone")
def test_memory_is_that_of_a_worker_and_not_of_who_asks(speed, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    tiny_model.write(tmp_path / "model")
    path = sounds.write_wav(tmp_path / "a.wav", archive.bursts(2.0, 0.5), archive.RATE_HZ)
    filled = np.ones(1 << 27, np.float32)  # half a GiB
    assert 50 < speed.memory(tmp_path / "model", path) < 500
    del filled


def test_every_step_of_a_start_is_counted(tmp_path: Path) -> None:
    tiny_model.write(tmp_path / "model")
    command = [sys.executable, str(HOME / "benchmarks" / "start_cost.py"), "--model", str(tmp_path / "model")]
    done = subprocess.run([*command, "--rounds", "1"], capture_output=True, text=True, check=True)
    rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert len(rows) == 2 * 3 + 8 + 9
    assert all(float(row.split("|")[2]) >= 0 for row in rows if "core-ms" not in row and "---" not in row)
