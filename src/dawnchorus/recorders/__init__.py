"""Where and when a recording was made: from what its recorder wrote into it, its name, its folder, and what users say.

- `header`: the words that recorders leave inside files
- `names`: start times and coordinates in file names
- `pattern`: sites and dates in folders, by a pattern that the user gives
- `zones`: time zones by name or offset
- `sites`: a table of sites with their coordinates
- `origin`: all of these together, and which of them was believed
"""
