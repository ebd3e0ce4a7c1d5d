"""People confirm or reject what a detector found, and training learns from it."""
