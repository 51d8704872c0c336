"""Names in the letters of a machine readable zone; expected spellings are of Doc 9303-3 and ELOT 743."""

from __future__ import annotations

import pytest

from health.transliteration import MAX_SPELLINGS, is_written_alike, spellings, words_of


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Müller", {"MUELLER", "MULLER", "MUXXLLER"}),
        ("Núñez", {"NUNEZ", "NUNXXEZ"}),
        ("Ångström", {"AANGSTROEM", "AANGSTROM", "ANGSTROEM", "ANGSTROM"}),
        ("Gößinger", {"GOESSINGER", "GOSSINGER"}),
        ("Łukasz", {"LUKASZ"}),
        ("Þór", {"THOR"}),
        ("Nguyễn", {"NGUYEN"}),
        ("İpek", {"IPEK"}),
        # Cyrillic: Russian, Ukrainian, Bulgarian.
        ("Щербаков", {"SHCHERBAKOV", "SHTERBAKOV"}),
        ("Юлия", {"IULIIA", "YULIIA", "IULIYA", "YULIYA", "IULYIA", "YULYIA", "IULYYA", "YULYYA"}),
        # Greek, by ELOT 743.
        ("Παπαδόπουλος", {"PAPADOPOULOS"}),
        ("Μπάμπης", {"BABIS", "MPABIS", "BAMPIS", "MPAMPIS"}),
        ("Αγγελόπουλος", {"ANGELOPOULOS", "AGGELOPOULOS"}),
        # Arabic: the consonants, as section 6.C has them.
        ("محمد", {"MXHMD"}),
        ("فاطمة", {"FAXTTMXTA", "FAXTTMXAH"}),
    ],
)
def test_each_spelling_of_a_name_is_found(name: str, written: set[str]) -> None:
    (word,) = words_of(name)
    found = spellings(word)

    assert found is not None
    assert written <= found


def test_greek_vowels_are_read_together_under_an_accent_and_apart_under_a_diaeresis() -> None:
    for name, written in (("Σταύρος", "STAVROS"), ("Εύα", "EVA"), ("Μαΐου", "MAIOU")):
        (word,) = words_of(name)
        assert written in (spellings(word) or ())


def test_the_sign_that_doubles_an_arabic_letter_doubles_its_spelling() -> None:
    (word,) = words_of("محمّد")

    assert spellings(word) == {"MXHMMD"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Anna Maria Eriksson", ("ANNA", "MARIA", "ERIKSSON")),
        ("D'Artagnan", ("DARTAGNAN",)),
        ("O\u2019Neill, Mary-Jane", ("ONEILL", "MARY", "JANE")),
        ("  ", ()),
        ("e\u0301mile", ("ÉMILE",)),
        ("R2-D2", ("R", "D")),
    ],
)
def test_a_name_falls_into_words(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize("word", ["王", "김", "अ", "ÜÜÜÜÜÜÜÜÜÜ"])
def test_a_word_without_a_spelling_or_with_too_many_has_none(word: str) -> None:
    assert spellings(word) is None
    assert MAX_SPELLINGS < 3**10


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("MAIER", "MAYER", True),
        ("MAIER", "MAIR", True),
        ("MAIR", "MAIRE", True),
        ("MAIER", "MAIER", True),
        ("MAIER", "MEYER", False),
        ("MAIER", "MA", False),
        ("ANNA", "ANAN", False),
    ],
)
def test_words_that_differ_by_one_letter_are_alike(one: str, other: str, *, alike: bool) -> None:
    assert is_written_alike(one, other) is alike
