"""Templates for canonical JSON (RFC 8785): the text of every document of one shape, to be filled.

A shape holds every key and every kind of value, so the canonical text differs in texts and integers only. A
float or null has no shape, and neither has an integer or text in it any say in what stands around it. What
RFC 8785 refuses (integers beyond 2^53 - 1, half surrogate pairs) goes to `vclib.jcs`, which says so.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any

from vclib.shapes.structure import Leaf, getter, replaced
from vclib.strict_json import MAX_SAFE_INTEGER, JSONObject


@dataclass(frozen=True)
class _Place:
    """Where a value of the document will stand; `kind` is `str` or `int`."""

    place: int
    kind: type


@dataclass(frozen=True, eq=False)
class JSONTemplate:
    """The canonical JSON of the documents of one shape: a format, and which values go into it."""

    text: str
    arguments: Callable[[Sequence[str]], Sequence[str]]
    texts: tuple[int, ...]
    numbers: tuple[int, ...]
    bytes: int

    @classmethod
    def of(cls, document: JSONObject, shape_bytes: int) -> JSONTemplate:
        """Return the template of a document that has a shape; `shape_bytes` is what its key takes."""
        places: list[_Place] = []

        # Any: a place stands where a value will.
        def written(value: Any) -> str:
            if isinstance(value, _Place):
                places.append(value)
                return "%s"
            if isinstance(value, dict):
                # By UTF-16 code units, https://www.rfc-editor.org/rfc/rfc8785#section-3.2.3.
                keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
                return "{" + ",".join(f"{_constant(key)}:{written(value[key])}" for key in keys) + "}"
            if isinstance(value, list):
                return "[" + ",".join(map(written, value)) + "]"
            if isinstance(value, bool):
                return "true" if value else "false"
            return _constant(value)

        text = written(replaced(document, lambda leaf, place: _Place(place, type(leaf))))
        return cls(
            text,
            getter([found.place for found in places]),
            tuple(found.place for found in places if found.kind is str),
            tuple(found.place for found in places if found.kind is int),
            shape_bytes + 4 * len(text) + 200 * len(places),
        )

    def fill(self, leaves: Sequence[Leaf]) -> builtins.bytes | None:
        """Return the canonical JSON of the document with these values, None if a value has none."""
        arguments: list[Any] = [*leaves]
        for place in self.texts:
            arguments[place] = encode_basestring(arguments[place])
        for place in self.numbers:
            # `%s` writes an integer in decimal digits, which is how RFC 8785 does.
            if not -MAX_SAFE_INTEGER <= arguments[place] <= MAX_SAFE_INTEGER:
                return None
        try:
            return (self.text % self.arguments(arguments)).encode("utf-8")
        except UnicodeEncodeError:
            return None


def _constant(text: str) -> str:
    return encode_basestring(text).replace("%", "%%")
