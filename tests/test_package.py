from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dawnchorus import package as packages
from dawnchorus.encoders.birdnet import BirdNet
from dawnchorus.events import Species
from dawnchorus.features import FrontEnd
from dawnchorus.files import read_json, write_json
from dawnchorus.package import ModelPackage, PackageError
from dawnchorus.pcen import Pcen
from dawnchorus.windows import SlidingWindows


def written(folder: Path) -> ModelPackage:
    """A package of two networks whose files are not real; nothing here runs them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("model.0.onnx", "model.1.onnx", "card.md"):
        (folder / name).write_bytes(name.encode() * 10)
    made = ModelPackage(
        folder,
        "forest",
        FrontEnd(hop=1024, n_mels=64),
        SlidingWindows(128, 16),
        16,
        (Species(0, "frog"), Species(1, "Pájaro 鳥")),
        ((200.0, 900.5), (0.0, 0.0)),
        ("model.0.onnx", "model.1.onnx"),
        {"experiment": "lite", "seed": 7},
        typical_s=(0.25, 1.5),
    )
    packages.write(made)
    return made


def edited(folder: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    """Write a package, and write over its package.json."""
    written(folder)
    content = read_json(folder / "package.json")
    edit(content)
    write_json(folder / "package.json", content)
    return folder


def test_what_is_read_is_what_was_written(tmp_path):
    made = written(tmp_path / "model")
    assert packages.read(tmp_path / "model") == made
    assert made.model_paths == [tmp_path / "model" / "model.0.onnx", tmp_path / "model" / "model.1.onnx"]


def test_a_package_that_hears_pcen_is_read_back(tmp_path):
    made = replace(written(tmp_path / "model"), front_end=FrontEnd(pcen=Pcen(seconds=0.1)))
    packages.write(made)
    assert packages.read(tmp_path / "model") == made


def test_a_package_on_birdnet_is_read_back_and_an_older_one_hears_at_one_speed(tmp_path):
    made = replace(written(tmp_path / "model"), front_end=BirdNet(0.1875, speeds=(1.0, 2.0)))
    packages.write(made)
    assert packages.read(tmp_path / "model") == made
    content = read_json(tmp_path / "model" / "package.json")
    del content["front_end"]["speeds"]
    write_json(tmp_path / "model" / "package.json", content)
    assert packages.read(tmp_path / "model").front_end == BirdNet(0.1875)


def test_an_older_package_says_nothing_of_how_long_calls_last(tmp_path):
    read = packages.read(edited(tmp_path, lambda content: content.pop("typical_s")))
    assert read == replace(written(tmp_path), typical_s=())


def test_a_package_may_be_moved(tmp_path):
    made = written(tmp_path / "model")
    (tmp_path / "model").rename(tmp_path / "elsewhere")
    assert packages.read(tmp_path / "elsewhere") == replace(made, folder=tmp_path / "elsewhere")


def test_writing_again_gives_the_same_package(tmp_path):
    packages.write(written(tmp_path))
    assert "package.json" not in read_json(tmp_path / "package.json")["files"]
    packages.read(tmp_path)


def test_a_folder_that_is_no_package_is_refused(tmp_path):
    with pytest.raises(PackageError, match=r"no package.json here; expected a model folder such as RUN/model"):
        packages.read(tmp_path)


def test_another_schema_is_refused(tmp_path):
    with pytest.raises(PackageError, match=r"package.json: schema 99; this version of dawnchorus reads schema 2"):
        packages.read(edited(tmp_path, lambda content: content.update(schema=99)))


@pytest.mark.parametrize("name", ["model.1.onnx", "card.md"])
def test_a_file_that_is_gone_is_named(tmp_path, name):
    written(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(PackageError, match=f"{name}: missing; package.json names it"):
        packages.read(tmp_path)


def test_an_altered_model_is_refused_and_an_altered_card_is_not(tmp_path):
    made = written(tmp_path)
    (tmp_path / "card.md").write_text("better words")
    assert packages.read(tmp_path) == made
    (tmp_path / "model.1.onnx").write_bytes(b"another network")
    with pytest.raises(PackageError, match=r"model.1.onnx: its content is not what package.json was written with"):
        packages.read(tmp_path)


def test_a_model_is_hashed_once(tmp_path, monkeypatch):
    made = written(tmp_path)
    hash_of, hashed = packages.content_hash, []
    monkeypatch.setattr(packages, "content_hash", lambda path: hashed.append(path.name) or hash_of(path))
    read = packages.read(tmp_path)
    assert read.hash == made.hash
    assert hashed == [*read.models, *made.models]  # by `read`; and of what was not read from a folder


def test_a_model_without_a_hash_is_refused(tmp_path):
    with pytest.raises(PackageError, match=r"model.1.onnx: its content is not"):
        packages.read(edited(tmp_path, lambda content: content["files"].pop("model.1.onnx")))


@pytest.mark.parametrize("name", ["../outside.onnx", "sub/model.onnx", "/etc/hosts", "..", ".", "", "../model/a.onnx"])
@pytest.mark.parametrize("where", ["models", "files"])
def test_nothing_outside_the_folder_is_opened(tmp_path, monkeypatch, name, where):
    (tmp_path / "outside.onnx").write_bytes(b"x")

    def edit(content: dict[str, Any]) -> None:
        if where == "models":
            content["models"] = [name]
        content["files"][name] = "0" * 32

    folder = edited(tmp_path / "model", edit)
    opened = []
    monkeypatch.setattr(packages, "content_hash", lambda path: opened.append(path.resolve()) or "")
    with pytest.raises(PackageError):
        packages.read(folder)
    assert all(path.parent == folder.resolve() for path in opened)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda content: content.pop("species"), "KeyError: 'species'"),
        (lambda content: content["front_end"].update(colour="red"), "colour"),
        (lambda content: content["front_end"].update(high_hz=1e9), "do not fit a rate"),
        (lambda content: content["windows"].update(overlap=500), "overlap 500"),
        (lambda content: content.update(columns_per_frame="many"), "many"),
        (lambda content: content.update(models=[]), "models must be files in the package folder"),
        (lambda content: content["bands_hz"].pop(), "1 bands for 2 species"),
        (lambda content: content["typical_s"].pop(), r"typical_s is \[0.25\]; expected seconds above 0 of 2 species"),
        (lambda content: content.update(typical_s=[0.25, 0]), r"typical_s is \[0.25, 0.0\]"),
    ],
)
def test_an_incomplete_package_says_what_is_wrong(tmp_path, edit, said):
    with pytest.raises(PackageError, match=said):
        packages.read(edited(tmp_path, edit))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"schema"', "null"])
def test_what_is_no_package_json_is_refused(tmp_path, text):
    written(tmp_path)
    (tmp_path / "package.json").write_text(text)
    with pytest.raises(PackageError, match="not a complete package.json"):
        packages.read(tmp_path)


def test_a_package_is_described_in_words(tmp_path):
    words = packages.describe(written(tmp_path))
    assert words["networks averaged"] == "2"
    assert words["species"] == "frog, Pájaro 鳥"
    assert words["window"] == "4.10 s, frames of 0.512 s"
    assert words["seed"] == "7"
