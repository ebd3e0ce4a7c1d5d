"""Pretrained encoders: sound to embeddings, stored and trained on as a spectrogram is. One encoder a file.

An encoder is a front end (`features.Features`) whose columns are embeddings `(feature, frame)`: frame f covers the
seconds from `f * hop_s` to `(f + 1) * hop_s`, and its embedding comes from a longer stretch of sound.
"""
