"""Machine readable zones: the specimens of Doc 9303, and every digit that does not fit."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from health.mrz import MachineReadableZone, check_digit, parse_mrz
from vclib.errors import MalformedValueError

# Doc 9303 part 4 (TD3), part 5 (TD1), part 6 (TD2).
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"


@pytest.mark.parametrize(("text", "size"), [(TD3, "TD3"), (TD1, "TD1"), (TD2, "TD2")])
def test_the_specimens_of_the_standard_are_read(text: str, size: str) -> None:
    expected = MachineReadableZone(size, ("ERIKSSON",), ("ANNA", "MARIA"), "740812", truncated=False)

    assert parse_mrz(text) == expected
    assert parse_mrz(text.replace("\n", "")) == expected
    assert parse_mrz(f"  {text.lower()}\r\n") == expected


@pytest.mark.parametrize(
    ("field", "digit"), [("520727", "3"), ("AB2134<<<", "5"), ("L898902C3", "6"), ("", "0")]
)
def test_check_digits_are_those_of_the_standard(field: str, digit: str) -> None:
    # The first two are worked out in Doc 9303-3, 4.9.
    assert check_digit(field) == digit


@pytest.mark.parametrize(
    ("text", "place", "field"),
    [
        (TD3, 46, "document number"),
        (TD3, 58, "date of birth"),
        (TD3, 66, "date of expiry"),
        (TD3, 73, "personal number"),
        (TD3, 88, "whole zone"),
        (TD1, 5, "document number"),
        (TD1, 31, "date of birth"),
        (TD1, 39, "date of expiry"),
        (TD1, 60, "whole zone"),
        (TD2, 37, "document number"),
        (TD2, 50, "date of birth"),
        (TD2, 58, "date of expiry"),
        (TD2, 72, "whole zone"),
    ],
)
def test_a_character_that_does_not_fit_its_check_digit_is_refused(text: str, place: int, field: str) -> None:
    wrong = "1" if text[place] != "1" else "2"

    with pytest.raises(MalformedValueError, match=f"{field}: the check digit does not fit"):
        parse_mrz(text[:place] + wrong + text[place + 1 :])


def test_a_name_that_fills_its_field_may_be_cut_off() -> None:
    # Doc 9303-4, 4.2.3: names truncated by the issuer.
    names = "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"

    zone = parse_mrz(TD3.replace("ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", names))

    assert (zone.truncated, zone.given_names[-1]) == (True, "K")


def test_a_date_of_birth_may_be_known_in_part() -> None:
    line = "D231458907UTO74<<<<" + check_digit("74<<<<") + "F1204159<<<<<<<"
    composite = check_digit(line[0:10] + line[13:20] + line[21:35])

    assert parse_mrz(f"{TD2.splitlines()[0]}\n{line}{composite}").birth_date == "74<<<<"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the letters"),
        ("P<UTOERIKSSON<<ANNA", "found lines of 19"),
        (TD3 + "\n" + "<" * 44, "found lines of 44 and 44 and 44"),
        (TD3.replace("<", "«"), "letters A to Z, digits and <"),
        (TD3.replace("P<UTO", "V<UTO"), "zone of a visa"),
        ("<" * 1001, "more than 1000"),
        ("<" * 88, "date of birth: expected six digits"),
    ],
)
def test_what_is_no_zone_is_refused(text: str, message: str) -> None:
    with pytest.raises(MalformedValueError, match=message):
        parse_mrz(text)


@given(st.text(alphabet="AZ09<\n X", max_size=100))
@example("<" * 90)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert parse_mrz(text).size
    except MalformedValueError as err:
        assert err.message  # noqa: PT017  # either outcome is right; anything else is not
