from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dawnchorus.events import Detection, Species
from dawnchorus.export import csv_table
from dawnchorus.recorders import origin, zones
from dawnchorus.recorders.origin import Origin

SPECIES = [Species(0, "frog"), Species(1, 'Ave, "azul" 鳥')]
HEADER = [
    "recording_id", "species_id", "species", "t_min", "t_max", "f_min", "f_max", "score", "channel",
    "site", "time_utc", "time_local", "latitude", "longitude", "spread",
]  # fmt: skip
NOWHERE = [""] * 5


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_without_detections_there_is_the_header(tmp_path):
    assert csv_table.write(tmp_path / "deep" / "d.csv", [], SPECIES) == 0
    assert rows(tmp_path / "deep" / "d.csv") == [HEADER]


def test_a_detection_is_a_row_of_seconds_and_hertz(tmp_path):
    found = iter(
        [
            Detection("a/b", 1, 1.23456, 60.0, 0.98765432, 200.25, 8000.0),
            Detection("c", 0, 0.0, 0.512, 0.05, channel=3, spread=0.25),
        ]
    )
    assert csv_table.write(tmp_path / "d.csv", found, SPECIES) == 2
    assert rows(tmp_path / "d.csv")[1:] == [
        ["a/b", "1", 'Ave, "azul" 鳥', "1.235", "60.000", "200.2", "8000.0", "0.987654", "0", *NOWHERE, "0.000000"],
        ["c", "0", "frog", "0.000", "0.512", "0.0", "0.0", "0.050000", "3", *NOWHERE, "0.250000"],
    ]
    assert b"\r" not in (tmp_path / "d.csv").read_bytes()


def test_a_failure_leaves_the_old_table(tmp_path):
    csv_table.write(tmp_path / "d.csv", [], SPECIES)
    with pytest.raises(IndexError):
        csv_table.write(tmp_path / "d.csv", [Detection("a", 7, 0, 1, 0.5)], SPECIES)
    assert rows(tmp_path / "d.csv") == [HEADER]
    assert [path.name for path in tmp_path.iterdir()] == ["d.csv"]


def test_a_detection_says_where_and_when_it_began(tmp_path):
    start = datetime(2026, 3, 29, 1, 59, 59, tzinfo=ZoneInfo("Europe/Berlin"))
    origins = {"a": Origin("ridge", start, place=(18.30, -65.8)), "b": Origin("creek")}
    csv_table.write(
        tmp_path / "d.csv", [Detection("a", 0, 1.25, 2, 0.5), Detection("b", 0, 0, 1, 0.5)], SPECIES, origins
    )
    assert [row[9:-1] for row in rows(tmp_path / "d.csv")[1:]] == [
        ["ridge", "2026-03-29T01:00:00.250Z", "2026-03-29T03:00:00.250+02:00", "18.3", "-65.8"],
        ["creek", "", "", "", ""],
    ]


@pytest.mark.parametrize(
    ("name", "words", "clock", "local", "utc"),
    [
        # the clock time of a header is in the zone that it names
        ("a.WAV", "19:22:55 14/12/2020 (UTC-5)", None, "2020-12-14T19:22:56.500-05:00", "2020-12-15T00:22:56.500Z"),
        # that of a name is on the recorder's clock, however somebody set it
        ("20201214_192255.WAV", "", "UTC", "2020-12-14T19:22:56.500Z", "2020-12-14T19:22:56.500Z"),
        ("20201214_192255.WAV", "", "UTC+5:30", "2020-12-14T19:22:56.500+05:30", "2020-12-14T13:52:56.500Z"),
        # which nobody can guess: no time is better than one that is hours off
        ("20201214_192255.WAV", "", None, "", ""),
        ("S1_20201214_192255_-0400.wav", "", None, "2020-12-14T19:22:56.500-04:00", "2020-12-14T23:22:56.500Z"),
    ],
)
def test_complaint_25_times_are_not_hours_off(tmp_path, name, words, clock, local, utc):
    comment = {"comment": f"Recorded at {words} by AudioMoth 24E144085F2569D1 at medium gain."} if words else {}
    found = origin.of(name, comment, origin.Rules(clock=clock and zones.parse(clock)))
    csv_table.write(tmp_path / "d.csv", [Detection("a", 0, 1.5, 2.0, 0.5)], SPECIES, {"a": found})
    with (tmp_path / "d.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["time_local"], row["time_utc"]) == (local, utc)
    assert bool(found.warnings) == (not utc)
