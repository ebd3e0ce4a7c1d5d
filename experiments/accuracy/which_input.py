"""What should a network on spectrograms be given: which spectrogram, in which windows, changed in which ways?

Expected: finer bands and the whole range of 48 kHz help species that call high or close together, and cost twice the
time; finer frames help event scores more than recording scores. The coordinate is cheap and brings a little. PCEN
helps where recorders and sites differ, and harms calls that go on for seconds. Windows of 4 s are better for short
calls, of 10 s for long ones; neither wins by much. Of the augmentations, backgrounds bring most: they are the user's
own.
"""

from dataclasses import replace

from dawnchorus import rounds
from dawnchorus.augment.background import Background
from dawnchorus.augment.band_masks import BandMasks
from dawnchorus.augment.disjoint import DisjointMixing
from dawnchorus.augment.masks import Masks
from dawnchorus.experiment import Experiment
from dawnchorus.features import FrontEnd
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.pcen import Pcen
from dawnchorus.study.values import Variant
from dawnchorus.windows import SlidingWindows

pictures = rounds.on_pictures()
# A hop of 768 keeps columns of 16 ms, and so windows that last as long; the masks cover the same share of the bands.
wide_48k = FrontEnd(rate_hz=48_000, n_fft=4096, hop=768, n_mels=256, high_hz=24_000.0)
fine = replace(rounds.BACKBONE, columns_per_frame=8, fused=True)


def augmented(*augmentations: object) -> Experiment:
    """The baseline with other augmentations."""
    return replace(pictures, stages=tuple(replace(stage, augment=augmentations) for stage in pictures.stages))


baseline = "pictures"
variants = {
    "pictures": Variant(pictures),
    "no_coordinate": Variant(replace(pictures, network=SedNetwork(rounds.BACKBONE))),
    "pcen": Variant(replace(pictures, front_end=FrontEnd(pcen=Pcen()))),
    "wide_48k": Variant(replace(augmented(Masks(rows=60)), front_end=wide_48k)),
    "fine": Variant(rounds.on_pictures(fine), note="Frames of 0.13 s, from two maps of the network."),
    "window_4s": Variant(rounds.on_pictures(window=SlidingWindows(256, 24)), note="As many windows, half the sound."),
    "window_10s": Variant(rounds.on_pictures(window=SlidingWindows(640, 61))),
    "band_masks": Variant(augmented(BandMasks())),
    "disjoint_mixing": Variant(augmented(DisjointMixing(), Masks())),
    "background_mixing": Variant(augmented(Background(), Masks())),
}
