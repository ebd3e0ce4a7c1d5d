from __future__ import annotations

from dataclasses import replace

import pytest

from blend.members import calibrated, member, predicted, whole
from dawnchorus.blend import reading
from dawnchorus.blend.joining import Blend
from dawnchorus.blend.member import BlendError


def test_members_of_other_species_are_refused():
    with pytest.raises(BlendError, match="two: it knows 3 species, one 2; expected the same"):
        Blend()([whole((0, 0), where="one"), whole((0, 0, 0), where="two")])
    with pytest.raises(BlendError, match="two: species 1 is 'newt', in one it is 'Pájaro 鳥'"):
        Blend()([member(), replace(member(where="two"), names={1: "newt"})])


def test_members_of_other_recordings_are_refused():
    with pytest.raises(BlendError, match=r"two: other recordings than in one: 2 missing, first c; 1 only here"):
        Blend()([member(), member(keys="abx", where="two")])
    other = replace(member(where="two"), frames=member(keys="abc").frames)
    with pytest.raises(BlendError, match=r"frames.npz: other recordings than in one/frames.npz: 1 missing, first d"):
        Blend()([member(), other])


def test_a_member_without_its_own_calibration_is_named(tmp_path):
    with pytest.raises(BlendError, match="one: no calibration"):
        Blend(calibrated=True)([member()])
    folder = predicted(tmp_path, member(), "another")
    calibrated(folder, "k", (1.0, 0.0), (1.0, 0.0))
    with pytest.raises(ValueError, match="it is another model's"):
        reading.member(folder)
