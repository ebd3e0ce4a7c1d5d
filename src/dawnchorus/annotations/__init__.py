"""Tables of annotations and recordings, and what is wrong with them.

- `rfcx`: `train_tp.csv` and `train_fp.csv`, read and written
- `species`: `species.csv`, the names of the species
- `recordings`: `recordings.csv`, the site and the start of each recording
- `door`: annotations against the recordings that are there
- `problems`: what is said of a row that cannot be used as it is
- `table`: CSV files with named columns
"""

from dawnchorus.annotations.door import check, match
from dawnchorus.annotations.problems import AnnotationError, Problem

__all__ = ["AnnotationError", "Problem", "check", "match"]
