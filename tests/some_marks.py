"""Rows of tables for tests: by hand, and as hypothesis thinks them up."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from dawnchorus.annotations.marks import ABSENT, PRESENT, UNSEEN, UNSURE, Mark
from dawnchorus.events import Recording

DAY_S = 86_400.0
TIMES_S = st.one_of(st.sampled_from([0.0, -0.0, 1e-9, 0.1 + 0.2, 59.999999, DAY_S]), st.floats(0, 1e5))
HERTZ = st.one_of(st.sampled_from([0.0, 1e-9, 24_000.0]), st.floats(0, 1e5))
LETTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\0\\")
WORDS = st.one_of(
    st.sampled_from(['=cmd|"', "'=x", "Ave, azul", "a\tb", 'say "hi"', '"open', "鳥", "a\r\nb", "-1", "@x;y", "s3"]),
    st.text(LETTERS, min_size=1),
).map(str.strip).filter(bool)  # fmt: skip
PATHS = st.sampled_from(["a", "SD01/20260401_050000", "SD02/20260401_050000", "deep/er/ñandú [x] 1"])


def marks(recordings: st.SearchStrategy[str] = PATHS) -> st.SearchStrategy[list[Mark]]:
    """Lists of any rows: points, boxes without frequencies, all four words, names with everything in them."""
    return st.lists(
        st.builds(
            lambda recording, species, times, band, said, score, channel, song: Mark(
                recording, species, times[0] + 0.0, times[1] + 0.0, band[0], band[1], said, score, channel, song
            ),
            recordings,
            WORDS,
            st.tuples(TIMES_S, TIMES_S).map(sorted),
            st.one_of(st.just((0.0, 0.0)), st.tuples(HERTZ, HERTZ).map(sorted)),
            st.sampled_from([PRESENT, ABSENT, UNSURE, UNSEEN]),
            st.one_of(st.none(), st.floats(0, 1).map(lambda value: value + 0.0)),
            st.integers(0, 4),
            st.one_of(st.just(""), WORDS),
        ),
        max_size=6,
    ).map(lambda found: [one._replace(low_hz=one.low_hz if one.high_hz else 0.0) for one in found])


def recording(key: str, duration_s: float = 60.0, rate_hz: int = 48_000) -> Recording:
    """A recording that is nowhere."""
    return Recording(key, Path("/audio", key + ".WAV"), duration_s, rate_hz)
