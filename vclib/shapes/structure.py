"""The shape of a document, and the values that fill it.

The shape is everything but the texts and integers: the policy, the contexts, every key in its order, the
length of every array, every type, the kind of every value, and which booleans are true. Two documents of
one shape take the same way through JSON-LD expansion, but for what their values decide
(`vclib.shapes.template`). A document with a keyword among its keys, a float, a null or a context that is no
URL has no shape here.
"""

from __future__ import annotations

from typing import TypeAlias

from vclib.context_policy import ContextPolicy
from vclib.strict_json import MAX_DEPTH, JSONObject, JSONValue

# Reads back in one way only: a tuple is an object with these keys, an int an array of that length, `str` and
# `int` are values that vary, a text one that does not, and the two objects are true and false.
Shape: TypeAlias = tuple[object, ...]
Leaf: TypeAlias = str | int

# More than any credential has; larger documents, and longer keys, are read without a template.
MAX_PARTS = 2_000
MAX_KEY = 256

_TRUE, _FALSE = object(), object()


def describe(document: JSONObject, contexts: ContextPolicy) -> tuple[Shape, list[Leaf]] | None:
    """Return the shape of a document and its values in document order; None for a document without one."""
    if type(document) is not dict or "@context" not in document:
        return None
    given = document["@context"]
    urls: list[JSONValue] = given if type(given) is list else [given]
    if not all(type(url) is str for url in urls):
        return None
    # The kind of `@context` too: one URL or an array of them.
    parts: list[object] = [contexts, type(given), *urls]
    leaves: list[Leaf] = []
    members = {key: value for key, value in document.items() if key != "@context"}
    if not _object(members, parts, leaves, MAX_DEPTH) or len(parts) > MAX_PARTS:
        return None
    return tuple(parts), leaves


def _object(value: JSONObject, parts: list[object], leaves: list[Leaf], room: int) -> bool:
    keys = tuple(value)
    # Also refuses keys that are no text, for which join would raise.
    if room == 0 or len(parts) > MAX_PARTS or set(map(type, keys)) - {str} or "@" in "".join(keys):
        return False
    if keys and len(max(keys, key=len)) > MAX_KEY:
        return False
    parts.append(keys)
    for key, item in value.items():
        kind = type(item)
        if kind is str:
            if key == "type":
                parts.append(item)
            else:
                parts.append(str)
                leaves.append(item)  # type: ignore[arg-type]
        elif not _other(item, kind, key == "type", parts, leaves, room - 1):
            return False
    return True


def _other(
    item: JSONValue, kind: type, is_type: bool, parts: list[object], leaves: list[Leaf], room: int
) -> bool:
    """Describe a value that is no text below an object, or any value below an array."""
    if kind is dict:
        return _object(item, parts, leaves, room)  # type: ignore[arg-type]
    if kind is list:
        parts.append(len(item))  # type: ignore[arg-type]
        return (
            len(parts) + len(item) <= MAX_PARTS  # type: ignore[arg-type]
            and room > 0
            and all(
                _other(below, type(below), is_type, parts, leaves, room - 1)
                for below in item  # type: ignore[union-attr]
            )
        )
    if kind is bool:
        parts.append(_TRUE if item else _FALSE)
    elif kind is str and is_type:
        parts.append(item)
    elif kind is str or kind is int:
        parts.append(kind)
        leaves.append(item)  # type: ignore[arg-type]
    else:
        return False
    return True
