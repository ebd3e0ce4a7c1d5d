from pathlib import Path

import pytest

from dawnchorus.study.load import StudyError, load, split, studies_in

STUDY = '''"""Does it help?"""
from dawnchorus import memo
from dawnchorus.study.values import Variant
baseline = "first"
variants = {"first": Variant(memo.first), "second": Variant(memo.second)}
'''


def written(folder: Path, text: str, name: str = "which.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_own_file_is_a_study(tmp_path: Path) -> None:
    study = load(written(tmp_path, STUDY))
    assert (study.name, study.question, study.baseline) == ("which", "Does it help?", "first")
    assert list(study.variants) == ["first", "second"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (STUDY.replace('"""Does it help?"""', ""), "a docstring that asks the question"),
        (
            STUDY.replace('baseline = "first"', 'baseline = "third"'),
            "`baseline` is 'third'; expected one of first, second",
        ),
        (STUDY.replace("variants =", "others ="), "expected `variants`"),
    ],
)
def test_what_is_no_study_says_what_is_missing(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(StudyError, match=said) as raised:
        load(path)
    assert str(path) in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no such file"):
        load(tmp_path / "gone.py")


@pytest.mark.parametrize(
    ("text", "path", "variant"),
    [
        ("experiments/a.py", "experiments/a.py", None),
        ("experiments/a.py:exp0109", "experiments/a.py", "exp0109"),
        (r"C:\studies\a.py", r"C:\studies\a.py", None),
        (r"C:\studies\a.py:exp0109", r"C:\studies\a.py", "exp0109"),
    ],
)
def test_a_variant_is_named_behind_a_colon(text: str, path: str, variant: str | None) -> None:
    assert split(text) == (Path(path), variant)


def test_files_that_begin_with_an_underscore_are_no_studies(tmp_path: Path) -> None:
    written(tmp_path, STUDY)
    written(tmp_path, "raise RuntimeError", "_shared.py")
    assert [study.name for study in studies_in(tmp_path)] == ["which"]


def test_a_study_may_define_settings_of_its_own(tmp_path: Path) -> None:
    own = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    own += "@dataclass\nclass Own:\n    x: int = 1\n"
    head, _, rest = STUDY.partition("\n")
    assert load(written(tmp_path, f"{head}\n{own}{rest}")).name == "which"
