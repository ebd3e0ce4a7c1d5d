"""Recordings as blocks of mono sound, and what is wrong with an audio file.

Every stretch of time is decoded or reported: "no exception" from a decoder does not mean "all the sound".
What is known from a header and the bytes on disk is told by `header.inspect`; what only decoding shows, by
`reading.blocks`.

- `faults`: the words for what can be wrong
- `samples`: what sound is: its type, its channels, the opened file
- `folders`: sound files under folders, and their keys
- `header`: what a file is before anything is decoded; from `containers`, `wav` and `flac`, each of which gives an
  `extent`: how much sound there is
- `reading`: blocks, whole files, stretches; from `decoding` (past damage), `listening` (faults that are heard) and
  `resampling`
"""
