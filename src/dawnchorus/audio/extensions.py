"""How the names of sound files end, and where they lie. Nothing else stands here: looking at names needs no decoder."""

from pathlib import Path

EXTENSIONS = frozenset({".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff", ".w64", ".rf64", ".opus"})


def audio_folder(data: Path) -> Path:
    """Where the recordings of DATA lie when nobody says otherwise."""
    return next((data / name for name in ("train", "audio") if (data / name).is_dir()), data)
