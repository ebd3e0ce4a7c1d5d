"""Study files to Study values. A study is code: loading one runs it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from dawnchorus.study.values import Study, Variant


class StudyError(ValueError):
    """A file is no study; the message says what is missing."""


def load(path: Path) -> Study:
    """Read the study in a Python file. Raises StudyError when it holds no docstring, variants or baseline."""
    if not path.is_file():
        raise StudyError(f"{path}: no such file; expected a study, such as experiments/memo/which_stages.py")
    spec = importlib.util.spec_from_file_location(f"study_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise StudyError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses that a study defines look for it there
    spec.loader.exec_module(module)
    variants = getattr(module, "variants", None)
    if not isinstance(variants, dict) or not all(isinstance(one, Variant) for one in variants.values()):
        raise StudyError(f"{path}: expected `variants`, a dict of names and dawnchorus.study.values.Variant")
    baseline = getattr(module, "baseline", None)
    if not isinstance(baseline, str) or baseline not in variants:
        raise StudyError(f"{path}: `baseline` is {baseline!r}; expected one of {', '.join(variants)}")
    if not module.__doc__:
        raise StudyError(f"{path}: expected a docstring that asks the question")
    return Study(path, module.__doc__.strip(), baseline, variants)


def split(text: str) -> tuple[Path, str | None]:
    """The file and the variant of `STUDY` or `STUDY:VARIANT`; a drive letter's colon is none of ours."""
    head, colon, variant = text.rpartition(":")
    if colon and len(head) > 1 and not any(slash in variant for slash in "/\\"):
        return Path(head), variant
    return Path(text), None


def studies_in(folder: Path) -> list[Study]:
    """All studies in a folder and below, by path; files that begin with `_` are none."""
    return [load(path) for path in sorted(folder.rglob("*.py")) if not path.name.startswith("_")]
