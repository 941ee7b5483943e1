"""Tools for every part of the package, which need no other part: bounds for input, and silence about secrets."""

from __future__ import annotations
