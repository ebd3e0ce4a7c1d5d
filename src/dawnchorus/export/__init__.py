"""Detections and scores to files that others read, one format a file."""
