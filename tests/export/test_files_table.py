"""The table of the files of a run comes back as it was written, whatever is in its names."""

from pathlib import Path

from dawnchorus.export import files_table
from dawnchorus.export.files_table import FileRow
from dawnchorus.recorders.origin import Origin


def test_names_that_a_spreadsheet_would_run_are_harmless_and_come_back_as_they_were(tmp_path: Path) -> None:
    row = FileRow("=1+1", "-2.wav", Origin("@site", None), 1.0)
    files_table.write(tmp_path / "files.csv", [row])
    assert "'=1+1,'-2.wav,'@site" in (tmp_path / "files.csv").read_text(encoding="utf-8")
    (read,) = files_table.read(tmp_path / "files.csv")
    assert (read.key, read.name, read.origin.site) == ("=1+1", "-2.wav", "@site")
