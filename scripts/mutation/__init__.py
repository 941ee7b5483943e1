"""Mutation tests with mutmut: the code is changed in one place at a time, and a test should notice each change.

``arguments`` reads what was typed, ``copy`` makes the copy that is changed, ``command`` is the way from there to the
report. ``operators`` says which changes are made, ``session`` runs the tests, ``type_errors`` asks mypy first.
"""
