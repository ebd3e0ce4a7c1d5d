"""Probabilities that mean what they say, from partial labels: of recordings given 0.8, 80 % hold the species.

Scores in, probabilities out, one rising map a species: `sigmoid(a * logit(score) + b)`. Nothing here changes the order
of one species' scores. Two ways lead to a map:

- `platt` learns from known cells alone. What it says holds for the share of presence among them
  (`prevalence.labelled_prior`); `prevalence.prevalence_by_em` finds the share among all recordings, and
  `Platt.shifted` carries the map over.
- `mixture` learns from all recordings, known or not, and gives map and prevalence at once.

Both take the known-present recordings for a fair sample of how presence sounds. People box what they hear well; then
both ways find too few. Where somebody labelled a part in full, `measures` tell. `thresholds` are for a precision,
`tables` what is kept of a calibration, `odds` what all share.
"""
