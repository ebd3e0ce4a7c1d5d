"""How good a run is: on partial labels from its out-of-fold Scores, on full truth from its models.

Scores on partial labels come from the boxes that people judged, and from nothing else. They cannot rank variants that
differ in pseudo-labels: what such labels change is mostly where nobody looked.

- `evaluation`: the scores of one stage
- `truth`: recordings that were annotated completely
- `judging`: every stage of a run
- `report`, `figures`: what the HTML report shows of it
"""
