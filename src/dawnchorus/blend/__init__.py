"""An ensemble: what several models say of the same recordings, as one.

Members may hear with other front ends, in other windows and frames: an encoder tells what sounds, a network on
spectrograms when. They are blended at two grains, whole recordings and frames, and what comes out is a member again.

- `member`: what a model, or a blend of several, says of recordings; which members fit together
- `reading`: members, from runs, folders of predictions and submission tables
- `joining`: how members become one
- `writing`: the files of a blend, and its record
"""
