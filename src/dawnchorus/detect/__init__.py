"""A model package over recordings: sound in, Scores and Detections out. OpenVINO computes; torch is not needed."""
