from __future__ import annotations

from dawnchorus.annotations import formats
from dawnchorus.annotations.marks import ABSENT, UNSEEN, Mark
from dawnchorus.export import rfcx


def test_a_folder_that_train_reads_and_that_is_read_again(tmp_path) -> None:
    said = [
        Mark("SD1/a", "toad", 1.0, 2.0, 100.0, 200.0, song_type="4"),
        Mark("SD1/a", "=frog", 1e-9, 2.0, said=ABSENT),
        Mark("SD1/a", "bird", 1.0, 2.0, said=UNSEEN, score=0.5),
    ]
    lost = rfcx.write(tmp_path, said)
    assert lost == {"were not looked at: left out": 1}
    assert (tmp_path / "species.csv").read_text() == "species_id,name\n0,'=frog\n1,toad\n"
    assert "e-" not in (tmp_path / "train_fp.csv").read_text()
    assert formats.read(tmp_path).marks == said[:2]


def test_song_types_with_names_are_numbered_and_counted(tmp_path) -> None:
    lost = rfcx.write(tmp_path, [Mark("a", "frog", 1.0, 2.0, song_type=kind) for kind in ("Call", "Song")])
    assert lost == {"have a number in place of their song types' names": 2}
    assert [one.song_type for one in formats.read(tmp_path).marks] == ["", "2"]
