"""People say what is there: a local page that shows and plays what a detector found, and the table of verdicts."""
