"""What is counted has the number that its noun has."""

import pytest

from dawnchorus.words import counted


@pytest.mark.parametrize(("number", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_one_alone_is_singular(number: int, said: str) -> None:
    assert counted(number, "file") == said


def test_a_noun_may_have_a_plural_of_its_own() -> None:
    assert (counted(1, "box", "boxes"), counted(3, "box", "boxes")) == ("1 box", "3 boxes")
