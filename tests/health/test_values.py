"""Single values: each form's refusals, and that messages quote nobody's data."""

from __future__ import annotations

import pytest

from health.coding import ICD11, Code, Identifier
from health.elements import Form
from health.values import first_moment, last_moment, reader_of, value_from_claim, without_day_bounds
from vclib.errors import RecordError
from vclib.strict_json import JSONValue


@pytest.mark.parametrize(
    ("form", "value"),
    [
        (Form.TEXT, "Gößinger-N'Dour, Zoé (Jr.)"),
        (Form.TEXT, "نور الهدى"),
        (Form.TEXT, "林安然"),
        # A zero-width non-joiner belongs to the spelling of this Persian name.
        (Form.TEXT, "علی\u200cرضا"),
        (Form.PARTIAL_DATE, "1990"),
        (Form.PARTIAL_DATE, "1990-01"),
        (Form.PARTIAL_DATE, "1992-02-29"),
        (Form.DATE, "2021-05-06"),
        (Form.DATE_TIME, "2022-07-27T14:15:00+08:00"),
        (Form.DATE_TIME, "2022-03-15T02:26:02.672Z"),
        (Form.MOMENT, "2021-05-06"),
        (Form.MOMENT, "2021-05-06T10:00:00Z"),
        (Form.COUNT, 1),
        (Form.COUNT, 99),
        (Form.SEX, "unknown"),
    ],
)
def test_value_of_its_form_is_read_as_it_is(form: Form, value: JSONValue) -> None:
    assert reader_of(form)(value, "x") == value


def test_text_is_read_in_nfc() -> None:
    """Two spellings that look alike must not be two names (B6)."""
    assert reader_of(Form.TEXT)("Zoe\u0301", "name") == "Zo\u00e9"


@pytest.mark.parametrize(
    ("form", "value", "message"),
    [
        (Form.TEXT, 7, "expected text, found a number"),
        (Form.TEXT, "", "expected text without spaces around it"),
        (Form.TEXT, " x", "expected text without spaces around it"),
        (Form.TEXT, "x" * 201, "expected at most 200 characters, found 201"),
        (Form.TEXT, "a\nb", r"found U\+000A"),
        (Form.TEXT, "a\x1b[2Jb", r"found U\+001B"),
        (Form.TEXT, "a\u202eb", r"found U\+202E"),
        (Form.TEXT, "a\u2066b", r"found U\+2066"),
        (Form.TEXT, "a\u200bb", r"found U\+200B"),
        (Form.TEXT, "a\ufeffb", r"found U\+FEFF"),
        (Form.TEXT, "a\u3164b", r"found U\+3164"),
        (Form.TEXT, "a\u2028b", r"found U\+2028"),
        (Form.TEXT, "a\ud800b", r"found U\+D800"),
        (Form.PARTIAL_DATE, "90", "expected a date such as 1990-01-15, 1990-01 or 1990"),
        (Form.PARTIAL_DATE, "1990-13", "that the calendar has"),
        (Form.PARTIAL_DATE, "1990-02-30", "that the calendar has"),
        (Form.PARTIAL_DATE, "", "expected a date"),
        (Form.PARTIAL_DATE, "１９９０", "expected a date"),
        (Form.DATE, "2021-05", "expected a date such as 2021-05-06"),
        (Form.DATE, "2021-02-29", "that the calendar has"),
        (Form.DATE, "2021-05-06T10:00:00Z", "found a date with a time"),
        (Form.DATE, 20210506, "expected a date"),
        (Form.DATE_TIME, "2022-07-27T14:15:00", "expected a date and time with its zone"),
        (Form.DATE_TIME, "2022-07-27", "expected a date and time with its zone"),
        (Form.DATE_TIME, "2022-07-27T14:15:60Z", "expected a date and time with its zone"),
        (Form.DATE_TIME, "2022-07-27T14:15:00-00:00", "zone unknown"),
        (Form.DATE_TIME, "2022-07-27T14:15:00+15:00", "expected a date and time with its zone"),
        (Form.MOMENT, "9999-12-31", "expected a date and time"),
        (Form.MOMENT, "0001-01-01", "expected a date and time"),
        (Form.COUNT, 0, "expected a number from 1 to 99"),
        (Form.COUNT, -1, "expected a number from 1 to 99"),
        (Form.COUNT, 100, "expected a number from 1 to 99"),
        (Form.COUNT, 1.0, "expected a whole number"),
        (Form.COUNT, True, "expected a whole number, found a boolean"),
        (Form.COUNT, "1", "expected a whole number, found a string"),
        (Form.SEX, "m", "expected one of male, female, other, unknown"),
        (Form.CODE, "XM0GQ8", 'expected a code such as "icd11:RA01"'),
        (Form.CODE, "icd12:XM0GQ8", 'expected a code such as "icd11:RA01"'),
        (Form.CODE, "text:words", "expected a code, found text"),
        (Form.CODE, {"text": "words"}, "expected system and code, found 'text' too"),
        (Form.CODE, {"code": "RA01"}, "expected a member 'system'"),
        (Form.CODE, {"system": "http://loinc.org", "code": "1-8", "version": "2"}, "found 'version' too"),
        (Form.CODE, {"system": "http://loinc.org", "code": "a\u202eb"}, r"found U\+202E"),
        (Form.CODE, "icd11:a%E2%80%AEb", r"found U\+202E"),
        (Form.CODE, 7, "expected a code, found a number"),
        # A misspelt prefix must not turn a code into words.
        (Form.CODE_OR_TEXT, "icd1l:XM3DT5", "write text with a colon as"),
        (Form.COUNTRY, "UTO", "expected a country of ISO 3166-1"),
        (Form.COUNTRY, 756, "expected a country of ISO 3166-1"),
        (Form.COUNTRY, {"system": "http://loinc.org", "code": "CHE"}, "found another system"),
        (Form.IDENTIFIER, 5, "expected an identifier, found a number"),
        (Form.IDENTIFIER, {"system": "x"}, "expected a member 'value'"),
        (Form.IDENTIFIER, {"value": "1", "use": "official"}, "found 'use' too"),
        (Form.IDENTIFIERS, [], "expected 1 to 10 identifiers, found 0"),
        (Form.IDENTIFIERS, ["1"] * 11, "expected 1 to 10 identifiers, found 11"),
        (Form.IDENTIFIERS, ["1", "1"], "found one twice"),
    ],
)
def test_value_of_another_form_is_refused_by_its_element(form: Form, value: JSONValue, message: str) -> None:
    with pytest.raises(RecordError, match=message) as caught:
        reader_of(form)(value, "vaccination.x")
    assert caught.value.element == "vaccination.x"


@pytest.mark.parametrize(
    ("form", "value"),
    [
        (Form.TEXT, "Aulus\u202eAgerius"),
        (Form.PARTIAL_DATE, "Aulus"),
        (Form.DATE, "Aulus"),
        (Form.DATE_TIME, "Aulus"),
        (Form.MOMENT, "Aulus"),
        (Form.COUNT, "Aulus"),
        (Form.SEX, "Aulus"),
        (Form.CODE, "Aulus"),
        (Form.COUNTRY, "Aulus"),
    ],
)
def test_messages_quote_nobody_s_data(form: Form, value: str) -> None:
    """Errors reach logs and terminals, claims must not (K8)."""
    with pytest.raises(RecordError) as caught:
        reader_of(form)(value, "x")
    assert "Aulus" not in caught.value.message


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("icd11:XM0GQ8", Code(ICD11, "XM0GQ8")),
        ("http://id.who.int/icd11/mms#XM0GQ8", Code(ICD11, "XM0GQ8")),
        ({"system": "http://example.org/x y", "code": "a#b"}, Code("http://example.org/x y", "a#b")),
        (
            "eu-register:EU/1/20/1528",
            Code("https://ec.europa.eu/health/documents/community-register/html/", "EU/1/20/1528"),
        ),
        ("Local product", Code(None, "Local product")),
        ({"text": "Brand: the best"}, Code(None, "Brand: the best")),
        ("text:Brand%3A%20the%20best", Code(None, "Brand: the best")),
    ],
)
def test_codes_are_read_in_each_spelling(value: JSONValue, code: Code) -> None:
    assert reader_of(Form.CODE_OR_TEXT)(value, "vaccination.brand") == code


def test_sex_is_read_from_a_coding() -> None:
    coding = {"system": "http://hl7.org/fhir/administrative-gender", "code": "female"}
    assert reader_of(Form.SEX)(coding, "sex") == "female"


def test_test_centre_is_read_from_a_coding() -> None:
    centre = {"system": "https://example.org/centres", "code": "C-7"}
    assert reader_of(Form.IDENTIFIER)(centre, "test.centre") == Identifier(
        "https://example.org/centres", "C-7"
    )


def test_day_bounds_hold_the_day_wherever_it_is() -> None:
    """A date in UTC would begin half a day late in Auckland and end half a day early in Honolulu."""
    assert first_moment("2021-05-06") == "2021-05-06T00:00:00+14:00"
    assert last_moment("2021-05-06") == "2021-05-06T23:59:59-12:00"
    assert first_moment("2021-05-06T10:00:00Z") == "2021-05-06T10:00:00Z"
    assert without_day_bounds("2021-05-06T00:00:00+14:00") == "2021-05-06"
    assert without_day_bounds("2021-05-06T23:59:59-12:00") == "2021-05-06"
    assert without_day_bounds("2021-05-06T10:00:00Z") == "2021-05-06T10:00:00Z"


@pytest.mark.parametrize(
    ("form", "claim", "message"),
    [
        (Form.CODE, {"id": "icd11:RA01"}, "expected a code IRI, found an object"),
        (Form.CODE, "RA01", "expected a code such as"),
        (Form.COUNTRY, "iso3166:QQQ", "expected a country"),
        (Form.COUNTRY, "text:CHE", "expected"),
        (Form.IDENTIFIER, ["a", "b"], "expected one identifier"),
        (Form.IDENTIFIER, 7, "expected an identifier, found a number"),
        (Form.IDENTIFIERS, ["a", 7], "expected an identifier, found a number"),
        (Form.COUNT, "1", "expected a whole number"),
    ],
)
def test_claim_of_another_form_is_refused(form: Form, claim: JSONValue, message: str) -> None:
    with pytest.raises(RecordError, match=message) as caught:
        value_from_claim(form, claim, "x")
    assert caught.value.element == "x"
