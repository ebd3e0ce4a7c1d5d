"""Every fault of field audio in one run: what is read, when it is, and what the ledger says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import sounds
from dawnchorus.detect.outputs import Detected
from dawnchorus.detect.run import Wanted, run
from dawnchorus.export import scores_parquet
from detect import archive, tiny_model

R = archive.RATE_HZ
SIX = archive.bursts(6, 1.0, 4.0)
"""Six seconds with a burst at 1 s and one at 4 s: 96,000 bytes."""


def wav(path: Path, x: sounds.Sound = SIX, subtype: str = "PCM_16") -> Path:
    return sounds.write_wav(path, x, R, subtype)


def flac(path: Path, x: sounds.Sound = SIX) -> Path:
    return sounds.write_flac(path, x, R)


def broken_float(path: Path) -> Path:
    x = SIX.copy()
    x[20_000:20_100] = [np.nan, np.inf, -np.inf, 3e38] * 25
    return wav(path, x, "FLOAT")


def ruined_middle(path: Path) -> Path:
    flac(path, archive.bursts(12, 1.0, 10.0))
    return sounds.corrupt(path, path.stat().st_size // 2, 1500)


@dataclass(frozen=True)
class Case:
    """A damaged file: what becomes of it, which faults it has, seconds of sound in it and seconds heard."""

    name: str
    make: Callable[[Path], object]
    state: str
    codes: tuple[str, ...]
    in_s: float
    heard_s: float
    bursts: tuple[float, ...] = ()
    near_s: float = 1e-3


HEARD = (1.0, 4.0)
SURE = 0.5  # bursts are above it, and nothing beside them
CASES = [
    Case("F1 empty.wav", Path.touch, "failed", ("empty",), 0, 0),
    Case("F2 30 bytes.wav", lambda p: sounds.cut(wav(p), 30), "failed", ("no_audio",), 0, 0),
    Case("F2 44 bytes.wav", lambda p: sounds.cut(wav(p), 44), "failed", ("no_audio",), 6, 0),
    Case("F2 stub.flac", lambda p: sounds.cut(flac(p), 153), "failed", ("no_audio",), 6, 0),
    Case("F3 zeros.wav", lambda p: p.write_bytes(bytes(5000)), "failed", ("not_audio",), 0, 0),
    Case(
        "F3 random.wav",
        lambda p: p.write_bytes(np.random.default_rng(0).bytes(5000)),
        "failed",
        ("not_audio",),
        0,
        0,
    ),
    Case("F3 text.wav", lambda p: p.write_text("no sound\n" * 99), "failed", ("not_audio",), 0, 0),
    Case("F4 third.wav", lambda p: sounds.cut(wav(p), 44 + 32_000), "done", ("truncated",), 6, 2, (1.0,)),
    Case("F4 odd byte.wav", lambda p: sounds.cut(wav(p), 44 + 32_001), "done", ("truncated",), 6, 2, (1.0,)),
    Case(
        "F5 cut.flac", lambda p: sounds.cut(flac(p), p.stat().st_size // 2), "done", ("truncated",), 6, 3, (1.0,), 1.2
    ),
    Case("F6 middle.flac", ruined_middle, "done", ("gap",), 12, 12, (1.0, 10.0), 2.5),
    Case("F7 size 0.wav", lambda p: sounds.claim_wav_bytes(wav(p), 0), "failed", ("no_audio",), 6, 0),
    Case(
        "F7 stream.wav", lambda p: sounds.claim_wav_bytes(wav(p), 2**32 - 1), "done", ("header_mismatch",), 6, 6, HEARD
    ),
    Case("F7 half.wav", lambda p: sounds.claim_wav_bytes(wav(p), 48_000), "done", ("header_mismatch",), 6, 3, (1.0,)),
    Case("F7 +44.wav", lambda p: sounds.claim_wav_bytes(wav(p), 96_044), "done", ("header_mismatch",), 6, 6, HEARD),
    Case("F8 total 0.flac", lambda p: sounds.claim_flac_frames(flac(p), 0), "done", ("header_mismatch",), 6, 6, HEARD),
    Case(
        "F8 twice.flac", lambda p: sounds.claim_flac_frames(flac(p), 12 * R), "done", ("header_mismatch",), 12, 6, HEARD
    ),
    Case("F9 large.wav", lambda p: sounds.write(p, SIX, R, format="RF64"), "done", (), 6, 6, HEARD),
    Case("F10 zero sound.wav", lambda p: wav(p, np.zeros(6 * R)), "done", ("silent",), 6, 6),
    Case("F10 constant.wav", lambda p: wav(p, np.full(6 * R, 0.25)), "done", ("silent",), 6, 6),
    Case("F11 not finite.wav", broken_float, "done", ("not_finite",), 6, 6, HEARD),
    Case("F12 clipped.wav", lambda p: wav(p, (SIX * 100).clip(-1, 1)), "done", ("clipped",), 6, 6),
    Case("F12 offset.wav", lambda p: wav(p, SIX + 0.2), "done", ("offset",), 6, 6),
    Case("F15 rate 0.wav", lambda p: sounds.claim_wav_rate(wav(p), 0), "failed", ("bad_rate",), 0, 0),
    Case("F15 4 GHz.wav", lambda p: sounds.claim_wav_rate(wav(p), 4 * 10**9), "failed", ("bad_rate",), 0, 0),
    Case(
        "F15 low.wav",
        lambda p: sounds.write_wav(p, archive.bursts(6, 1.0, rate_hz=4000), 4000),
        "done",
        ("band_limited",),
        6,
        6,
    ),
    Case("F16 flac.WAV", lambda p: flac(p), "done", (), 6, 6, HEARD),
    Case("F17 voz_ñandú_鸟 [-37.5 141.3].wav", lambda p: wav(p), "done", (), 6, 6, HEARD),
    Case("F18/card1/a.wav", lambda p: wav(p), "done", (), 6, 6, HEARD),
    Case("F18/card2/a.wav", lambda p: wav(p), "done", (), 6, 6, HEARD),
    Case("20240101_120000T.WAV", lambda p: wav(p), "failed", ("triggered",), 0, 0),
    Case("F20 short.wav", lambda p: wav(p, archive.bursts(0.3, 0.0)), "done", (), 0.3, 0.3),
    Case("F20 window.wav", lambda p: wav(p, archive.bursts(2.048, 1.0)), "done", (), 2.048, 2.048, (1.0,)),
    Case("F20 tail.wav", lambda p: wav(p, archive.bursts(62.3, 61.5)), "done", (), 62.3, 62.3, (61.5,)),
]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Detected]:
    """One run over all cases."""
    home = tmp_path_factory.mktemp("faults")
    tiny_model.write(home / "model")
    for case in CASES:
        path = home / "audio" / case.name
        path.parent.mkdir(parents=True, exist_ok=True)
        case.make(path)
    wanted = Wanted(home / "model", (home / "audio",), home / "out", threshold=SURE, keep_scores=True, workers=2)
    return home / "out", run(wanted).detected


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_damaged_file_gives_what_can_be_read_at_the_right_times_and_its_row_says_so(ran, case: Case) -> None:
    out, _ = ran
    row = archive.rows(out / "ledger.sqlite")[case.name]
    assert row["state"] == case.state
    assert tuple(fault[0] for fault in json.loads(row["faults"])) == case.codes
    assert row["analysed_s"] + row["lost_s"] == pytest.approx(case.in_s, abs=1e-3)
    assert row["analysed_s"] == pytest.approx(case.heard_s, abs=case.near_s)
    assert row["lost_s"] == pytest.approx(sum(json.loads(row["lost"]).values()), abs=1e-9)
    for kind in ("header_s", "bytes_s"):
        assert row[kind] is None or row[kind] <= case.in_s + 1e-3
    key = case.name.rpartition(".")[0]
    if case.state == "done" and case.bursts:
        starts = sorted({float(line.split(",")[3]) for line in lines(out) if line.startswith(f"{key},")})
        assert len(starts) == len(case.bursts)
        assert starts == pytest.approx(case.bursts, abs=0.3)
    if case.codes == ("silent",) or case.state == "failed":
        assert not any(line.startswith(f"{key},") for line in lines(out))


def lines(out: Path) -> list[str]:
    return (out / "detections.csv").read_text(encoding="utf-8").splitlines()


def test_the_gap_of_a_ruined_middle_is_in_the_ledger(ran) -> None:
    out, _ = ran
    row = archive.rows(out / "ledger.sqlite")["F6 middle.flac"]
    ((start_s, end_s),) = json.loads(row["gaps"])
    assert 4 < start_s < end_s < 9
    assert row["lost_s"] == pytest.approx(end_s - start_s)
    assert row["read_s"] == pytest.approx(12 - row["lost_s"])


def test_no_score_is_anything_but_a_number_from_0_to_1(ran) -> None:
    out, _ = ran
    scored = list(scores_parquet.read(out / "scores.parquet"))
    assert len(scored) == sum(case.state == "done" for case in CASES)
    for _, scores in scored:
        assert ((scores.framewise >= 0) & (scores.framewise <= 1)).all()


def test_the_summary_adds_up_and_failures_are_told(ran) -> None:
    out, detected = ran
    record = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    cover = record["coverage"]
    assert cover["seconds_in"] == pytest.approx(sum(case.in_s for case in CASES), abs=0.01)
    assert cover["seconds_in"] == pytest.approx(cover["seconds_analysed"] + cover["seconds_lost"], abs=0.01)
    assert cover["seconds_lost"] == pytest.approx(sum(cover["lost"].values()), abs=0.01)
    failed = {case.name for case in CASES if case.state == "failed"}
    assert {failure["file"] for failure in record["failures"]} == failed
    assert detected.errors == len(failed)
    assert record["recordings"] == len(CASES) - len(failed)


def test_repair_reads_all_sound_behind_a_header_that_says_too_little(ran, tmp_path: Path) -> None:
    out, _ = ran
    audio = (out.parent / "audio",)
    wanted = Wanted(out.parent / "model", audio, tmp_path / "out", threshold=SURE, workers=2, repair=True)
    run(wanted)
    before, after = archive.rows(out / "ledger.sqlite"), archive.rows(tmp_path / "out" / "ledger.sqlite")
    for name in ("F7 size 0.wav", "F7 half.wav"):
        row = after[name]
        assert (row["state"], row["analysed_s"], row["lost_s"]) == ("done", 6, 0)
        ((code, detail, _, _),) = json.loads(row["faults"])
        assert code == "header_mismatch" and "all of them were read" in detail
        key = name.rpartition(".")[0]
        starts = sorted({float(line.split(",")[3]) for line in lines(tmp_path / "out") if line.startswith(f"{key},")})
        assert starts == pytest.approx(HEARD, abs=0.3)
    same = ("state", "analysed_s", "lost_s", "faults", "detections")
    others = [name for name in before if name not in ("F7 size 0.wav", "F7 half.wav")]
    assert [[before[name][one] for one in same] for name in others] == [
        [after[name][one] for one in same] for name in others
    ]
