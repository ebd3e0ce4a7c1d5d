"""The arithmetic of scaling, and that the document holds what the measured costs say."""

import json

import pytest

from benchmarks import scaling

COSTS = json.loads(scaling.COSTS.read_text(encoding="utf-8"))


def test_a_terabyte_is_so_many_hours_cores_and_dollars() -> None:
    archive = scaling.Archive("one", hours=3600.0, terabytes=1.0, within_hours=10.0)
    costs = {
        "cpu_s_per_audio_minute": {"m": 0.5},
        "mib_per_process": {"m": 512},
        "ledger": {"bytes_per_row": 1024},
        "prices_usd": {"core_hour": 0.1, "spot_core_hour": 0.05},
    }
    need = scaling.need(costs, archive, "m", file_minutes=60.0)
    assert (need.core_hours, need.cores, need.gib) == (30.0, 3, 1.5)
    assert (need.usd, need.usd_on_spot, need.files) == (3.0, 1.5, 3600)
    assert need.bytes_per_s == pytest.approx(3 * 1e12 / 36_000 / 3)
    assert need.ledger_gib == 3600 / 2**20


def test_a_network_for_a_day_is_its_recorders_times_a_day() -> None:
    found = {archive.name: archive for archive in scaling.archives(COSTS, 12.0)}
    day = found["10,000 recorders, a day, FLAC"]
    assert day.hours == 240_000
    assert found["1 TB of WAV"].hours == pytest.approx(2893.5, abs=0.1)


def test_the_document_holds_the_tables_of_the_costs() -> None:
    doc = scaling.DOC.read_text(encoding="utf-8")
    assert scaling.put("\n".join(scaling.lines(COSTS, 1.0, 12.0)), doc) == doc, "run benchmarks/scaling.py --write"


def test_a_text_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no marks"):
        scaling.put("tables", "text")
