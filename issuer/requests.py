"""The body of POST /mint: a health record, and how it is to be minted.

The options are those of `ddcc issuer mint`, by the names that the rest of the JSON has. Not here: minting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issuer.options import MintOptions
from vclib.datetimes import parse_datetime
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

_TEXTS = {"cryptosuite": "suite", "plainCryptosuite": "plain", "holder": "holder"}
_FLAGS = {
    "unbound": "unbound",
    "withId": "with_id",
    "withStatus": "with_status",
    "withHolder": "with_holder",
    "relatedResource": "related_resource",
    "again": "again",
}
_TIMES = {"validFrom": "valid_from", "validUntil": "valid_until"}
_POINTERS = "mandatoryPointers"
_DAYS = "validDays"
_OPTIONS = {*_TEXTS, *_FLAGS, *_TIMES, _POINTERS, _DAYS}

_MAX_TEXT = 4096
_MAX_POINTERS = 100


@dataclass(frozen=True)
class MintBody:
    """A record as JSON, not looked at yet, and the options to mint it with."""

    record: JSONObject
    options: MintOptions

    @classmethod
    def from_json(cls, body: JSONObject) -> MintBody:
        """Return the request of a body; MalformedValueError names the member that does not fit."""
        _check_members(body, {"record", "options"}, "")
        options = _object(body.get("options", {}), "options")
        _check_members(options, _OPTIONS, "options.")
        return cls(_object(body.get("record"), "record"), _options(options))


def _options(options: JSONObject) -> MintOptions:
    # Any: each of the tables above gives its fields their type.
    given: dict[str, Any] = {}
    for fields, read in ((_TEXTS, _text), (_FLAGS, _flag), (_TIMES, _time)):
        given |= {field: read(options[name], name) for name, field in fields.items() if name in options}
    if _DAYS in options:
        given["valid_days"] = _days(options[_DAYS])
    return MintOptions(mandatory=_pointers(options.get(_POINTERS, [])), **given)


def _check_members(members: JSONObject, known: set[str], place: str) -> None:
    unknown = sorted(set(members) - known)
    if unknown:
        raise MalformedValueError(f"{place}{unknown[0][:80]}: not known here, expected {sorted(known)}")


def _object(value: JSONValue, name: str) -> JSONObject:
    if not isinstance(value, dict):
        raise MalformedValueError(f"{name}: expected an object, found {json_type_name(value)}")
    return value


def _text(value: JSONValue, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
        raise MalformedValueError(f"options.{name}: expected a text of 1 to {_MAX_TEXT} characters")
    return value


def _flag(value: JSONValue, name: str) -> bool:
    if not isinstance(value, bool):
        raise MalformedValueError(f"options.{name}: expected a boolean, found {json_type_name(value)}")
    return value


def _time(value: JSONValue, name: str) -> datetime:
    try:
        return parse_datetime(value)
    except MalformedValueError as err:
        raise MalformedValueError(f"options.{name}: {err.message}") from err


def _days(value: JSONValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedValueError(f"options.{_DAYS}: expected a whole number, found {json_type_name(value)}")
    return value


def _pointers(value: JSONValue) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MAX_POINTERS:
        raise MalformedValueError(f"options.{_POINTERS}: expected at most {_MAX_POINTERS} JSON pointers")
    return tuple(_text(item, _POINTERS) for item in value)
