"""What can be wrong with an audio file.

The words for faults, and the rows of the project's fault list that they answer:

| code              | fatal | rows     | meaning                                                                       |
|-------------------|-------|----------|-------------------------------------------------------------------------------|
| `empty`           | yes   | F1       | the file has no bytes                                                         |
| `no_audio`        | yes   | F2, F7   | a header of a sound file, and no sound that can be read                       |
| `not_audio`       | yes   | F3       | no known format, whatever the name says; also a folder                        |
| `bad_rate`        | yes   | F15      | a sample rate of 0, or above 1 MHz                                            |
| `unreadable`      | yes   | F22      | the file cannot be opened, or went away                                       |
| `no_channel`      | yes   | F14      | the wanted channel is not in the file                                         |
| `triggered`       | yes   | F19      | a recording that AudioMoth cut at silence: its times are wrong until expanded |
| `truncated`       | no    | F4, F5   | the file ends at `at_s`, before its header says so; what is there is used     |
| `decode_error`    | no    | F5       | from `at_s` on nothing can be decoded; what comes before is used              |
| `gap`             | no    | F6       | a stretch from `at_s` cannot be decoded; it is silence, later times are right |
| `header_mismatch` | no    | F7, F8   | header and bytes disagree; what the header says is read, if it is there       |
| `silent`          | no    | F10      | at least one whole block is one constant value                                |
| `clipped`         | no    | F12      | more than one sample in a thousand is at the end of the scale                 |
| `offset`          | no    | F12      | the mean of all samples is far from 0: a fault of the microphone or its power |
| `interference`    | no    | F12      | a tone that never stops: electricity or radio, seldom an insect               |
| `not_finite`      | no    | F11      | samples that are NaN, infinite or absurdly large; they are read as 0          |
| `band_limited`    | no    | F15      | the file's rate is below the wanted one: it never held the high frequencies   |

Rows F16 to F18 (names) have no code: the content decides the format, any name is taken, and keys are relative paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FATAL = frozenset({"empty", "no_audio", "not_audio", "bad_rate", "unreadable", "no_channel", "triggered"})


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an audio file: a word of the table above, and a sentence for people.

    `at_s` is the time in the recording where it begins, where there is one; `lost_s` are the seconds of sound that it
    cost, as far as the file says how long it should be.
    """

    code: str
    detail: str
    at_s: float | None = None
    lost_s: float = 0.0

    @property
    def fatal(self) -> bool:
        """Whether nothing of the file can be used."""
        return self.code in FATAL

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class AudioError(Exception):
    """A file of which nothing can be used; `fault` says why."""

    def __init__(self, path: Path, fault: Fault) -> None:
        super().__init__(path, fault)  # both as arguments, so that the error survives the way between processes
        self.path = path
        self.fault = fault

    def __str__(self) -> str:
        return f"{self.path}: {self.fault}"
