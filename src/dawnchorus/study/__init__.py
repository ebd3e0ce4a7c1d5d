"""Studies: files of experiments that answer one question; run, judged and compared with a baseline.

A study is a Python file with a docstring that asks the question, `baseline` (the name of a variant) and `variants`, a
dict of names and `Variant`s. Studies need no registration: a path is enough.
"""
