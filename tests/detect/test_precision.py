"""The numbers that networks are computed in: what is chosen, and what is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import dawnchorus
import sounds
from dawnchorus import package
from dawnchorus.detect import precision
from dawnchorus.detect.ledger import LedgerError
from dawnchorus.detect.precision import Loss, Quantised, chosen
from dawnchorus.detect.run import Wanted, run
from dawnchorus.files import content_hash
from dawnchorus.offline import openvino
from detect import archive, tiny_model


@pytest.fixture
def model(tmp_path: Path) -> package.ModelPackage:
    return tiny_model.write(tmp_path / "model")


def quantised(model: package.ModelPackage, loss: Loss | None = None) -> Quantised:
    """The tiny model as a file of OpenVINO's in place of its integers."""
    openvino().save_model(openvino().Core().read_model(model.model_paths[0]), model.folder / "model.0.int8.xml")
    names = ("model.0.int8.xml", "model.0.int8.bin")
    hashes = {name: content_hash(model.folder / name) for name in names}
    made = Quantised(model.hash, names[:1], hashes, 8, "a test", loss)
    precision.write(model.folder, made)
    return made


def losing(cmap: float) -> Loss:
    return Loss(0.8, 0.8 - cmap, 40, 2, "truth.csv")


def test_without_a_wish_it_is_what_the_processor_has(model: package.ModelPackage, monkeypatch) -> None:
    for has, expected in (("f32", "f32"), ("bf16", "bf16")):
        monkeypatch.setattr(precision, "native", lambda has=has: has)
        assert chosen(model) == expected
        assert chosen(model, "f32") == "f32" and chosen(model, "bf16") == "bf16"


def test_int8_is_refused_until_its_loss_is_known_and_small(model: package.ModelPackage) -> None:
    for force in (False, True):
        with pytest.raises(ValueError, match="make them with dawnchorus quantise"):
            chosen(model, "int8", force)
    for loss, said in ((None, "nobody measured"), (losing(0.011), "costs 0.0110 of cmAP")):
        quantised(model, loss)
        with pytest.raises(ValueError, match=said):
            chosen(model, "int8")
        assert chosen(model, "int8", force=True) == "int8"
    for cmap in (0.009, -0.02):
        quantised(model, losing(cmap))
        assert chosen(model, "int8") == "int8"


def test_what_is_written_is_read_and_damage_is_told(model: package.ModelPackage, tmp_path: Path) -> None:
    assert precision.read(model) is None
    made = quantised(model, losing(0.005))
    assert precision.read(model) == made
    other = tmp_path / "other"
    shutil.copytree(model.folder, other)
    (other / "model.0.int8.bin").write_bytes(b"")
    with pytest.raises(package.PackageError, match=r"model\.0\.int8\.bin: missing, or not what"):
        precision.read(package.read(other))
    of_another = tiny_model.write(tmp_path / "another", seed=1)
    shutil.copy(model.folder / precision.RECORD, of_another.folder)
    with pytest.raises(package.PackageError, match="of another model"):
        precision.read(of_another)
    record = json.loads((model.folder / precision.RECORD).read_text())
    for change in ({"models": ["../x.xml"]}, {"windows": 1, "more": 2}):
        (other / precision.RECORD).write_text(json.dumps(record | change))
        with pytest.raises(package.PackageError, match=r"models must be files|not a complete"):
            precision.read(package.read(other))


def test_scores_in_every_precision_say_the_same_of_a_file(model: package.ModelPackage, tmp_path: Path) -> None:
    quantised(model, losing(0.0))
    path = sounds.write_flac(tmp_path / "dawn.flac", archive.bursts(6, 1.0, 4.0), archive.RATE_HZ)
    said = {name: dawnchorus.load(model.folder, name).scores(path).values for name in precision.PRECISIONS}
    np.testing.assert_allclose(said["int8"], said["f32"], atol=5e-3)  # OpenVINO stores floats in 16 bits
    np.testing.assert_allclose(said["bf16"], said["f32"], atol=0.05)


def test_a_run_does_not_go_on_in_another_precision(model: package.ModelPackage, tmp_path: Path) -> None:
    archive.many(tmp_path / "audio", 2)
    wanted = Wanted(model.folder, (tmp_path / "audio",), tmp_path / "out", workers=1, precision="f32")
    run(wanted)
    run(wanted)
    with pytest.raises(LedgerError, match="precision"):
        run(replace(wanted, precision="bf16"))
    run(replace(wanted, precision="bf16", restart=True))
    quantised(model, losing(0.5))
    with pytest.raises(ValueError, match="--force"):
        run(replace(wanted, precision="int8", restart=True))
    assert run(replace(wanted, precision="int8", restart=True, force=True)).detected.heard == 2
