"""A season: which species was heard where and when, against what was recorded; as tables and pictures."""
