from __future__ import annotations

import sounds
from dawnchorus.evaluate.truth import read_truth
from evaluate.runs import box


def test_a_table_of_truth_is_checked_at_the_door(tmp_path):
    sounds.write_wav(tmp_path / "audio" / "a.wav", sounds.noise(10, 8000), 8000)
    table = tmp_path / "test.csv"
    table.write_text("recording_id,species_id,t_min,f_min,t_max,f_max\na,0,2,100,3,900\na,9,2,1,3,9\nz,0,2,1,3,9\n")
    truth = read_truth(table, tmp_path / "audio", 2)
    assert truth.boxes == (box("a", 0, 2),)
    assert [recording.key for recording in truth.recordings] == ["a"]
    assert sorted(problem.kind for problem in truth.problems) == ["bad_species", "unknown_recording"]
