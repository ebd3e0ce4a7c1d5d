"""One start with its zone or none with a warning, never one without; which source was believed is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dawnchorus.recorders import origin, sites, zones
from dawnchorus.recorders.origin import Origin, Rules
from dawnchorus.recorders.pattern import Pattern
from dawnchorus.recorders.sites import Site

MOTH = "24E144085F2569D1"
BERLIN = ZoneInfo("Europe/Berlin")
UTC_START = datetime(2020, 12, 14, 19, 22, 55, tzinfo=UTC)

COMMENTS = {
    f"Recorded at 19:22:55 14/12/2020 (UTC) by AudioMoth {MOTH} at gain setting 2 while battery state was 4.5V": 0,
    f"Recorded at 19:22:55 14/12/2020 (UTC-5) by AudioMoth {MOTH} at medium gain setting while battery state was 4.0V "
    "and temperature was 24.5C.": -5,
    f"Recorded at 19:22:55 14/12/2020 (UTC+5:30) by AudioMoth {MOTH} at low-medium gain while battery was greater than "
    "4.9V and temperature was -2.0C.": 5.5,
    f"Recorded at 19:22:55 14/12/2020 (UTC+10) during deployment {MOTH} at medium gain while battery was 4.3V and "
    "temperature was 16.2C.": 10,
    f"Recorded at 19:22:55 14/12/2020 (UTC) by AudioMoth {MOTH} using external microphone at high gain while battery "
    "was less than 2.5V. Recording cancelled before completion due to low voltage.": 0,
    f"Recorded at 19:22:55.123 14/12/2020 (UTC-03:00) by AudioMoth {MOTH} at high gain. Band-pass filter applied.": -3,
}


def of(name: str, words: dict[str, str] | None = None, **rules) -> Origin:
    return origin.of(name, words or {}, Rules(**rules))


@pytest.mark.parametrize("comment", COMMENTS)
def test_trap_3_10_complaint_25_opso_457_745_the_comment_of_every_firmware_names_its_zone(comment: str) -> None:
    found = of("20201214_192255.WAV", {"comment": comment, "artist": f"AudioMoth {MOTH}"})
    hours = COMMENTS[comment]
    assert found.start == UTC_START - timedelta(hours=hours)
    assert found.start.utcoffset() == timedelta(hours=hours)
    assert (found.start_from, found.recorder, found.warnings) == ("comment", f"AudioMoth {MOTH}", ())


def test_a_comment_without_a_zone_is_on_the_recorders_clock() -> None:
    words = {"comment": f"Recorded at 19:22:55 14/12/2020 by AudioMoth {MOTH} at gain setting 2"}
    assert of("a.wav", words).start is None
    assert of("a.wav", words, clock=UTC).start == UTC_START


def test_trap_3_10_complaint_25_a_name_without_a_zone_gives_no_start_until_the_clock_is_known() -> None:
    found = of("20201214_192255.WAV")
    assert (found.start, found.start_from) == (None, "")
    assert found.warnings == ("no start time: its name does not say in which time zone",)
    known = of("20201214_192255.WAV", clock=zones.parse("UTC-5"))
    assert known.start == UTC_START + timedelta(hours=5)
    assert (known.start_from, known.warnings) == ("name", ())


@pytest.mark.parametrize("name", ["a.wav", "20201214.wav", "20201214_192255.wav", "19700101_000000.WAV"])
def test_no_start_without_a_warning(name: str) -> None:
    found = of(name)
    assert found.start is None
    assert len(found.warnings) == 1


def test_a_clock_that_was_never_set_gives_no_start() -> None:
    words = {"comment": f"Recorded at 00:00:10 01/01/1970 (UTC) by AudioMoth {MOTH} at medium gain"}
    found = of("19700101_000010.WAV", words)
    assert found.start is None
    assert "the clock was not set" in found.warnings[0]


def test_complaint_25_local_times_are_those_of_the_wanted_zone_across_the_clock_change() -> None:
    found = of("20260329T003000Z.wav", zone=BERLIN)
    assert found.start.isoformat() == "2026-03-29T01:30:00+01:00"
    assert found.at(1800).isoformat() == "2026-03-29T03:00:00+02:00"
    autumn = of("20261024T233000Z.wav", zone=BERLIN)
    hours = [autumn.at(3600 * hour).isoformat() for hour in range(3)]
    assert hours == ["2026-10-25T01:30:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]


@pytest.mark.parametrize(("name", "word"), [("20260329_023000.wav", "never"), ("20261025_023000.wav", "twice")])
def test_a_clock_time_that_never_came_or_came_twice_is_no_start(name: str, word: str) -> None:
    found = of(name, clock=BERLIN)
    assert found.start is None
    assert word in found.warnings[0]
    assert of(name, clock=zones.parse("UTC+1")).start is not None


def test_guano_wamd_and_flac_name_their_zone() -> None:
    local = datetime(2024, 5, 1, 5, 30, tzinfo=timezone(timedelta(hours=-4)))
    for source, words in {
        "guano": {"guano.Timestamp": "2024-05-01T05:30:00-04:00", "guano.Loc Position": "18.30 -65.80"},
        "wamd": {"wamd.timestamp": "2024-05-01 05:30:00 -04:00", "wamd.gps": "WGS84, 18.30, N, 65.80, W"},
        "flac": {"flac.recordingstart": "2024-05-01 05:30:00-0400", "flac.sensorlocation": "+18.30-65.80"},
    }.items():
        found = of("PREFIX_20240501_053000.wav", words)
        assert (found.start, found.start_from, found.warnings) == (local, source, ())
        assert (found.place, found.place_from) == ((18.3, -65.8), source)


def test_a_source_with_a_zone_comes_before_one_without() -> None:
    words = {"guano.Timestamp": "2024-05-01T05:30:00"}
    found = of("SwiftOne_20240501_053000_-0400.wav", words)
    assert (found.start_from, found.warnings) == ("name", ())


def test_sources_that_contradict_each_other_are_told() -> None:
    words = {"comment": f"Recorded at 05:30:00 01/05/2024 (UTC) by AudioMoth {MOTH} at medium gain"}
    assert of("20240501_053001.WAV", words).warnings == ()
    (warning,) = of("20240501_013000.WAV", words).warnings
    assert warning == "start: its comment says 2024-05-01 05:30:00+00:00, its name 2024-05-01 01:30:00"
    assert of("20240501_013000.WAV", words, clock=zones.parse("UTC-4")).warnings == ()


def test_complaint_2_sites_keep_the_same_names_of_ten_cards_apart() -> None:
    rules = {"pattern": Pattern("{site}/*"), "clock": UTC}
    found = {of(f"card{n}/DATA/20240501_053000.WAV", **rules).site for n in range(10)}
    assert found == {f"card{n}" for n in range(10)}


def test_the_pattern_gives_dates_and_a_file_that_does_not_fit_is_told() -> None:
    rules = {"pattern": Pattern("{site}/{date}/{time}"), "clock": UTC}
    found = of("ridge/2024-05-01/053000.wav", **rules)
    assert found.start == datetime(2024, 5, 1, 5, 30, tzinfo=UTC)
    assert (found.site, found.start_from) == ("ridge", "pattern")
    assert "does not fit" in of("x.wav", **rules).warnings[0]


def test_the_table_of_sites_gives_coordinates_and_clocks() -> None:
    table = {"ridge": Site((18.3, -65.8), zones.parse("UTC-4")), "creek": Site()}
    rules = {"pattern": Pattern("{site}"), "sites": table}
    found = of("ridge/20240501_053000.WAV", {"guano.Loc Position": "1.0 2.0"}, **rules)
    assert found.start == datetime(2024, 5, 1, 9, 30, tzinfo=UTC)
    assert (found.place, found.place_from) == ((18.3, -65.8), "sites")
    assert of("creek/x.WAV", {"guano.Loc Position": "1.0 2.0"}, **rules).place_from == "guano"


def test_coordinates_are_rounded_and_a_name_that_betrays_them_is_told() -> None:
    found = of("20191026T000000+1000_REC [-27.3812 152.8765].flac", decimals=1)
    assert found.place == (-27.4, 152.9)
    assert found.warnings == ("coordinates are rounded, but its name gives them in full",)
    assert "27.38" not in repr(found)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("18.30 -65.80", (18.3, -65.8)),
        ("18.30,-65.80", (18.3, -65.8)),
        ("WGS84, 18.30, N, 65.80, W", (18.3, -65.8)),
        ("27.38 S 152.87 E", (-27.38, 152.87)),
        ("-27.38+152.87", (-27.38, 152.87)),
        ("0.0 0.0", None),
        ("98.0 10.0", None),
        ("unknown", None),
        ("", None),
    ],
)
def test_coordinates_in_words(text: str, place: tuple[float, float] | None) -> None:
    assert of("a.wav", {"guano.Loc Position": text}).place == place


def test_trap_3_11_time_expansion_is_told() -> None:
    assert any("time-expanded 10 times" in warning for warning in of("a.wav", {"guano.TE": "10"}).warnings)


def test_files_of_one_place_that_overlap_are_told() -> None:
    rules = Rules(Pattern("{site}"), UTC)
    names = ["a/20240501_050000.wav", "a/20240501_050500.wav", "a/20240501_051000.wav", "b/20240501_050000.wav"]
    files = [(name, origin.of(name, {}, rules), 300.5) for name in names]
    assert origin.overlapping(files) == {}
    files[0] = (*files[0][:2], 700.0)
    assert origin.overlapping(files) == {
        names[1]: f"it begins before {names[0]} ends",
        names[2]: f"it begins before {names[0]} ends",
    }


# ---- patterns, zones, sites ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "name", "site"),
    [
        ("{site}", "A.1/20240501_050000.wav", "A.1"),
        ("{site}/*", "A 1/x/y.wav", "A 1"),
        ("*/{site}_*", "cards/ridge_20240501_050000.wav", "ridge"),
        ("{site}_0+1_*", "SM4-07_0+1_20240501_050000.wav", "SM4-07"),
        ("project/{site}", "project/ñandú 鸟", "ñandú 鸟"),
        ("project/{site}", "elsewhere/a.wav", ""),
        ("{site}/*/*", "a/b.wav", ""),
    ],
)
def test_a_pattern_finds_the_site(pattern: str, name: str, site: str) -> None:
    assert Pattern(pattern).read(name).site == site


@pytest.mark.parametrize("text", ["", "*/*", "{place}", "{site}/{site}", "{}"])
def test_a_pattern_without_a_field_or_with_a_wrong_one_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Pattern(text)


@pytest.mark.parametrize(
    ("text", "hours"), [("UTC", 0), ("Z", 0), ("utc-5", -5), ("UTC+5:30", 5.5), ("+0930", 9.5), ("-04:00", -4)]
)
def test_zones_by_offset(text: str, hours: float) -> None:
    at = datetime(2024, 5, 1, tzinfo=zones.parse(text))
    assert at.utcoffset() == timedelta(hours=hours)
    assert zones.parse(zones.name(at)).utcoffset(at) == at.utcoffset()


@pytest.mark.parametrize("text", ["", "Mars/Olympus", "../etc/passwd", "America", "UTC+25", "5"])
def test_what_is_no_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a name such as"):
        zones.parse(text)


def test_a_table_of_sites_is_read_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text("site,latitude,longitude,zone\nridge,18.3,-65.8,UTC-4\ncreek,,,\n")
    assert sites.read(path) == {"ridge": Site((18.3, -65.8), timezone(timedelta(hours=-4))), "creek": Site()}
    for row in ("ridge,98,0,", "ridge,,1,", ",1,1,", "ridge,1,1,Mars", "ridge,nan,1,"):
        path.write_text(f"site,latitude,longitude,zone\n{row}\n")
        with pytest.raises(ValueError, match="sites.csv line 2: "):
            sites.read(path)
