"""Augmentations: changes of sound that leave its meaning, one a file.

An augmentation is called with a plane `(mel, column)` of values in [0, 1] and a generator, and gives a new plane. One
that goes by what is known of a window, or that changes it, is given an Example instead and gives a new one
(`example.WindowAugmentation`). Those that mix a batch (`mixup`) say what becomes of the evidence.
"""
