"""Checks the numbers that a test sets. A wrong one is an error at once, and not in a later call."""

from __future__ import annotations

A_DAY, A_YEAR = 86_400, 31_536_000
MANY = 1_000_000_000
"""More than any test needs. Beyond it, calculations could overflow."""


def check_number(name: str, value: object, least: float, most: float) -> None:
    """Refuses what is not a number between `least` and `most`, such as NaN.

    Raises:
        TypeError: The value is not a number.
        ValueError: It is too small, too large or NaN.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}")
    _check_range(name, value, least, most)


def check_count(name: str, value: object, least: int = 1, most: int = MANY) -> None:
    """Refuses what is not a whole number between `least` and `most`.

    Raises:
        TypeError: The value is not a whole number.
        ValueError: It is too small or too large.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, not {type(value).__name__}")
    _check_range(name, value, least, most)


def check_text(name: str, value: object) -> None:
    """Refuses what is not a string.

    Raises:
        TypeError: The value is not a string.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} must be at least {least} and at most {most}")
