"""How fast should sound be played to BirdNET, and how often should each moment be heard?

Expected: twice as fast worse than as it is, since BirdNET learnt birds at their own pitch; both in one embedding a
little better than either, since low voices come nearer to birds' and more time is heard at once. Each moment twice
better at times, for frames are finer, and for recordings by a little, for a call has two looks.
"""

from dawnchorus import rounds
from dawnchorus.encoders.birdnet import STEP_S, BirdNet
from dawnchorus.study.values import Variant


def heard(hop_s: float, *speeds: float) -> Variant:
    """The default on BirdNET, with such frames and speeds."""
    return Variant(rounds.on_encoder(BirdNet(hop_s, speeds=speeds)))


baseline = "one_and_two"
variants = {
    "one": heard(STEP_S, 1.0),
    "two": heard(STEP_S, 2.0),
    "four": heard(STEP_S, 4.0),
    "one_and_two": Variant(rounds.on_encoder(rounds.BIRDNET)),
    "half_twice": heard(STEP_S / 2, 0.5),
    "one_twice": heard(STEP_S / 2, 1.0),
    "one_and_two_twice": heard(STEP_S / 2, 1.0, 2.0),
}
