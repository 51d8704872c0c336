"""Twelve words: those of BIP-39, read as people write them, and refused by name when they are not right."""

from __future__ import annotations

import pytest

from vclib.errors import SealingError
from wallet.phrases import PhraseError, looks_like_phrase, new_phrase, parse_phrase, sealing_text

# The test vectors of BIP-39 with 128 bits (https://github.com/trezor/python-mnemonic/blob/master/vectors.json,
# MIT): entropy 00..00, 7f..7f, 80..80 and 9e885d952ad362caeb4efe34a8e91bd2.
PUBLISHED = (
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
    "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
    "ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic",
)
PHRASE = PUBLISHED[3]


@pytest.mark.parametrize("phrase", PUBLISHED)
def test_a_published_phrase_is_one(phrase: str) -> None:
    assert parse_phrase(phrase) == phrase
    assert sealing_text(phrase) == phrase


def test_a_new_phrase_is_one_and_never_the_same() -> None:
    first, second = new_phrase(), new_phrase()
    assert parse_phrase(first) == first
    assert first != second


def test_case_and_spaces_do_not_matter() -> None:
    """K11: extra spaces."""
    assert parse_phrase(f"  {PHRASE.upper().replace(' ', '   ')}\t\n") == PHRASE


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (PHRASE.replace("grab", "grabb"), "word 3, 'grabb', is not in the list; perhaps grab?"),
        (PHRASE.replace("grab", "xxxxxxxx"), "word 3, 'xxxxxxxx', is not in the list$"),
        (PHRASE.replace("grab", "cage"), "one is another word of the list, or the order is wrong"),
        (PHRASE.replace("ozone drill", "drill ozone"), "or the order is wrong"),
        (PHRASE.rsplit(" ", 1)[0], "a recovery phrase has 12 words; these are 11"),
        (f"{PHRASE} picnic", "a recovery phrase has 12 words; these are 13"),
        ("abaisser abandon abdiquer abeille abolir aborder aboutir aboyer abrasif abreuver abriter abroger",
         "word 1 is not of the English list: these are words of the French list"),
        ("", "these are 0"),
    ],
)  # fmt: skip
def test_words_that_are_no_phrase_are_refused_by_name(typed: str, message: str) -> None:
    """K11: a wrong word, another word of the list, another order, another word list."""
    with pytest.raises(PhraseError, match=message):
        parse_phrase(typed)


@pytest.mark.parametrize("passphrase", ["correct horse battery", "seven green lakes north", "x" * 200, ""])
def test_a_passphrase_of_words_is_no_phrase(passphrase: str) -> None:
    assert not looks_like_phrase(passphrase)
    assert sealing_text(passphrase) == passphrase


def test_a_phrase_with_a_slip_is_still_meant_as_one() -> None:
    assert looks_like_phrase(PHRASE.replace("grab", "grabb").replace("cruise", "cruse"))
    with pytest.raises(SealingError):
        sealing_text(PHRASE.replace("grab", "grabb"))
