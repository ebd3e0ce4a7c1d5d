"""How much sound a file holds, by its header and by its bytes."""

from __future__ import annotations

from dataclasses import dataclass

from dawnchorus.audio.faults import Fault

LEAST_BYTES_PER_S = 20  # no format packs sound closer; a header that says so is wrong


@dataclass(frozen=True)
class Extent:
    """How much sound a file holds: frames that can be read, seconds by its header and by its bytes, the fault."""

    frames: int
    header_s: float | None
    bytes_s: float | None
    fault: Fault | None = None
