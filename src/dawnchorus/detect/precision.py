"""In which numbers a network is computed: float32, bfloat16 where the processor has it, or integers of eight bits.

What `dawnchorus quantise` leaves beside the networks of a model package, and what detection asks of it:

    model.0.int8.xml .bin ...    the networks in integers, as OpenVINO writes them
    int8.json                    what they are of, their hashes, and what they cost in score
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from dawnchorus import offline
from dawnchorus.files import content_hash, read_json, write_json
from dawnchorus.package import ModelPackage, PackageError

Precision = Literal["f32", "bf16", "int8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

MOST_LOSS = 0.01  # of cmAP, that integers may cost
RECORD = "int8.json"


@dataclass(frozen=True)
class Loss:
    """What integers cost on completely annotated recordings: cmAP of float32 and of int8, and on what."""

    cmap_f32: float
    cmap_int8: float
    recordings: int
    species: int
    truth: str

    @property
    def cmap(self) -> float:
        """How much cmAP is lost; below 0 when something is won."""
        return round(self.cmap_f32 - self.cmap_int8, 6)


@dataclass(frozen=True)
class Quantised:
    """The networks of a package in integers. `hashes` are those of all files; `loss` is None where nobody measured."""

    model_hash: str
    models: tuple[str, ...]
    hashes: dict[str, str]
    windows: int
    made_with: str
    loss: Loss | None = None


def write(folder: Path, quantised: Quantised) -> None:
    """Write int8.json beside the files that it names; it comes last."""
    write_json(folder / RECORD, asdict(quantised))


def read(package: ModelPackage) -> Quantised | None:
    """Read and check what was quantised; None if nothing was.

    Raises PackageError when it belongs to another model or is damaged.
    """
    path = package.folder / RECORD
    if not path.is_file():
        return None
    try:
        content: dict[str, Any] = read_json(path)
        loss = content.pop("loss")
        models = tuple(content.pop("models"))
        found = Quantised(**content, models=models, loss=Loss(**loss) if loss else None)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PackageError(f"{path}: not a complete {RECORD} ({type(error).__name__}: {error})") from error
    again = "make it again with dawnchorus quantise"
    if found.model_hash != package.hash or len(found.models) != len(package.models):
        raise PackageError(f"{path}: of another model than {package.folder}; {again}")
    if any(Path(name).name != name for name in (*found.models, *found.hashes)) or set(found.models) - set(found.hashes):
        raise PackageError(f"{path}: models must be files in the package folder, found {list(found.models)}")
    for name, wanted in found.hashes.items():
        if not (package.folder / name).is_file() or content_hash(package.folder / name) != wanted:
            raise PackageError(f"{package.folder / name}: missing, or not what {RECORD} was written with; {again}")
    return found


def paths(package: ModelPackage, precision: Precision) -> list[Path]:
    """The files of a package's networks in a precision. Raises PackageError for int8 where nothing was quantised."""
    if precision != "int8":
        return package.model_paths
    if (found := read(package)) is None:
        raise PackageError(
            f"{package.folder}: no int8 networks here; expected {RECORD}, as dawnchorus quantise makes it"
        )
    return [package.folder / name for name in found.models]


def native() -> Precision:
    """Bfloat16 where the processor computes in it and OpenVINO would choose it, too; float32 elsewhere."""
    core = offline.openvino().Core()
    return "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def chosen(package: ModelPackage, wanted: Precision | None = None, force: bool = False) -> Precision:
    """The precision to detect in: that which is wanted, or else this machine's.

    Raises ValueError for int8 where its loss was not measured, or is more than 0.01 of cmAP, unless forced to; and
    where nothing was quantised, forced or not.
    """
    if wanted != "int8":
        return wanted or native()
    found = read(package)
    quantise = f"dawnchorus quantise {package.folder} AUDIO..."
    if found is None:
        raise ValueError(f"{package.folder}: no int8 networks here; make them with {quantise}")
    if not force and found.loss is None:
        raise ValueError(
            f"{package.folder}: nobody measured what int8 costs; measure with {quantise} --truth --truth-audio, "
            "or take it as it is with --force"
        )
    if not force and found.loss is not None and not found.loss.cmap <= MOST_LOSS:
        raise ValueError(
            f"{package.folder}: int8 costs {found.loss.cmap:.4f} of cmAP on {found.loss.recordings} recordings, more "
            f"than {MOST_LOSS}; take it all the same with --force"
        )
    return "int8"
