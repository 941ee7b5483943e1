"""Fuzzing with atheris."""
