"""Augmentations: changes of sound that leave its meaning, one a file.

An augmentation is called with a plane `(mel, column)` of values in [0, 1] and a generator, and gives a new plane. Those
that move meaning too (`mixup`) say what becomes of the evidence.
"""
