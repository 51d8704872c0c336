"""Who is it: the same, different, or for the eye of whoever holds the passport; never a silent yes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health.matching import MatchOutcome, match_person, parse_passport
from health.mrz import check_digit
from vclib.errors import MalformedValueError

ERIKSSON = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"


def zone(names: str, birth: str = "740812") -> str:
    """Return a TD2 zone of a name field and a date of birth, with right check digits."""
    dated = birth + check_digit(birth)
    line = f"D231458907UTO{dated}F1204159<<<<<<<"
    return f"I<UTO{names:<<31}\n{line}{check_digit(line[0:10] + line[13:20] + line[21:35])}"


def found(name: str | None, birth_date: str | None, passport: str) -> tuple[str, list[str]]:
    match = match_person(name, birth_date, parse_passport(passport))
    return str(match.outcome), [reason.code for reason in match.reasons]


SAME = ("match", ["name-equal", "birth-date-equal"])


@pytest.mark.parametrize(
    ("name", "birth_date", "passport"),
    [
        ("Anna Maria Eriksson", "1974-08-12", ERIKSSON),
        ("Eriksson Anna Maria", "1974-08-12", ERIKSSON),
        ("ERIKSSON, Anna-Maria", "1974-08-12", ERIKSSON),
        ("Eva Musterfrau-Gößinger", "1974-08-12", zone("MUSTERFRAU<GOESSINGER<<EVA")),
        ("Jürgen Müller", "1974-08-12", zone("MULLER<<JURGEN")),
        ("Jürgen Müller", "1974-08-12", zone("MUELLER<<JUERGEN")),
        ("Mueller Juergen", "1974-08-12", "Müller, Jürgen 1974-08-12"),
        ("Иван Щербаков", "1974-08-12", zone("SHCHERBAKOV<<IVAN")),
        ("Μαρία Παπαδοπούλου", "1974-08-12", zone("PAPADOPOULOU<<MARIA")),
        ("Mary O'Neill", "1974-08-12", zone("ONEILL<<MARY")),
        ("Sukarno", "1974-08-12", zone("SUKARNO")),
        ("Anna Eriksson", "1974-08-12", "Anna Eriksson 12.8.1974"),
    ],
)
def test_the_same_name_and_date_match(name: str, birth_date: str, passport: str) -> None:
    assert found(name, birth_date, passport) == SAME


@pytest.mark.parametrize(
    ("name", "passport", "code"),
    [
        ("Anna Eriksson", ERIKSSON, "name-missing"),
        ("Eriksson", ERIKSSON, "name-missing"),
        ("Anna Maria Sofia Eriksson", ERIKSSON, "name-additional"),
        ("Maria Anna Eriksson", ERIKSSON, "name-order"),
        ("Annamaria Eriksson", ERIKSSON, "name-joined"),
        ("Ana Maria Eriksson", ERIKSSON, "name-changed"),
        ("Anna Maria Ericsson", ERIKSSON, "name-spelling"),
        ("Anna Maria Svensson", ERIKSSON, "name-changed"),
        ("Anna Maria Elisabeth Eriksson", zone("ERIKSSON<<ANNA<MARIA<ELISABETHK"), "name-cut-off"),
        ("Anna Maria Charlotte Eva Eriksson", zone("ERIKSSON<<ANNA<MARIA<CHARLOTTEX"), "name-cut-off"),
        ("Anna Maria Karolina Eriksson", zone("ERIKSSON<<ANNA<MARIA<<<<<<<KARO"), "name-cut-off"),
        ("Anna 王", ERIKSSON, "name-script"),
        ("王小明", zone("WANG<<XIAOMING"), "name-script"),
        ("Erika Muster", "Anna Muster 1974-08-12", "name-changed"),
        (" ".join(["Anna"] * 21), ERIKSSON, "name-too-long"),
        ("", ERIKSSON, "name-not-told"),
        (None, ERIKSSON, "name-not-told"),
    ],
)  # fmt: skip
def test_a_name_that_does_not_fit_wholly_is_for_the_eye(name: str | None, passport: str, code: str) -> None:
    outcome, codes = found(name, "1974-08-12", passport)

    assert outcome == "by-eye"
    assert code in codes


@pytest.mark.parametrize(
    ("name", "passport"),
    [
        ("Erika Mustermann", ERIKSSON),
        # Siblings share the surname, and twins the date.
        ("Erika Eriksson", ERIKSSON),
        ("Erika Eriksson", "Eriksson, Anna Maria 1974-08-12"),
        ("Erika Mustermann", "Anna Eriksson 1974-08-12"),
    ],
)
def test_another_name_is_another_person(name: str, passport: str) -> None:
    outcome, codes = found(name, "1974-08-12", passport)

    assert (outcome, codes) == ("different", ["name-differs", "birth-date-equal"])


@pytest.mark.parametrize(
    ("birth_date", "passport", "code"),
    [
        ("1974", ERIKSSON, "birth-date-partial"),
        ("1974-08", ERIKSSON, "birth-date-partial"),
        ("1974-XX-XX", ERIKSSON, "birth-date-partial"),
        ("1974-08-XX", ERIKSSON, "birth-date-partial"),
        ("1974-08-12", zone("ERIKSSON<<ANNA<MARIA", "74<<<<"), "birth-date-partial"),
        ("1974-08-12", "Eriksson, Anna Maria 1974", "birth-date-partial"),
        ("1974-08-12", "Eriksson, Anna Maria", "no-passport-date"),
        ("", ERIKSSON, "birth-date-not-told"),
        (None, ERIKSSON, "birth-date-not-told"),
        ("12 August 1974", ERIKSSON, "birth-date-not-read"),
        ("1974-02-30", ERIKSSON, "birth-date-not-read"),
    ],
)
def test_a_date_that_is_not_whole_is_for_the_eye(birth_date: str | None, passport: str, code: str) -> None:
    assert found("Anna Maria Eriksson", birth_date, passport) == ("by-eye", ["name-equal", code])


@pytest.mark.parametrize(
    ("birth_date", "passport"),
    [
        ("1974-08-13", ERIKSSON),
        ("1974-12-08", ERIKSSON),
        ("1975", ERIKSSON),
        ("1974-09", ERIKSSON),
        ("1974-XX-13", ERIKSSON),
        ("1874-08-12", "Eriksson, Anna Maria 1974-08-12"),
        ("1975-01-01", zone("ERIKSSON<<ANNA<MARIA", "74<<<<")),
    ],
)
def test_another_date_is_another_person(birth_date: str, passport: str) -> None:
    assert found("Anna Maria Eriksson", birth_date, passport) == (
        "different",
        ["name-equal", "birth-date-differs"],
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "1974-08-12",
        "12345",
        "Eriksson, Anna 1974-13-01",
        "Eriksson, Anna 30.2.1974",
        "Eriksson, Anna 12/08/1974",
        "P<UTOERIKSSON<<ANNA",
        "a" * 1001,
    ],
)
def test_what_is_no_passport_line_is_refused(text: str) -> None:
    with pytest.raises(MalformedValueError):
        parse_passport(text)


def test_reasons_hold_no_name_and_no_date() -> None:
    match = match_person("Anna Sofia Svensson", "1975", parse_passport(ERIKSSON))

    told = " ".join(reason.message for reason in match.reasons).upper()
    assert not [word for word in ("ANNA", "SOFIA", "SVENSSON", "ERIKSSON", "197") if word in told]


_NAMES = st.text(alphabet="ABÜßЩΜΠ王\u0651م' -,", max_size=40)


@given(_NAMES, st.sampled_from([None, "", "1974", "1974-08-12", "1974-XX-12", "x"]), _NAMES)
def test_any_two_names_end_in_one_of_three_answers_with_reasons(
    name: str, birth_date: str | None, line: str
) -> None:
    try:
        passport = parse_passport(f"{line} 1974-08-12")
    except MalformedValueError:
        return
    match = match_person(name, birth_date, passport)
    assert len(match.reasons) >= 2
    # A match needs both.
    if match.outcome is MatchOutcome.MATCH:
        assert birth_date == "1974-08-12"
        assert name
