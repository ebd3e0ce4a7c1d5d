"""F19: what the names of all recorders say, and what they only seem to say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dawnchorus.recorders import names


def at(*numbers: int, hours: float | None = None) -> datetime:
    return datetime(*numbers, tzinfo=None if hours is None else timezone(timedelta(hours=hours)))


HALF_PAST_FIVE = (2024, 5, 1, 5, 30)

TIMES = {
    "20240501_053000.WAV": at(*HALF_PAST_FIVE),
    "20240501_053000T.WAV": at(*HALF_PAST_FIVE),
    "242A2604603691DD_20240501_053000.WAV": at(*HALF_PAST_FIVE),
    "248D9B045F5B1234_20240501_053000.wav": at(*HALF_PAST_FIVE),
    "5B07C752.WAV": at(2018, 5, 25, 8, 20, 34, hours=0),
    "5b07fac0.wav": at(2018, 5, 25, 12, hours=0),
    "59010203.WAV": at(2017, 4, 26, 20, 24, 35, hours=0),  # eight digits that are no date
    "20190501.WAV": None,  # eight digits that are one: 1987 was before any AudioMoth
    "SM4-07_20240501_053000.wav": at(*HALF_PAST_FIVE),
    "S4A02641_20240501_053000.wav": at(*HALF_PAST_FIVE),
    "S4A02641_0+1_20240501_053000.wav": at(*HALF_PAST_FIVE),
    "S4A02641_0+1_20240501$053000.wav": at(*HALF_PAST_FIVE),
    "SMM00123_20240501_053000.123.wav": at(*HALF_PAST_FIVE),
    "SwiftOne_20240501_053000_-0400.wav": at(*HALF_PAST_FIVE, hours=-4),
    "SwiftOne_20240501_053000-0430.wav": at(*HALF_PAST_FIVE, hours=-4.5),
    "20191026T000000+1000_REC [-27.38 152.87].flac": at(2019, 10, 26, hours=10),
    "20210617T080000+0000_Rec2_-18.2656+144.5564.flac": at(2021, 6, 17, 8, hours=0),
    "S20240501T053000.1234+0930_E20240501T055959.9+0930_-12.34567+78.98102.wav": at(*HALF_PAST_FIVE, hours=9.5),
    "20240501T053000Z.wav": at(*HALF_PAST_FIVE, hours=0),
    "PILLIGA_20240501T053000+1100.wav": at(*HALF_PAST_FIVE, hours=11),
    "20240501_053000_-18.2656+144.5564.wav": at(*HALF_PAST_FIVE),
    "OWL_123456_2024-05-01_T05-30-00.WAV": at(*HALF_PAST_FIVE),
    "Sabana_Seca-2015-08-05_17-30.flac": at(2015, 8, 5, 17, 30, 0),
    "2024-05-01 05-30-00.wav": at(*HALF_PAST_FIVE),
    "20240501053000.mp3": at(*HALF_PAST_FIVE),
    "20240501_053000": at(*HALF_PAST_FIVE),
    "20241301_053000.wav": None,
    "20240501_256000.wav": None,
    "12345678_123456.wav": None,
    "recording 7.wav": None,
    "DEADBEEFCAFE.wav": None,
}


@pytest.mark.parametrize("name", TIMES)
def test_trap_3_10_complaint_25_the_time_in_a_name(name: str) -> None:
    assert names.read(name).at == TIMES[name]
    zone = names.read(name).at.utcoffset() if TIMES[name] else None
    assert zone == (TIMES[name].utcoffset() if TIMES[name] else None)


def test_trap_3_10_a_name_with_a_date_alone_says_so() -> None:
    assert names.read("site 20190501.WAV").day_only
    assert not names.read("20190501_053000.WAV").day_only
    assert not names.read("00000000.WAV").day_only


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("20191026T000000+1000_REC [-27.38 152.87].flac", (-27.38, 152.87)),
        ("20210617T080000+0000_Rec2_-18.2656+144.5564.flac", (-18.2656, 144.5564)),
        ("S20240501T053000.1+0930_E20240501T055959.9+0930_-12.34567+78.98102.wav", (-12.34567, 78.98102)),
        ("20240501_053000.WAV", None),
        ("x [-97.0 152.87].wav", None),
    ],
)
def test_the_coordinates_in_a_name(name: str, place: tuple[float, float] | None) -> None:
    assert names.read(name).place == place


def test_trap_3_10_seconds_since_1970_are_utc() -> None:
    assert names.read("5B07C752.WAV").at.tzinfo is UTC
