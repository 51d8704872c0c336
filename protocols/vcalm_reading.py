"""Reading the bodies of VC API requests: members and options, each of the type it has to have.

Not here: what a request means (`vcalm`, `vcalm_status`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, json_type_name

# https://w3c.github.io/vcalm/#problem-details
UNKNOWN_OPTION = "https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED"

_MAX_POINTERS = 1000
_MAX_TEXT = 4096


class UnknownOptionError(MalformedValueError):
    """A request has an option that this service does not know, so it may mean more than is done."""

    type = UNKNOWN_OPTION
    code = "unknown-option"


def check_members(body: JSONObject, known: Collection[str]) -> None:
    """Refuse a body with a member that the request does not have."""
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise MalformedValueError(f"{unknown[0][:80]}: no member of this request, expected {sorted(known)}")


def object_member(body: JSONObject, member: str) -> JSONObject:
    """Return a member that has to be an object."""
    value = body.get(member)
    if not isinstance(value, dict):
        found = json_type_name(value) if member in body else "none"
        raise MalformedValueError(f"{member}: expected an object, found {found}")
    return value


def options_member(body: JSONObject, known: Collection[str], ignored: Collection[str]) -> JSONObject:
    """Return `options`, or an empty object; UnknownOptionError for one neither known nor ignored."""
    options = object_member(body, "options") if "options" in body else {}
    unknown = sorted(set(options) - set(known) - set(ignored))
    if unknown:
        raise UnknownOptionError(f"options.{unknown[0][:80]}: this option is not known here")
    return options


def flag_option(options: JSONObject, member: str, *, default: bool) -> bool:
    """Return an option that has to be true or false."""
    value = options.get(member, default)
    if not isinstance(value, bool):
        raise MalformedValueError(f"options.{member}: expected a boolean, found {json_type_name(value)}")
    return value


def text_option(options: JSONObject, member: str) -> str | None:
    """Return an option that has to be a text, None where it is absent."""
    if member not in options:
        return None
    value = options[member]
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
        raise MalformedValueError(f"options.{member}: expected a text of 1 to {_MAX_TEXT} characters")
    return value


def pointers_option(options: JSONObject, member: str) -> tuple[str, ...]:
    """Return an option that has to be a list of JSON pointers, empty where it is absent."""
    value = options.get(member, [])
    if not isinstance(value, list) or len(value) > _MAX_POINTERS:
        raise MalformedValueError(f"options.{member}: expected a list of at most {_MAX_POINTERS} pointers")
    pointers: Sequence[str] = [item for item in value if isinstance(item, str)]
    if len(pointers) != len(value):
        raise MalformedValueError(f"options.{member}: expected JSON pointers, each a string")
    return tuple(pointers)
