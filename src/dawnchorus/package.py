"""ModelPackage: the folder that training ships and detection loads. No pickle; read without torch.

package.json        schema version; front end: mel settings or an encoder; windows and frames; species and their
                    bands; files and their hashes
model.0.onnx ...    windows to clipwise logits `(n, species)`, framewise logits `(n, frame, species)`; the mean counts
weights.0.safetensors, experiment.json    for people and for training again
species.csv card.md calibration.csv thresholds.csv
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dawnchorus.event_rule import lengths_of
from dawnchorus.events import Species
from dawnchorus.features import Features, FrontEnd, frozen_settings
from dawnchorus.files import content_hash, read_json, value_hash, write_json
from dawnchorus.pcen import Pcen
from dawnchorus.windows import SlidingWindows

if TYPE_CHECKING:
    from dawnchorus.calibration.tables import Calibration

SCHEMA = 2


class PackageError(ValueError):
    """A folder is no model package, or not one that this version can read; the message says why."""


@dataclass(frozen=True)
class ModelPackage:
    """Everything that detection needs to know of a model.

    `models` are file names in `folder`; `top_s` says how frames become a recording's score (`Scores.whole_recording`),
    `typical_s` how long each species' calls last (`EventRule`), nothing where that is not known.
    `hashes` are those of the models where they were compared with the files, so that large files are read once.
    """

    folder: Path
    name: str
    front_end: Features
    windows: SlidingWindows
    columns_per_frame: int
    species: tuple[Species, ...]
    bands_hz: tuple[tuple[float, float], ...]
    models: tuple[str, ...]
    origin: dict[str, Any]
    top_s: float = 0.0
    typical_s: tuple[float, ...] = ()
    hashes: tuple[str, ...] = field(default=(), compare=False)

    @cached_property
    def hash(self) -> str:
        """Stands for the content of the models: calibrations are bound to it."""
        return value_hash(list(self.hashes) or [content_hash(path) for path in self.model_paths])

    def calibration(self) -> Calibration | None:
        """The calibration beside the models, None when there is none. Raises ValueError when it is another model's."""
        if not (self.folder / "calibration.csv").is_file():
            return None
        from dawnchorus.calibration import tables  # here, because a worker never needs it

        return tables.read(self.folder, self.hash)

    @property
    def frame_s(self) -> float:
        """Seconds of a frame of the scores."""
        return self.columns_per_frame / self.front_end.columns_per_second

    @property
    def model_paths(self) -> list[Path]:
        """The ONNX files."""
        return [self.folder / name for name in self.models]


def write(package: ModelPackage) -> None:
    """Write package.json beside the files it names; it comes last, so a folder that has it is complete."""
    hashes = {path.name: content_hash(path) for path in sorted(package.folder.iterdir()) if path.name != "package.json"}
    write_json(
        package.folder / "package.json",
        {
            "schema": SCHEMA,
            "name": package.name,
            "front_end": frozen_settings(package.front_end),
            "windows": asdict(package.windows),
            "columns_per_frame": package.columns_per_frame,
            "species": [species.name for species in package.species],
            "bands_hz": [list(band) for band in package.bands_hz],
            "models": list(package.models),
            "top_s": package.top_s,
            "typical_s": list(package.typical_s),
            "origin": package.origin,
            "files": hashes,
        },
    )


def read(folder: Path) -> ModelPackage:
    """Read and check a package. Raises PackageError for a missing or damaged file, or for another schema."""
    path = folder / "package.json"
    if not path.is_file():
        raise PackageError(f"{folder}: no package.json here; expected a model folder such as RUN/model")
    try:
        content = read_json(path)
        if content["schema"] != SCHEMA:
            raise PackageError(f"{path}: schema {content['schema']}; this version of dawnchorus reads schema {SCHEMA}")
        package = ModelPackage(
            folder,
            content["name"],
            _front_end(content["front_end"]),
            SlidingWindows(**content["windows"]),
            int(content["columns_per_frame"]),
            tuple(Species(number, name) for number, name in enumerate(content["species"])),
            tuple((float(low), float(high)) for low, high in content["bands_hz"]),
            tuple(content["models"]),
            content["origin"],
            float(content["top_s"]),
            lengths_of(content.get("typical_s", []), len(content["species"])),  # older models don't tell
        )
        files = dict(content["files"])
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, PackageError):
            raise
        raise PackageError(f"{path}: not a complete package.json ({type(error).__name__}: {error})") from error
    if not package.models or any(Path(name).name != name for name in [*package.models, *files]):
        raise PackageError(f"{path}: models must be files in the package folder, found {list(package.models)}")
    if len(package.bands_hz) != len(package.species):
        raise PackageError(f"{path}: {len(package.bands_hz)} bands for {len(package.species)} species")
    for name in sorted({*package.models, *files}):
        if not (folder / name).is_file():
            raise PackageError(f"{folder / name}: missing; package.json names it")
        if name in package.models and content_hash(folder / name) != files.get(name):
            raise PackageError(f"{folder / name}: its content is not what package.json was written with")
    return replace(package, hashes=tuple(files[name] for name in package.models))


def _front_end(record: dict[str, Any]) -> Features:
    """The front end of a package: mel settings, or an encoder that is known here."""
    kind: Any = FrontEnd
    if record["kind"] != FrontEnd.__qualname__:
        from dawnchorus.encoders.birdnet import BirdNet
        from dawnchorus.encoders.onnx_file import OnnxEncoder

        kind = {one.__qualname__: one for one in (BirdNet, OnnxEncoder)}[record["kind"]]
    settings = {name: value for name, value in record.items() if name != "kind"}
    if "pcen" in settings:
        settings["pcen"] = Pcen(**settings["pcen"])
    if "speeds" in settings:
        settings["speeds"] = tuple(settings["speeds"])
    front_end: Features = kind(**settings)
    return front_end


def describe(package: ModelPackage) -> dict[str, str]:
    """What there is to say of a package, in words."""
    window_s = package.windows.columns / package.front_end.columns_per_second
    frame_s = package.columns_per_frame / package.front_end.columns_per_second
    return {
        "model": package.name,
        "networks averaged": str(len(package.models)),
        "species": ", ".join(species.name for species in package.species),
        "hears": f"{package.front_end.rate_hz} Hz, {package.front_end.name}",
        "window": f"{window_s:.2f} s, frames of {frame_s:.3f} s",
        **{name: str(value) for name, value in package.origin.items()},
    }
