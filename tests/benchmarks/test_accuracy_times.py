import importlib
import sys
from pathlib import Path

import pytest

from dawnchorus.files import write_json

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))  # as scripts, which import each other
try:
    accuracy, accuracy_times = (importlib.import_module(name) for name in ("accuracy", "accuracy_times"))
finally:
    sys.path.pop(0)


def test_times_stand_beside_the_predictions_and_in_the_line_of_their_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json(tmp_path / "run" / "run.json", {"seconds": {"features_s": 10.0, "total_s": 100.0}})
    monkeypatch.setattr(accuracy_times, "heard", lambda model, audio: (2.0, 60.0, 30.0))
    said = tmp_path / "said" / "seed-0"
    said.mkdir(parents=True)
    monkeypatch.setattr("sys.argv", ["accuracy_times.py", str(tmp_path / "b"), f"{tmp_path / 'run'}={said}"])
    accuracy_times.main()
    system = accuracy.System("ours", {0: said, 1: tmp_path / "said" / "seed-1"}, ours=True)
    figures = [system.result(name) for name in ("training_s", "hours_a_minute", "hours_a_core_minute")]
    assert figures == [100.0, 2.0, 4.0]


def test_cpu_of_what_ran_is_counted() -> None:
    before_s = accuracy_times.cpu_of_children_s()
    accuracy_times.subprocess.run([accuracy_times.sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    assert accuracy_times.cpu_of_children_s() > before_s
