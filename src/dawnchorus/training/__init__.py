"""Training: folds, the batches of a stage, fitting it, running stages over folds, and shipping the models."""
