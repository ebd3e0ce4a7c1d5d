"""A store of embeddings, as training leaves it, read for recordings of an archive; nothing is computed.

A store knows recordings by the hash of their files, so a file is read once from its beginning to its end, which is
quicker than hearing it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dawnchorus import feature_store
from dawnchorus.audio.faults import AudioError, Fault
from dawnchorus.features import FeatureBlock
from dawnchorus.files import content_hash, read_json

SPECTROGRAMS = "FrontEnd"  # the kind of features that are no embeddings


@dataclass(frozen=True, eq=False)
class Stored:
    """The embeddings below `home`: of which encoder, and how many columns a second."""

    home: Path
    name: str
    per_second: float
    hashes: dict[tuple[Path, int, int], str] = field(default_factory=dict)  # by path, size and time of change

    def blocks(self, path: Path) -> list[FeatureBlock]:
        """The blocks of a file, none where the store has none. Raises AudioError when the file can't be read."""
        try:
            facts = path.stat()
            key = path, facts.st_size, facts.st_mtime_ns
            if key not in self.hashes:
                self.hashes[key] = content_hash(path)
        except OSError as error:
            raise AudioError(path, Fault("unreadable", str(error))) from error
        index = feature_store.index_of(self.home, self.hashes[key])
        return feature_store.stored(path.stem, index) if index.is_file() else []


def embeddings(folder: Path) -> Stored | None:
    """What a store holds of an encoder; None without any. Of several that of the most recordings.

    Sound as it was comes before denoised sound.
    """
    found: list[tuple[bool, int, Path, dict[str, Any]]] = []
    for settings in sorted(folder.glob(f"*/{feature_store.SETTINGS}")):
        record = read_json(settings)
        if record["settings"]["kind"] != SPECTROGRAMS:
            count = sum(1 for _ in settings.parent.glob("??/*.json"))
            found.append((not record["settings"].get("denoised"), count, settings.parent, record))
    if not found:
        return None
    _, _, home, record = max(found, key=lambda one: one[:2])
    return Stored(home, record["name"], float(record["columns_per_second"]))
