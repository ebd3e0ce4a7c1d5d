"""Pseudo-labels: what earlier models say of windows nobody annotated, as evidence. One policy a file.

A policy is called with the Scores of teachers that never heard the recording, and gives `Known`. It only ever adds to
what people said.
"""
