"""Losses: what the network said and what is known, to one number. One loss a file.

Losses are built from the same term: `sum(present * bce(z, 1)) / norm + sum(absent * bce(z, 0)) / norm`. A cell of which
nothing is known has no gradient; a batch of which nothing is known has loss 0. `attention_self_label` is the exception:
it listens to the network, not to people.
"""
