"""Single values of a record: from JSON, to JSON, and to and from the claim in a credential.

Reading refuses what cannot be such a value at all: wrong JSON type, no calendar date, characters that a
reader does not see (controls, bidirectional overrides, zero-width marks), endless text. Whether a value
makes sense beside the others is for `health.plausibility`. Messages name the element and the form that was
expected; they quote code systems and members, never a name, a date or an identifier, because they end up
in logs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from health.codes import find_country
from health.coding import (
    ISO3166,
    PREFIXES,
    Code,
    Identifier,
    canonical_code,
    code_from_iri,
    identifier_from_token,
    iri_from_code,
    token_from_identifier,
)
from health.elements import Form
from vclib.datetimes import parse_datetime
from vclib.errors import MalformedValueError, RecordError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

_In = TypeVar("_In")
_Out = TypeVar("_Out")

Value: TypeAlias = str | int | Code | Identifier | tuple[Identifier, ...]
Reader: TypeAlias = Callable[[JSONValue, str], Value]

MAX_TEXT = 200
MAX_CODE = 256
MAX_COUNT = 99
MAX_IDENTIFIERS = 10

# FHIR administrative-gender, the one value set with a required binding in the logical models.
SEXES = ("male", "female", "other", "unknown")

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARTIAL_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")
# Zero-width joiners belong to the spelling of names in Persian and the scripts of India; no other format
# character belongs into a record.
_JOINERS = "\u200c\u200d"
# Letters by their category, blanks by their look.
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# The first and the last place to have a date: Line Islands (UTC+14) and Baker Island (UTC-12).
_DAY_BEGINS = "T00:00:00+14:00"
_DAY_ENDS = "T23:59:59-12:00"
# Prefixes under which a code stands, not text.
_SYSTEM_PREFIXES = frozenset(PREFIXES) - {"text", "coding"}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S")


def reader_of(form: Form) -> Reader:
    """Return the function that reads JSON values of `form`, given the value and its element's path.

    It raises RecordError naming that path.
    """
    return _READERS[form]


def value_to_json(value: Value) -> JSONValue:
    """Return the JSON form that `reader_of` turns into `value` again."""
    if isinstance(value, Code):
        return {"text": value.code} if value.system is None else {"system": value.system, "code": value.code}
    if isinstance(value, Identifier):
        return value.value if value.system is None else {"system": value.system, "value": value.value}
    if isinstance(value, tuple):
        return [value_to_json(identifier) for identifier in value]
    return value


def claim_from_value(value: Value) -> JSONValue:
    """Return the claim for `value`: an IRI for a code, a token for an identifier, one scalar in any case.

    Several identifiers become an array, since each can then be disclosed on its own; one stays alone,
    because JSON-LD compaction would write it so.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Code):
        return iri_from_code(value)
    if isinstance(value, Identifier):
        return token_from_identifier(value)
    if isinstance(value, tuple):
        tokens: list[JSONValue] = [token_from_identifier(identifier) for identifier in value]
        return tokens[0] if len(tokens) == 1 else tokens
    return value


def value_from_claim(form: Form, claim: JSONValue, element: str) -> Value:
    """Return the value of a claim; RecordError naming `element` if the claim is not of `form`."""
    if form in (Form.CODE, Form.CODE_OR_TEXT, Form.COUNTRY):
        if not isinstance(claim, str):
            raise RecordError(f"expected a code IRI, found {json_type_name(claim)}", element=element)
        code = _translated(code_from_iri, claim, element)
        if form is Form.COUNTRY:
            return _read_country({"system": code.system or "", "code": code.code}, element)
        return canonical_code(code)
    if form in (Form.IDENTIFIER, Form.IDENTIFIERS):
        claims = claim if isinstance(claim, list) else [claim]
        identifiers = tuple(_identifier_from_claim(item, element) for item in claims)
        if form is Form.IDENTIFIERS:
            return identifiers
        if len(identifiers) != 1:
            raise RecordError("expected one identifier, found an array of others", element=element)
        return identifiers[0]
    return reader_of(form)(claim, element)


def read_text(value: JSONValue, element: str, *, max_length: int = MAX_TEXT) -> str:
    """Return text in NFC; RecordError if it is empty, too long, padded, or holds characters nobody sees."""
    if not isinstance(value, str):
        raise RecordError(f"expected text, found {json_type_name(value)}", element=element)
    if not value or value != value.strip():
        raise RecordError(
            "expected text without spaces around it, found none or padded text", element=element
        )
    if len(value) > max_length:
        raise RecordError(f"expected at most {max_length} characters, found {len(value)}", element=element)
    if value.isascii() and value.isprintable():
        return value
    for character in value:
        # Most letters are none of these; the category is looked up for the rest only.
        if character in _BLANK_LETTERS or (
            not character.isalnum()
            and character not in _JOINERS
            and unicodedata.category(character) in _UNSEEN
        ):
            raise RecordError(
                f"expected visible characters, found U+{ord(character):04X} (a control, direction or blank)",
                element=element,
            )
    return unicodedata.normalize("NFC", value)


def first_day(partial: str) -> date:
    """Return the earliest day that a date admits whose month or day may be missing; ValueError for none."""
    return date.fromisoformat(partial + "-01-01"[len(partial) - 4 :])


def first_moment(text: str) -> str:
    """Return the date-time at which a moment begins; of a date, where on earth that day begins first.

    A date alone is a day of some place, and which place is not known; read in UTC it would begin half a day
    late for half the world. The offset +14:00 keeps the date readable in the text, and marks it as one.
    """
    return f"{text}{_DAY_BEGINS}" if _DATE.fullmatch(text) else text


def last_moment(text: str) -> str:
    """Return the date-time at which a moment ends; of a date, where on earth that day ends last."""
    return f"{text}{_DAY_ENDS}" if _DATE.fullmatch(text) else text


def without_day_bounds(moment: str) -> str:
    """Return the date that `first_moment` or `last_moment` made a date-time of, any other text unchanged."""
    return moment.removesuffix(_DAY_BEGINS).removesuffix(_DAY_ENDS)


def _read_date(value: JSONValue, element: str) -> str:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        found = "a date with a time" if isinstance(value, str) and "T" in value else "something else"
        raise RecordError(f"expected a date such as 2021-05-06, found {found}", element=element)
    try:
        date.fromisoformat(value)
    except ValueError as err:
        raise RecordError("expected a date that the calendar has", element=element) from err
    return value


def _read_partial_date(value: JSONValue, element: str) -> str:
    if not isinstance(value, str) or not _PARTIAL_DATE.fullmatch(value):
        raise RecordError("expected a date such as 1990-01-15, 1990-01 or 1990", element=element)
    try:
        first_day(value)
    except ValueError as err:
        raise RecordError("expected a date that the calendar has", element=element) from err
    return value


def _read_date_time(value: JSONValue, element: str) -> str:
    try:
        parse_datetime(value)
    except MalformedValueError as err:
        # The message of parse_datetime quotes what it found, and that is somebody's data here.
        raise RecordError(
            "expected a date and time with its zone, such as 2022-07-27T14:15:00+08:00", element=element
        ) from err
    if str(value).endswith("-00:00"):
        raise RecordError("expected a known time zone, found -00:00 (zone unknown)", element=element)
    return str(value)


def _read_moment(value: JSONValue, element: str) -> str:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return _read_date_time(value, element)
    day = _read_date(value, element)
    # The first and last days of the calendar have no beginning or end in every time zone.
    for bound in (first_moment(day), last_moment(day)):
        _read_date_time(bound, element)
    return day


def _read_count(value: JSONValue, element: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RecordError(f"expected a whole number, found {json_type_name(value)}", element=element)
    if not 1 <= value <= MAX_COUNT:
        raise RecordError(f"expected a number from 1 to {MAX_COUNT}", element=element)
    return value


def _read_sex(value: JSONValue, element: str) -> str:
    if isinstance(value, dict):
        # The hospital systems that write HC1 samples give it as a coding of administrative-gender.
        value = _members(value, ("code",), ("system", "display"), element)["code"]
    if value not in SEXES:
        raise RecordError(f"expected one of {', '.join(SEXES)}", element=element)
    return str(value)


def _read_code(value: JSONValue, element: str, *, text_allowed: bool = False) -> Code:
    if isinstance(value, str):
        if value.partition(":")[0] in _SYSTEM_PREFIXES:
            return _translated(_code_of_system, value, element)
        code = _read_code_text(value, element, text_allowed=text_allowed)
    elif not isinstance(value, dict):
        raise RecordError(f"expected a code, found {json_type_name(value)}", element=element)
    elif "text" in value and text_allowed:
        text = _members(value, ("text",), (), element)["text"]
        return Code(None, read_text(text, element, max_length=MAX_CODE))
    else:
        # `display` is dropped knowingly: words for a code are the reader's own.
        members = _members(value, ("system", "code"), ("display",), element)
        code = Code(_read_verbatim(members["system"], element), _read_verbatim(members["code"], element))
    code = canonical_code(code)
    _translated(iri_from_code, code, element)
    return code


def _read_code_or_text(value: JSONValue, element: str) -> Code:
    return _read_code(value, element, text_allowed=True)


# Codes are public and few; what stands as text is not remembered.
@lru_cache(maxsize=4096)
def _code_of_system(value: str) -> Code:
    code = _read_code_text(value, "", text_allowed=False)
    code = canonical_code(code)
    iri_from_code(code)
    return code


def _read_code_text(value: str, element: str, *, text_allowed: bool) -> Code:
    prefix, _, _ = value.partition(":")
    if prefix in PREFIXES or (_SCHEME.match(value) and "#" in value):
        code = _translated(code_from_iri, value, element)
        for part in (code.system, code.code):
            if part is not None:
                _read_verbatim(part, element)
        if code.system is None and not text_allowed:
            raise RecordError("expected a code, found text", element=element)
        return code
    if text_allowed and not _SCHEME.match(value):
        return Code(None, read_text(value, element, max_length=MAX_CODE))
    known = ", ".join(f"{prefix}:" for prefix in PREFIXES)
    hint = ' (write text with a colon as {"text": "..."})' if text_allowed else ""
    raise RecordError(f'expected a code such as "icd11:RA01", with one of {known}{hint}', element=element)


def _read_country(value: JSONValue, element: str) -> Code:
    text = value
    if isinstance(value, dict):
        code = _read_code(value, element, text_allowed=False)
        if code.system != ISO3166:
            raise RecordError(f"expected a country of {ISO3166}, found another system", element=element)
        text = code.code
    if isinstance(text, str):
        country = find_country(text.removeprefix("iso3166:"))
        if country is not None:
            return _code_of_country(country.alpha3)
    raise RecordError('expected a country of ISO 3166-1 such as "CHE"', element=element)


@lru_cache(maxsize=512)
def _code_of_country(alpha3: str) -> Code:
    return Code(ISO3166, alpha3)


def _read_identifier(value: JSONValue, element: str) -> Identifier:
    if isinstance(value, str):
        return Identifier(None, read_text(value, element))
    if not isinstance(value, dict):
        raise RecordError(f"expected an identifier, found {json_type_name(value)}", element=element)
    # A test centre is a Coding in the logical model: its identifier is then called `code`.
    key = "code" if "code" in value else "value"
    members = _members(value, (key,), ("system", "display"), element)
    system = members.get("system")
    return Identifier(
        None if system is None else _read_verbatim(system, element), read_text(members[key], element)
    )


def _read_identifiers(value: JSONValue, element: str) -> tuple[Identifier, ...]:
    values = value if isinstance(value, list) else [value]
    if not 1 <= len(values) <= MAX_IDENTIFIERS:
        raise RecordError(
            f"expected 1 to {MAX_IDENTIFIERS} identifiers, found {len(values)}", element=element
        )
    identifiers = tuple([_read_identifier(item, element) for item in values])
    if len(identifiers) > 1 and len(set(identifiers)) != len(identifiers):
        raise RecordError("expected different identifiers, found one twice", element=element)
    return identifiers


def _identifier_from_claim(claim: JSONValue, element: str) -> Identifier:
    if not isinstance(claim, str):
        raise RecordError(f"expected an identifier, found {json_type_name(claim)}", element=element)
    return _translated(identifier_from_token, claim, element)


def _read_verbatim(value: JSONValue, element: str) -> str:
    """Check a code or code system like text, and return it as it came: another spelling is another code."""
    read_text(value, element, max_length=MAX_CODE)
    return str(value)


def _members(
    value: JSONObject, required: tuple[str, ...], optional: tuple[str, ...], element: str
) -> JSONObject:
    for key in value:
        if key not in required and key not in optional:
            raise RecordError(f"expected {' and '.join(required)}, found {key[:40]!r} too", element=element)
    for key in required:
        if value.get(key) is None:
            raise RecordError(f"expected a member {key!r}", element=element)
    return value


def _translated(function: Callable[[_In], _Out], value: _In, element: str) -> _Out:
    """Call `function`, naming the element in its failure."""
    try:
        return function(value)
    except RecordError as err:
        raise RecordError(err.problem, element=element) from err


_READERS: Mapping[Form, Reader] = MappingProxyType(
    {
        Form.TEXT: read_text,
        Form.PARTIAL_DATE: _read_partial_date,
        Form.DATE: _read_date,
        Form.DATE_TIME: _read_date_time,
        Form.MOMENT: _read_moment,
        Form.COUNT: _read_count,
        Form.CODE: _read_code,
        Form.CODE_OR_TEXT: _read_code_or_text,
        Form.COUNTRY: _read_country,
        Form.SEX: _read_sex,
        Form.IDENTIFIER: _read_identifier,
        Form.IDENTIFIERS: _read_identifiers,
    }
)
