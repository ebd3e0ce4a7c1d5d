"""The wheel, installed alone in an empty environment: what a person gets who types `pip install dawnchorus`."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "dawnchorus"


def run(*command: str | Path, expect: int = 0) -> str:
    """Everything that a command prints, far from this checkout's settings; fails on another exit code."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    wide = {"COLUMNS": "400", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [str(part) for part in command],
        env=clean | wide,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=1200,
    )
    assert done.returncode == expect, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment that holds the wheel and what it asks for, no extra."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True)
    folder = home / ("Scripts" if os.name == "nt" else "bin")
    run(folder / "python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", wheel)
    return folder


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    ours = {path.relative_to(PACKAGE.parent).as_posix() for path in PACKAGE.rglob("*") if path.is_file()}
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in ours if "__pycache__" not in name} <= inside
    assert "dawnchorus/py.typed" in inside
    assert any(name.endswith("/licenses/LICENSE") for name in inside)


def test_the_base_install_has_no_torch(scripts: Path) -> None:
    run(scripts / "python", "-c", "import importlib.util as u; assert u.find_spec('torch') is None")


def test_help(scripts: Path) -> None:
    said = run(scripts / "dawnchorus", "--help")
    assert all(command in said for command in ("simulate", "train", "evaluate", "detect", "info"))


def test_simulates_and_says_how_to_get_training(scripts: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    run(scripts / "dawnchorus", "simulate", data, "--recordings", "2", "--species", "2")
    assert list(data.rglob("train_tp.csv")) and list(data.rglob("train_fp.csv"))

    said = run(scripts / "dawnchorus", "train", data, "--out", tmp_path / "run", expect=1)
    assert 'pip install "dawnchorus[train]"' in said
    assert "Traceback" not in said
    assert len(re.findall(r"[.!?](?=\s|$)", said.strip())) <= 1, f"more than one sentence: {said}"
