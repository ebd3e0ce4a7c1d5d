"""On a pretrained encoder: does a student that hears all that its teachers do say more, and how long must it learn?

Expected: a little better in recordings and more so in time, since a word on every frame tells where calls begin and
end; better still with three times the steps, and no better after.
"""

from dawnchorus import rounds
from dawnchorus.study.values import Variant

alone = rounds.on_encoder(rounds.BIRDNET)


def taught(steps: int) -> Variant:
    """The default on BirdNET, with a student of so many steps."""
    return Variant(rounds.self_taught(alone, steps / rounds.ENCODER_STEPS))


baseline = "no_student"
variants = {"no_student": Variant(alone)} | {f"steps_{steps}": taught(steps) for steps in (667, 1500, 4000)}
