"""Read members of a message: each one of the kind it should be, and not longer than anything needs.

Raises MalformedValueError, which says the member and the kind that came, never its value; the messages turn
it into the refusal that fits them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

MAX_TEXT = 4096
MAX_ITEMS = 200

T = TypeVar("T")


def text(body: JSONObject, name: str, *, longest: int = MAX_TEXT) -> str:
    """Return a member that has to be a text of 1 to `longest` characters."""
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise MalformedValueError(
            f"{name}: expected a text of 1 to {longest} characters, {_found(body, name)}"
        )
    return value


def optional_text(body: JSONObject, name: str, *, longest: int = MAX_TEXT) -> str | None:
    """Return a member that is such a text where it is there."""
    return text(body, name, longest=longest) if name in body else None


def flag(body: JSONObject, name: str, *, default: bool | None = None) -> bool:
    """Return a member that is a boolean; without a default it has to be there."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise MalformedValueError(f"{name}: expected a boolean, {_found(body, name)}")
    return value


def integer(body: JSONObject, name: str, *, least: int, most: int) -> int:
    """Return a member that is a whole number between two others."""
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise MalformedValueError(
            f"{name}: expected a whole number from {least} to {most}, {_found(body, name)}"
        )
    return value


def optional_integer(body: JSONObject, name: str, *, least: int, most: int) -> int | None:
    """Return a member that is such a number where it is there."""
    return integer(body, name, least=least, most=most) if name in body else None


def member_object(body: JSONObject, name: str) -> JSONObject:
    """Return a member that has to be an object."""
    value = body.get(name)
    if not isinstance(value, dict):
        raise MalformedValueError(f"{name}: expected an object, {_found(body, name)}")
    return value


def optional_object(body: JSONObject, name: str) -> JSONObject | None:
    """Return a member that is an object where it is there."""
    return member_object(body, name) if name in body else None


def array(body: JSONObject, name: str, *, least: int = 1, most: int = MAX_ITEMS) -> list[JSONValue]:
    """Return a member that has to be an array of `least` to `most` elements."""
    value = body.get(name)
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise MalformedValueError(
            f"{name}: expected an array of {least} to {most} elements, {_found(body, name)}"
        )
    return value


def texts(body: JSONObject, name: str, *, least: int = 1, most: int = MAX_ITEMS) -> tuple[str, ...]:
    """Return a member that has to be an array of texts, none of them twice."""
    values = array(body, name, least=least, most=most)
    found = tuple(item for item in values if isinstance(item, str) and 0 < len(item) <= MAX_TEXT)
    if len(found) != len(values) or len(set(found)) != len(found):
        raise MalformedValueError(f"{name}: expected different texts")
    return found


def optional_texts(body: JSONObject, name: str) -> tuple[str, ...]:
    """Return a member that is such an array where it is there, else nothing."""
    return texts(body, name) if name in body else ()


def objects(
    body: JSONObject, name: str, read: Callable[[JSONObject], T], *, most: int = MAX_ITEMS
) -> tuple[T, ...]:
    """Return what `read` gives for each object of a member that is an array, nothing where it is absent."""
    if name not in body:
        return ()
    found: list[T] = []
    for item in array(body, name, least=0, most=most):
        if not isinstance(item, dict):
            raise MalformedValueError(f"{name}: expected objects, found {json_type_name(item)}")
        found.append(read(item))
    return tuple(found)


def present(**members: JSONValue) -> JSONObject:
    """Return the members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def _found(body: JSONObject, name: str) -> str:
    return f"found {json_type_name(body[name])}" if name in body else "found none"
