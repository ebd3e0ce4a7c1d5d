"""On a pretrained encoder: how should a round of soft labels take its teachers, and how many rounds are best?

Expected: weak labels best, since teachers of a hundred boxes are often wrong; a share of time nearest to the truth
best; presence held to as much as people gave of it (`cap_1`) as good as weak labels; a second round a little better,
a third and fourth worse, as mistakes repeat; an audit part, which stops them, dearer than it is worth with so few
boxes; a student, who learns log odds everywhere, better at times than a round, and no better at species.
"""

from dataclasses import replace

from dawnchorus import rounds
from dawnchorus.pseudo_labels.soft import Soft
from dawnchorus.study.values import Variant

full = rounds.on_encoder(rounds.BIRDNET, count=1)
known, first = full.stages
alone = replace(full, stages=(known,))


def soft(prior: float, weight: float, power: float = 1.0, count: int = 1) -> Variant:
    """Rounds whose teachers' words weigh so much, carried to such a share of time."""
    labels = Soft(prior, power, weight, weight)
    return Variant(replace(full, stages=rounds.rounds(known, count, labels)))


def capped(cap: float) -> Variant:
    """A round whose presence weighs at most so many times what people said."""
    return Variant(replace(full, stages=(known, replace(first, pseudo_cap=cap))))


baseline = "as_a_person"
variants = {
    "known": Variant(alone),
    "as_a_person": soft(0.05, 1.0),
    "weight_0.6": soft(0.05, 0.6),
    "weight_0.3": soft(0.05, 0.3),
    "prior_0.02": soft(0.02, 0.3),
    "prior_0.1": soft(0.1, 0.3),
    "prior_0.5": soft(0.5, 0.3),
    "power_2": soft(0.05, 1.0, power=2.0),
    "cap_1": capped(1.0),
    "cap_10": capped(10.0),
    "two_rounds": soft(0.05, 1.0, count=2),
    "three_rounds": soft(0.05, 1.0, count=3),
    "four_rounds": soft(0.05, 1.0, count=4),
    "audited": Variant(replace(full, stages=rounds.rounds(known, 3), audit=True)),
    "student": Variant(rounds.self_taught(alone)),
}
