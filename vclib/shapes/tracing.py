"""Follow the values of a document through JSON-LD expansion.

A copy of the document holds, instead of its texts and integers, such that know their place. What expansion
hands on keeps that knowledge, and what it makes of a text is noted (`vclib.processing`). Whatever loses it
on the way is missing afterwards, and then no template is made.
"""

from __future__ import annotations

from vclib.shapes.structure import Leaf, replaced
from vclib.strict_json import JSONObject


class TracedText(str):
    """A text of the document; `place` is its number among the document's values."""

    place: int

    def __deepcopy__(self, memo: object) -> TracedText:
        return self


class TracedNumber(int):
    """An integer of the document."""

    place: int

    def __deepcopy__(self, memo: object) -> TracedNumber:
        return self


class TracedIRI(str):
    """What expansion made of a text that it read as an IRI, a term or a reference: `source`."""

    source: TracedText

    def __deepcopy__(self, memo: object) -> TracedIRI:
        return self


def traced_copy(document: JSONObject) -> JSONObject:
    """Return a copy whose values know their places, in the order of `vclib.shapes.structure.describe`.

    The document must have a shape.
    """

    def traced(value: Leaf, place: int) -> TracedText | TracedNumber:
        known = TracedText(value) if isinstance(value, str) else TracedNumber(value)
        known.place = place
        return known

    return replaced(document, traced)
