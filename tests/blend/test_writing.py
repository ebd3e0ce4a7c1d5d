from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from blend.members import calibrated, member, predicted, same, whole
from dawnchorus.blend import reading, writing
from dawnchorus.blend.joining import Blend
from dawnchorus.export import csv_table
from dawnchorus.files import write_json
from factories import NAMES


def test_a_blend_is_a_member_again(tmp_path):
    first = replace(member(0.16), bands_hz={0: (100.0, 900.0), 1: (0.0, 0.0)}, typical_s=(0.3, 0.3))
    blended = Blend()([first, member(0.5, seed=1)])
    events = writing.write(tmp_path, blended)
    assert events and events[0].low_hz == 100
    read = reading.member(tmp_path)
    same(read, blended, 6e-4)  # frames are kept in half precision
    assert read.names == dict(enumerate(NAMES)) and read.bands_hz == first.bands_hz
    assert (tmp_path / "detections.csv").read_text(encoding="utf-8").startswith(",".join(csv_table.COLUMNS))


@pytest.mark.parametrize("name", ["result.json", "summary.json", "blend.json"])
def test_events_of_a_blend_are_as_long_as_the_calls_of_its_members(tmp_path, name):
    folder = predicted(tmp_path, member(0.5), "k")
    assert reading.member(folder).typical_s == ()
    (folder / "result.json").unlink()
    write_json(folder / name, {"typical_s": [0.5, 4.0]})
    blended = Blend()([member(0.5, seed=1), reading.member(folder)])
    assert blended.typical_s == (0.5, 4.0)
    events = writing.write(tmp_path / "both", blended)
    longest = [max(one.end_s - one.start_s for one in events if one.species == species) for species in (0, 1)]
    assert longest[0] <= 1 < longest[1] <= 8


def test_probabilities_of_a_blend_are_the_weighted_mean_of_its_members_and_are_read_again(tmp_path):
    folders = [predicted(tmp_path / name, whole((0.5, 0.25))) for name in ("one", "other")]
    for folder, height in zip(folders, (2.0, -2.0), strict=True):
        calibrated(folder, "k", (1.0, height), (1.0, 0.0))
    blended = Blend("logits", weights=(3.0, 1.0))([reading.member(folder) for folder in folders])
    high, low = 1 / (1 + np.exp([-2.0, 2.0]))
    np.testing.assert_allclose(blended.probabilities["r0"], [(3 * high + low) / 4, 0.25], atol=1e-6)
    writing.write(tmp_path / "both", blended)
    again = reading.member(tmp_path / "both")
    np.testing.assert_allclose(again.probabilities["r0"], blended.probabilities["r0"], atol=1e-6)
    assert again.calibration is None


def test_a_blend_knows_its_species_by_name_whether_they_were_detected_or_not(tmp_path):
    read = [member(), member(seed=1)]
    joined = replace(Blend()(read), frames={})
    writing.write(tmp_path, joined)
    write_json(tmp_path / "blend.json", writing.record(Blend(), read, joined))
    assert reading.member(tmp_path).names == dict(enumerate(NAMES))
