"""The recovery phrase: twelve words on paper that open a wallet or a backup when its passphrase is gone.

The words are those of BIP-39, made by the package `mnemonic` from 128 random bits and four bits of checksum.
They are used as text, canonical in case and spaces: what they seal is derived from it by Argon2id as from any
passphrase (`runtime.sealing`), and no key of a person comes out of them. A phrase that is not right is told
by name before anything is tried with it (threat K11): a word that is in no list, a word of another language's
list, the number of words, and the checksum, which is wrong too where the order is.

Source: https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki. Not here: what a phrase seals.
"""

from __future__ import annotations

import difflib
import unicodedata
from functools import cache

from mnemonic import Mnemonic

from vclib.errors import SealingError

WORDS = 12

_BITS = 128
_LANGUAGE = "english"
# What is typed counts as a phrase, and not as a passphrase of several words, from here on.
_FEWEST_WORDS = 9
_FEWEST_KNOWN = 0.75


class PhraseError(SealingError):
    """What was typed is no recovery phrase; the message says which word or what else is wrong with it."""


def new_phrase() -> str:
    """Return twelve new words with one space between them, from 128 bits of the operating system."""
    return _list(_LANGUAGE).generate(_BITS)


def parse_phrase(typed: str) -> str:
    """Return a phrase as `new_phrase` writes it, whatever its case and spaces; PhraseError says what is not.

    A word of the message is one that was typed and is in no list, so it is none of a phrase.
    """
    words = _split(typed)
    known = _known(_LANGUAGE)
    for number, word in enumerate(words, start=1):
        if word not in known:
            raise PhraseError(_unknown(number, word, words))
    if len(words) != WORDS:
        raise PhraseError(f"a recovery phrase has {WORDS} words; these are {len(words)}")
    phrase = " ".join(words)
    if not _list(_LANGUAGE).check(phrase):
        raise PhraseError(
            "these words do not belong together: one is another word of the list, or the order is wrong"
        )
    return phrase


def looks_like_phrase(typed: str) -> bool:
    """Say whether somebody meant a recovery phrase, be it right or not, and no passphrase of own words."""
    words = _split(typed)
    known = sum(word in _known(_LANGUAGE) for word in words)
    return len(words) >= _FEWEST_WORDS and known >= len(words) * _FEWEST_KNOWN


def sealing_text(typed: str) -> str:
    """Return what seals or opens by what was typed: the phrase in its one form, a passphrase as it is.

    Raises PhraseError for a phrase that is not right.
    """
    return parse_phrase(typed) if looks_like_phrase(typed) else typed


def _unknown(number: int, word: str, words: list[str]) -> str:
    other = _other_language(words)
    if other is not None:
        return f"word {number} is not of the English list: these are words of the {other} list"
    near = difflib.get_close_matches(word, _known(_LANGUAGE), n=1)
    meant = f"; perhaps {near[0]}?" if near else ""
    return f"word {number}, {word[:20]!r}, is not in the list{meant}"


def _other_language(words: list[str]) -> str | None:
    """Return the language whose list has every word, None where there is none."""
    languages = sorted(set(Mnemonic.list_languages()) - {_LANGUAGE})
    found = (language for language in languages if words and all(word in _known(language) for word in words))
    return next((language.replace("_", " ").capitalize() for language in found), None)


def _split(typed: str) -> list[str]:
    return unicodedata.normalize("NFKD", typed).lower().split()


@cache
def _list(language: str) -> Mnemonic:
    return Mnemonic(language)


@cache
def _known(language: str) -> frozenset[str]:
    return frozenset(_list(language).wordlist)
