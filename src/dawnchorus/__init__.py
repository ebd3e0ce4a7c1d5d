"""dawnchorus learns to hear species from partial annotations.

The modules, in the order of the data; each imports only from modules above it in this list:

- `events`: Recording, Annotation, Detection, Verdict: frozen values in seconds and hertz
- `words`: counts in words
- `files`: writes that are whole or not there at all; hashes of contents and settings
- `offline`: libraries that would use the network without being asked
- `annotations`: annotation files to Annotation, one format a file; what is wrong with a table
- `audio`: recordings in blocks, any container; what is wrong with an audio file
- `recorders`: where and when a recording was made: headers, names, folders, time zones
- `denoise`: what sounds all the time is taken out of a recording
- `pcen`: every band against its own recent past, in place of dB
- `features`: waveform to dB mel, and standardisation
- `feature_store`: features on disk, computed once for each file
- `encoders`: pretrained encoders: sound to embeddings, stored and trained on as a spectrogram is
- `windows`: how a recording is cut for training and for detection
- `evidence`: what is known of windows and frames, and what is not
- `scores`: what a model says of a recording: stitching, averaging, the store
- `event_rule`: frames to events
- `added_noise`: noise of training recordings, added to those that a model is tried on
- `pasted`: annotated calls, cut out and laid over other recordings
- `metrics`: cmAP, LWLRAP, event scores, on full and on partial labels
- `calibration`: scores to probabilities from partial labels; prevalence; thresholds for a precision
- `package`: ModelPackage: the folder that training ships and detection loads
- `export`: detections and annotations to files that others read, one format a file
- `convert`: any table of annotations or detections to any other format
- `plots`: pictures without a plotting library, one kind a file: spectrograms with boxes, charts, seasons
- `coverage`: what tables of annotations say, by species, and what is wrong with them
- `report`: the HTML report
- `seasons`: what was heard where and when against what was recorded: tables and pictures
- `simulate`: soundscapes with known truth and RFCX-like annotations
- `detect`: a model package over recordings: one file, or an archive with a ledger
- `dataset`: a folder of recordings and tables, checked at the door, its features ready
- `run_folder`: what training leaves behind, read without torch
- `blend`: an ensemble: what several models say of the same recordings, as one
- `evaluate`: scores of a run on partial labels and on full truth, and its report
- `quantise`: a model's networks in integers of eight bits, and what they cost in score
- `labels`: label policies: annotations and windows to Evidence (from here on: the `train` extra)
- `augment`: masks, brightness, gamma, mixtures: sound and Evidence together
- `networks`: backbone to sound event detection head
- `losses`: network output and Evidence to a number
- `pseudo_labels`: Scores to Evidence
- `sampling`: which recordings a pass hears: under-sampling
- `averaging`: weights averaged over the end of a stage
- `pretraining`: what a backbone learns from sound without annotations: two views of one place mean the same
- `experiment`: Stage, Experiment; their JSON record; what differs from a baseline
- `training`: folds, fitting one stage, running stages over folds, shipping a model
- `recommended`: the memo's three stages on a few minutes, and how much detail a network sees
- `rounds`: what `dawnchorus train` uses when nobody says otherwise: pasted events, soft labels, encoders, students
- `memo`: the memo's stages, as its author ran them
- `review`: what people are asked, the page on which they answer (the `review` extra), what their verdicts say
- `console`: progress and tables in the terminal
- `study`: files of experiments that answer one question: run, judged, compared
- `demo`: simulate, train, detect, evaluate, show
- `cli`: the commands, one file each
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from dawnchorus.detect.model import Model
    from dawnchorus.detect.precision import Precision

__version__ = "0.1.0"


def load(model: Path | str, precision: Precision | None = None) -> Model:
    """Load a model folder such as RUN/model, to listen to single files; `precision` None is this machine's.

    Raises PackageError if the folder is no model that this version can read.
    """
    from dawnchorus.detect.model import Model

    return Model.load(model, precision)
