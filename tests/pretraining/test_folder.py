from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import save_file

from dawnchorus.features import FrontEnd, frozen_settings
from dawnchorus.files import content_hash, write_json
from dawnchorus.networks.backbones import Backbone, WeightsError
from dawnchorus.pretraining import folder

TINY = Backbone("test_resnet", "none")
FRONT_END = FrontEnd(hop=1024, n_mels=64)


@pytest.fixture
def learnt(tmp_path: Path) -> Path:
    save_file(TINY.build(64, 64).network.state_dict(), tmp_path / folder.WEIGHTS)
    origin = {"front_end": frozen_settings(FRONT_END)}
    write_json(tmp_path / folder.RECORD, {"origin": origin, "weights": content_hash(tmp_path / folder.WEIGHTS)})
    return tmp_path


def test_a_folder_stands_for_the_weights_in_it(learnt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder.resolved(str(learnt)) == str(learnt / "weights.safetensors")
    assert folder.resolved("some.safetensors") == "some.safetensors"
    monkeypatch.chdir(learnt)
    (learnt / "lite").mkdir()
    assert folder.resolved("lite") == "lite", "a folder of that name doesn't hide the weights of that name"


def test_weights_that_suit_are_let_through(learnt: Path) -> None:
    backbone = replace(TINY, weights=str(learnt / folder.WEIGHTS))
    record = folder.check(backbone, FRONT_END)
    assert record is not None and record["origin"]["front_end"] == frozen_settings(FRONT_END)
    assert folder.check(TINY, FRONT_END) is None
    (learnt / folder.RECORD).unlink()
    assert folder.check(backbone, FrontEnd()) is None, "without a record nothing is known of its spectrograms"


def test_a_record_of_other_weights_says_nothing(learnt: Path) -> None:
    save_file(TINY.build(64, 64).network.state_dict(), learnt / folder.WEIGHTS)
    assert folder.record_beside(learnt / folder.WEIGHTS) is None


def test_weights_of_other_spectrograms_are_refused(learnt: Path) -> None:
    backbone = replace(TINY, weights=str(learnt / folder.WEIGHTS))
    with pytest.raises(WeightsError, match=r"hop 1024, here 512; n_mels 64, here 128\); pretrain again"):
        folder.check(backbone, FrontEnd())


@pytest.mark.parametrize(
    ("name", "words"),
    [("none at all", "no such file"), ("broken.safetensors", "no weights can be read"), ("weights.pt", "safetensors")],
)
def test_what_is_no_weights_is_refused_by_name(tmp_path: Path, name: str, words: str) -> None:
    if "." in name:
        (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(WeightsError, match=words) as error:
        folder.check(replace(TINY, weights=str(tmp_path / name)), FRONT_END)
    assert name in str(error.value)


def test_weights_of_another_network_are_refused(learnt: Path) -> None:
    with pytest.raises(WeightsError, match="of resnet18|do not fit resnet18"):
        folder.check(Backbone("resnet18", str(learnt / folder.WEIGHTS)), FRONT_END)
