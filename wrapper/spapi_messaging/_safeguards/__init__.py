"""What every part of the package uses, and what uses none of them: bounds for input, and silence about secrets."""

from __future__ import annotations
