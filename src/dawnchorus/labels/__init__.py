"""Label policies: annotations and windows to what is known of them. One policy a file.

A policy is called with windows and the annotations of each recording, and gives `Known`: evidence of the windows
`(window, species)` and of their frames `(window, frame, species)`. Only `unknown_is_absent` turns silence into absence.
"""
