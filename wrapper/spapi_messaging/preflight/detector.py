"""The language detector. It is loaded while this module is imported: then threads wait for it, and load it once.

It is our own one, because everybody can change the one that its library shares. Nothing changes it when it ranks.
"""

from __future__ import annotations

from py3langid.langid import MODEL_FILE, LanguageIdentifier

__all__ = ["DETECTOR"]

DETECTOR = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
