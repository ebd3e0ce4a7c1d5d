"""The section on recordings: spectrograms with what people, models and the truth say."""

from __future__ import annotations

from collections.abc import Sequence

from dawnchorus.plots.ink import safe_text
from dawnchorus.plots.recording import recording_figure
from dawnchorus.report.content import RecordingFigure
from dawnchorus.report.fragments import nothing_to_show, paragraph, scroller


def recordings_section(recordings: Sequence[RecordingFigure]) -> str:
    """Show the chosen recordings, each with a caption that says what is drawn on it."""
    if not recordings:
        return nothing_to_show("No recordings were chosen for this report.")
    figures = [_recording(recording) for recording in recordings]
    return "\n".join([paragraph(RECORDINGS_TEXT), *figures])


def _recording(recording: RecordingFigure) -> str:
    """Draw one recording."""
    says = f"Spectrogram of {recording.name} with annotations and scores"
    picture = recording_figure(
        recording.db,
        duration_s=recording.duration_s,
        low_hz=recording.low_hz,
        high_hz=recording.high_hz,
        mel_hz=recording.mel_hz,
        boxes=recording.boxes,
        tracks=recording.tracks,
        description=says,
    )
    note = paragraph(safe_text(recording.note)) if recording.note else ""
    marks = "".join(f"<li>{_key(kind)} {text}</li>" for kind, text in _marks(recording))
    title = f"<h3>{safe_text(recording.name)}</h3>{note}"
    caption = f'<figcaption><ul class="key">{marks}</ul></figcaption>'
    return f'<figure class="recording">{title}{scroller(picture, safe_text(says))}{caption}</figure>'


def _marks(recording: RecordingFigure) -> list[tuple[str, str]]:
    """Say in words what each kind of mark on this recording means, and how many there are."""
    counts = {kind: sum(box.kind == kind for box in recording.boxes) for kind in MARKS}
    counts |= {"curve": len(recording.tracks), "sound": 1}
    return [(kind, text.format(counts[kind])) for kind, text in MARKS.items() if counts[kind]]


def _key(kind: str) -> str:
    """Draw a small example of a mark."""
    shapes = {
        "pseudo": '<rect x="2" y="3" width="26" height="9" fill="#2A7FB4" fill-opacity="0.45" stroke="#2A7FB4"/>',
        "present": '<rect width="30" height="15" fill="#141c3a"/>'
        '<rect x="4" y="3" width="22" height="9" fill="none" stroke="#FFB733" stroke-width="2"/>',
        "absent": '<rect width="30" height="15" fill="#141c3a"/><rect x="4" y="3" width="22" height="9" fill="none" '
        'stroke="#FFB733" stroke-width="2" stroke-dasharray="5 4"/>',
        "truth": '<rect x="2" y="5" width="26" height="6" fill="#1d2528"/>',
        "curve": '<path d="M1 13L9 12L14 3L19 4L24 12L29 13" fill="none" stroke="#2A7FB4" stroke-width="1.8"/>',
        "sound": '<rect width="30" height="15" fill="#141c3a"/>'
        '<path d="M5 12L14 5L24 3" stroke="#d8dfcb" stroke-width="3"/>',
    }
    return f'<svg viewBox="0 0 30 15" width="30" height="15" aria-hidden="true">{shapes[kind]}</svg>'


MARKS = {
    "sound": "Picture: the sound. Low tones are at the bottom; bright is loud, as the bar at the right says.",
    "pseudo": "Bar above the picture ({}): a pseudo-label. A model labelled this stretch, no person did.",
    "present": "Solid box ({}): a person confirmed that the species is in the box.",
    "absent": "Dashed box, named “not …” ({}): a person checked, and the species is <b>not</b> in the box.",
    "curve": "Curve ({}): how sure the detector is of the species, from 0 to 1. The dashed line is the threshold.",
    "truth": "Dark bar under a curve ({}): the species truly sounds then. A good curve is high over these bars only.",
}
RECORDINGS_TEXT = (
    "Time runs to the right and pitch upwards. Each species has one colour within a picture. Rest the pointer on a "
    "mark to read its times."
)
