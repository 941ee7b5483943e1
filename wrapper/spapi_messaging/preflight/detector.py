"""The language detector. Importing this module loads it, so threads wait for it, and it is loaded once.

It is not the one that its library shares, because any other code can change that one. Detecting changes nothing in it.
"""

from __future__ import annotations

from py3langid.langid import MODEL_FILE, LanguageIdentifier

__all__ = ["DETECTOR"]

DETECTOR = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
