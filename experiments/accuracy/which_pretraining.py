"""What should a network on spectrograms start from: nothing, pictures, or the sound of the user's own archive?

Expected: ten minutes on one's own recordings, without a label, are worth much to a network that starts from nothing,
and less than photographs are; after photographs they still add a little, most where boxes are few. The pretraining of a
fold leaves its held-out recordings out, so the figures of all variants are of sound that no model has heard.
"""

from dataclasses import replace

from dawnchorus import rounds
from dawnchorus.pretraining.learner import Pretraining
from dawnchorus.study.values import Variant

from_pictures = rounds.on_pictures()
from_nothing = replace(from_pictures, network=from_pictures.network.blank())
own_sound = Pretraining()

baseline = "pictures"
variants = {
    "nothing": Variant(from_nothing),
    "pictures": Variant(from_pictures),
    "own_sound": Variant(replace(from_nothing, pretraining=own_sound)),
    "pictures_then_own_sound": Variant(replace(from_pictures, pretraining=own_sound)),
}
