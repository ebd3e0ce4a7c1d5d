"""The tables of the simulated season are those that were worked out by hand."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from dawnchorus.export.files_table import FileRow
from dawnchorus.export.files_table import read as read_files
from dawnchorus.recorders import zones
from dawnchorus.recorders.origin import Origin, Rules
from dawnchorus.recorders.pattern import Pattern
from dawnchorus.seasons import hours, pictures, read, tables
from seasons import simulated

NA = "NA"
DATES = [day.isoformat() for day in simulated.DAYS]


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulated.write(tmp_path_factory.mktemp("season") / "run")


@pytest.fixture(scope="module")
def out(run: Path) -> Path:
    season = read.season(run)
    tables.write(run.parent / "out", season)
    pictures.write(run.parent / "out", season)
    return run.parent / "out"


def test_histories_are_0_where_it_was_not_heard_and_na_where_nothing_was_recorded(out: Path) -> None:
    assert rows(out / "histories.csv") == [
        ["species", "site", *DATES],
        ["frog", "bog", *[NA] * 6, "0", "1", "0", "0"],
        ["frog", "creek", "0", "0", NA, NA, *["0"] * 6],
        ["frog", "ridge", *["1", "0"] * 5],
        ["owl", "bog", *[NA] * 6, *["0"] * 4],
        ["owl", "creek", "0", "0", NA, NA, "1", "1", *["0"] * 4],
        ["owl", "ridge", *["0"] * 10],
    ]


def test_effort_in_minutes(out: Path) -> None:
    assert rows(out / "effort.csv") == [
        ["site", *DATES],
        ["bog", *["0.00"] * 6, *["70.00"] * 4],
        ["creek", "70.00", "70.00", "0.00", "0.00", "70.00", "100.00", *["70.00"] * 4],
        ["ridge", *["70.00"] * 10],
    ]


def test_hours_on_the_day_of_the_clock_change_and_those_beside_it(out: Path) -> None:
    header, *found = rows(out / "hours.csv")
    assert tuple(header) == tables.HOURS
    assert [row[2:] for row in found if row[:2] == ["owl", "creek"] and "2026-03-28" <= row[2] <= "2026-03-30"] == [
        ["2026-03-28", "1", "+01:00", "10.00", "1", "1", NA],
        ["2026-03-28", "5", "+01:00", "60.00", "1", "0", NA],
        ["2026-03-29", "1", "+01:00", "20.00", "2", "1", NA],
        ["2026-03-29", "3", "+02:00", "20.00", "0", "1", NA],
        ["2026-03-29", "6", "+02:00", "60.00", "1", "0", NA],
        ["2026-03-30", "2", "+02:00", "10.00", "1", "0", NA],
        ["2026-03-30", "6", "+02:00", "60.00", "1", "0", NA],
    ]
    assert len(found) == 2 * (20 + 17 + 8)  # species by hours of ridge, creek and bog


def test_days(out: Path) -> None:
    header, *found = rows(out / "days.csv")
    assert tuple(header) == tables.DAYS
    assert [row[2:] for row in found if row[:2] == ["frog", "ridge"]] == [
        [day, "70.00", "2", "2" if number % 2 == 0 else "0", NA] for number, day in enumerate(DATES)
    ]
    assert [row[2:] for row in found if row[:2] == ["owl", "creek"]] == [
        ["2026-03-24", "70.00", "2", "0", NA],
        ["2026-03-25", "70.00", "2", "0", NA],
        ["2026-03-28", "70.00", "2", "1", NA],
        ["2026-03-29", "100.00", "3", "2", NA],
        *([day, "70.00", "2", "0", NA] for day in DATES[6:]),
    ]


def test_first_and_last_detection(out: Path) -> None:
    assert rows(out / "first_last.csv")[1:] == [
        ["frog", "bog", *["2026-03-31T06:00:00.000+02:00"] * 2, "1", "1", "4", "280.00"],
        ["frog", "creek", NA, NA, "0", "0", "8", "590.00"],
        ["frog", "ridge", "2026-03-24T05:00:10.000+01:00", "2026-04-01T06:59:59.000+02:00", "10", "5", "10", "700.00"],
        ["owl", "bog", NA, NA, "0", "0", "4", "280.00"],
        ["owl", "creek", "2026-03-28T01:30:05.000+01:00", "2026-03-29T03:00:00.000+02:00", "3", "2", "8", "590.00"],
        ["owl", "ridge", NA, NA, "0", "0", "10", "700.00"],
    ]


def test_sites(out: Path) -> None:
    assert rows(out / "sites.csv")[1:] == [
        ["bog", "52.48", "13.38", "8", "280.00", "4", "2026-03-30", "2026-04-02"],
        ["creek", "52.5", "13.45", "17", "590.00", "8", "2026-03-24", "2026-04-02"],
        ["ridge", "52.52", "13.4", "20", "700.00", "10", "2026-03-24", "2026-04-02"],
    ]


def test_occasions_of_several_days_and_the_least_effort(run: Path) -> None:
    season = read.season(run)
    occasions = season.occasions(3)
    assert [len(occasion) for occasion in occasions] == [3, 3, 3, 1]
    assert season.history("frog", "ridge", occasions) == [1, 1, 1, 0]
    assert season.history("frog", "bog", occasions) == [None, None, 1, 0]
    assert season.minutes("creek", occasions) == [140.0, 170.0, 210.0, 70.0]
    assert season.history("owl", "creek", occasions, least_minutes=150) == [None, 1, 0, None]


def test_another_zone_sorts_the_same_instants_into_other_days(run: Path) -> None:
    season = read.season(run, zones.parse("UTC-5"))
    first = season.tally("owl", "creek").first
    assert first.isoformat() == "2026-03-27T19:30:05-05:00"
    assert sum(season.seconds["creek"].values()) == 590 * 60


def test_a_species_that_was_asked_for_has_zeros_and_one_that_is_none_is_refused(run: Path) -> None:
    season = read.season(run, species=("never",))
    assert season.species == ("never",)
    assert season.history("never", "ridge", season.occasions(10)) == [0]
    with pytest.raises(ValueError, match=r"'frgo' is no species of this run; its species are frog, owl, never"):
        read.season(run, species=("frgo",))


def test_the_threshold_leaves_out_what_scores_less(run: Path) -> None:
    assert read.season(run, threshold=0.55).species == ("owl",)


def test_expected_recordings_are_sums_of_probabilities(run: Path, tmp_path: Path) -> None:
    for name in ("files.csv", "detections.parquet"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    (tmp_path / "recordings.csv").write_text(
        "recording_id,species_id,species,score,probability,called\n"
        "ridge/20260324_003000,0,frog,0.5,0.25,0\nridge/20260324_040000,0,frog,0.9,0.75,1\n"
    )
    tables.write(tmp_path, read.season(tmp_path))
    found = {tuple(row[:3]): row[-1] for row in rows(tmp_path / "days.csv")[1:]}
    assert found["frog", "ridge", "2026-03-24"] == "1.0000"
    assert found["frog", "ridge", "2026-03-25"] == "0.0000"


def test_ten_cards_with_the_same_names_stay_apart(tmp_path: Path) -> None:
    its = {f"card{n}/20260324_040000.WAV": (60.0, [(simulated.FROG, 1.0)] * (n % 2)) for n in range(10)}
    simulated.write(tmp_path, its, Rules(Pattern("{site}"), UTC))
    tables.write(tmp_path, read.season(tmp_path))
    assert rows(tmp_path / "histories.csv")[1:] == [["frog", f"card{n}", str(n % 2)] for n in range(10)]


def test_files_without_a_start_are_counted_and_a_run_of_them_is_refused(run: Path, tmp_path: Path) -> None:
    its = {"a/20260324_040000.WAV": (60.0, []), "a/20260324T040000Z.WAV": (60.0, []), "a/x.wav": (60.0, [(0, 1.0)])}
    simulated.write(tmp_path, its, Rules())
    season = read.season(tmp_path)
    assert (season.unplaced_files, season.unplaced_detections, season.sites) == (2, 1, ["(no site)"])
    simulated.write(tmp_path, {"a/x.wav": (60.0, [])}, Rules())
    with pytest.raises(ValueError, match=r"none of 1 files has a start time.*--clock"):
        read.season(tmp_path)
    with pytest.raises(ValueError, match=r"files.csv: no such file"):
        read.season(tmp_path / "elsewhere")


def test_nothing_heard_gives_headers_and_effort(tmp_path: Path) -> None:
    simulated.write(tmp_path, {"a/20260324T040000Z.WAV": (60.0, [])}, Rules(Pattern("{site}")))
    season = read.season(tmp_path)
    tables.write(tmp_path, season)
    assert rows(tmp_path / "histories.csv") == [["species", "site", "2026-03-24"]]
    assert rows(tmp_path / "effort.csv")[1:] == [["a", "1.00"]]
    assert "Nothing was heard" in pictures.write(tmp_path, season).read_text(encoding="utf-8")


# ---- hours -----------------------------------------------------------------------------------------------------


def named(start: datetime, end: datetime, zone: str) -> list[tuple[str, float]]:
    return [(f"{h.day} {h.hour}{h.offset}", s / 60) for h, s in hours.cut(start, end, ZoneInfo(zone))]


def test_the_hour_that_comes_twice_is_two() -> None:
    assert named(datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC), "Europe/Berlin") == [
        ("2026-10-25 2+02:00", 60.0),
        ("2026-10-25 2+01:00", 60.0),
    ]


def test_hours_of_zones_with_half_hours() -> None:
    kolkata = named(datetime(2026, 1, 1, 18, tzinfo=UTC), datetime(2026, 1, 1, 19, tzinfo=UTC), "Asia/Kolkata")
    assert kolkata == [("2026-01-01 23+05:30", 30.0), ("2026-01-02 0+05:30", 30.0)]
    back = named(datetime(2026, 4, 4, 14, tzinfo=UTC), datetime(2026, 4, 4, 16, tzinfo=UTC), "Australia/Lord_Howe")
    assert back == [("2026-04-05 1+11:00", 60.0), ("2026-04-05 1+10:30", 30.0), ("2026-04-05 2+10:30", 30.0)]


def test_what_two_files_record_at_once_counts_once_and_gaps_do_not_count() -> None:
    start = datetime(2026, 3, 24, 4, tzinfo=UTC)
    whole = FileRow("a", "a", Origin("x", start), 600.0)
    within = FileRow("b", "b", Origin("x", start.replace(minute=5)), 600.0)
    gap = FileRow("c", "c", Origin("y", start), 50.0, ((20.0, 30.0),))
    found = hours.effort([within, whole, gap])
    assert {site: sum(its.values()) for site, its in found.items()} == {"x": 900.0, "y": 50.0}
    assert gap.heard() == [(0.0, 20.0), (30.0, 60.0)]


# ---- files.csv and pictures ------------------------------------------------------------------------------------


def test_files_are_read_as_they_were_written_and_as_people_mend_them(run: Path, tmp_path: Path) -> None:
    found = {row.name: row for row in read_files(run / "files.csv")}
    one = found["creek/20260329_005000.WAV"]
    assert one.origin.start.isoformat() == "2026-03-29T01:50:00+01:00"
    assert one.origin.at(600).isoformat() == "2026-03-29T03:00:00+02:00"
    assert (one.origin.site, one.origin.place, one.seconds) == ("creek", (52.5, 13.45), 1800.0)
    path = tmp_path / "files.csv"
    for cells in ("a,s,2026-03-29T00:50:00,UTC,1", "a,s,soon,UTC,1", "a,s,2026-03-29T00:50:00Z,Mars,1", "a,s,,,x"):
        path.write_text(f"recording_id,site,start_utc,zone,seconds\n{cells}\n")
        with pytest.raises(ValueError, match=r"files.csv line 2: "):
            read_files(path)


def test_pictures_are_whole_svg_files_with_every_site(out: Path) -> None:
    found = sorted((out / "plots").iterdir())
    assert [path.name for path in found] == [
        f"{number:03d}-{name}-{kind}.svg"
        for number, name in enumerate(("frog", "owl"))
        for kind in ("calendar", "diel", "map")
    ]
    for path in found:
        text = "".join(ElementTree.parse(path).getroot().itertext())
        assert all(site in text for site in simulated.SITES), path
    assert (out / "season.html").read_text(encoding="utf-8").count("<svg") == 6
