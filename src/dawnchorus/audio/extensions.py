"""How the names of sound files end. Nothing else stands here, so that looking at names needs no decoder."""

EXTENSIONS = frozenset({".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff", ".w64", ".rf64", ".opus"})
