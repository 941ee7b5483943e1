"""Mutation tests with mutmut: the code is changed in one place at a time, and a test should notice each change.

``command`` is the way from the arguments to the report, ``copy`` the copy that is changed, ``operators`` which changes
are made, ``session`` runs the tests, ``type_errors`` asks mypy first.
"""
