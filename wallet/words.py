"""The wallet's words: every sentence of the screens and dialogs, in the language of whoever reads it.

Its catalogues are `locale/LANGUAGE.po`. Not here: how they are read (`runtime.words`), and words for claims
and codes (`health`).
"""

from __future__ import annotations

from runtime.words import LANGUAGES, Words

__all__ = ["LANGUAGES", "Words", "words_of"]


def words_of(language: str) -> Words:
    """Return the wallet's words in a language of LANGUAGES; in English for any other."""
    return Words.of(language, "wallet")
