from dawnchorus.annotations.problems import Problem, by_kind


def test_of_alike_problems_the_first_is_told_and_how_many_more_there_are():
    bad = [Problem("t.csv", line, "bad_species", f"species_id is 'x{line}'", "a number", True) for line in (2, 3, 4)]
    odd = Problem("t.csv", 9, "bad_time", "t_min is 'noon'", "a number", True)
    assert by_kind([bad[0], odd, *bad[1:]]) == [
        "t.csv line 2: species_id is 'x2', not a number; left out, and 2 more like it",
        "t.csv line 9: t_min is 'noon', not a number; left out",
    ]


def test_rows_that_are_lost_are_not_counted_with_names_that_need_no_recording():
    named = Problem("recordings.csv", 0, "unknown_recording", "2 of 3 names", "of those to train on", False)
    lost = Problem("train_tp.csv", 2, "unknown_recording", "recording_id is 'x'", "one of the recordings", True)
    assert len(by_kind([named, lost])) == 2
