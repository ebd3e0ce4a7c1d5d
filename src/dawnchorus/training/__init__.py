"""Training: folds, the batches of a stage, fitting it, running stages over folds, and shipping the models.

- `folds`, `batches`, `fit`: what a stage hears and is told, and the loop that fits it; `precision` and `weights` are
  those of its network, `built` is the network itself
- `pretrain`, `pasting`: what comes before: a backbone that learns without annotations, recordings with pasted events
- `run`: stages over folds; `keys` say what a fit comes from, `results` are what it leaves behind, `counts` its labels
- `score`: what a network says of recordings
- `train`: a folder of data to a finished run; `calibrate` and `ship` make a model of it
"""
