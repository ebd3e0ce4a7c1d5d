"""Where sound lies is told in one place, by names alone."""

from pathlib import Path

import pytest

from dawnchorus.audio.extensions import audio_folder


@pytest.mark.parametrize(
    ("there", "where"), [((), "."), (("audio",), "audio"), (("audio", "train"), "train"), (("test",), ".")]
)
def test_the_recordings_of_a_data_set_lie_in_train_else_in_audio_else_right_there(
    tmp_path: Path, there: tuple[str, ...], where: str
) -> None:
    for name in there:
        (tmp_path / name).mkdir()
    assert audio_folder(tmp_path) == tmp_path / where
