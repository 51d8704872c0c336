"""The shape of a document, and the values that fill it.

The shape is everything but the texts and integers: the policy, the contexts, every key in its order, the
length of every array, every type, the kind of every value, and which booleans are true. Two documents of
one shape take the same way through JSON-LD expansion, but for what their values decide
(`vclib.shapes.template`). A document with a keyword among its keys, a float, a null or a context that is no
URL has no shape here.

The values of an object itself stand before those of the objects and arrays in it; `replaced` takes them in
this order, too. What is to be done with an object follows from its keys and the kinds of its values alone, so
it is worked out once for objects that are alike (`_Plan`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeAlias

from vclib.context_policy import ContextPolicy
from vclib.strict_json import MAX_DEPTH, JSONObject, JSONValue

# Reads back in one way only. For an object: its keys, the kinds of their values, its types and booleans, then
# the objects and arrays in it. For an array: the kinds of its items, then those of them that are no values.
Shape: TypeAlias = tuple[object, ...]
Leaf: TypeAlias = str | int

# More than any credential has; larger documents, and longer keys, are read without a template.
MAX_PARTS = 2_000
MAX_KEY = 256

# Plans are kept for this many kinds of objects, of at most so many characters of keys: some megabytes.
_MAX_PLANS = 1_000
_MAX_PLAN_CHARACTERS = 2_000

_Kinds: TypeAlias = tuple[type, ...]


@dataclass(frozen=True)
class _Plan:
    """What to do with the values of every object that has the same keys and kinds of values.

    `leaves` picks the texts and integers; `fixed` are the positions of types and booleans, `nested` those of
    objects and arrays, with whether they are a type's.
    """

    leaves: Callable[[Sequence[JSONValue]], Sequence[JSONValue]]
    fixed: tuple[int, ...]
    nested: tuple[tuple[int, bool], ...]
    size: int


def describe(document: JSONObject, contexts: ContextPolicy) -> tuple[Shape, list[Leaf]] | None:
    """Return the shape of a document and its values in order; None for a document without one."""
    if type(document) is not dict or "@context" not in document:
        return None
    given = document["@context"]
    urls: list[JSONValue] = given if type(given) is list else [given]
    if not all(type(url) is str for url in urls):
        return None
    # Also says whether `@context` is one URL or an array of them: the kinds of the document's values do.
    parts: list[object] = [contexts, *urls]
    walk = _Walk(parts, [])
    if not walk.add_object(document, True, MAX_DEPTH) or walk.size > MAX_PARTS:
        return None
    return tuple(parts), walk.leaves


class _Walk:
    """Collects the parts and values of one document."""

    __slots__ = ("leaves", "parts", "size")

    def __init__(self, parts: list[object], leaves: list[Leaf]) -> None:
        self.parts, self.leaves = parts, leaves
        self.size = len(parts)

    def add_object(self, value: JSONObject, is_root: bool, room: int) -> bool:
        keys = tuple(value)
        values = [*value.values()]
        kinds = tuple(map(type, values))
        # Keys that are equal to texts are read as these texts, whatever they are instances of.
        plan = _PLANS.get((keys, kinds, is_root))
        if plan is None:
            plan = _plan(keys, kinds, is_root)
            if plan is None:
                return False
        self.size += plan.size
        if room == 0 or self.size > MAX_PARTS:
            return False
        parts = self.parts
        parts.append(keys)
        parts.append(kinds)
        self.leaves += plan.leaves(values)  # type: ignore[arg-type]
        for position in plan.fixed:
            parts.append(values[position])
        for position, is_type in plan.nested:
            item = values[position]
            if type(item) is dict:
                if not self.add_object(item, False, room - 1):
                    return False
            elif not self.add_array(item, is_type, room - 1):  # type: ignore[arg-type]
                return False
        return True

    def add_array(self, items: list[JSONValue], is_type: bool, room: int) -> bool:
        kinds = tuple(map(type, items))
        self.size += 1 + len(kinds)
        if room == 0 or self.size > MAX_PARTS:
            return False
        self.parts.append(kinds)
        for item, kind in zip(items, kinds, strict=True):
            if kind is dict:
                if not self.add_object(item, False, room - 1):  # type: ignore[arg-type]
                    return False
            elif kind is bool or (kind is str and is_type):
                self.parts.append(item)
            elif kind is str or kind is int:
                self.leaves.append(item)  # type: ignore[arg-type]
            elif kind is not list or not self.add_array(item, is_type, room - 1):  # type: ignore[arg-type]
                return False
        return True


# A memo of a pure function: emptied when it is full, so strangers' objects only make it compute again.
_PLANS: dict[tuple[tuple[str, ...], _Kinds, bool], _Plan] = {}


def _plan(keys: tuple[str, ...], kinds: _Kinds, is_root: bool) -> _Plan | None:
    """Return the plan for an object, None for one that no shape has. The root has its contexts beside."""
    terms = [key for key in keys if not (is_root and key == "@context")]
    if not all(type(key) is str and len(key) <= MAX_KEY and "@" not in key for key in terms):
        return None
    leaves: list[int] = []
    fixed: list[int] = []
    nested: list[tuple[int, bool]] = []
    for position, (key, kind) in enumerate(zip(keys, kinds, strict=True)):
        if is_root and key == "@context":
            continue
        if kind is dict or kind is list:
            nested.append((position, key == "type"))
        elif kind is bool or (kind is str and key == "type"):
            fixed.append(position)
        elif kind is str or kind is int:
            leaves.append(position)
        else:
            return None
    plan = _Plan(getter(leaves), tuple(fixed), tuple(nested), 1 + len(keys))
    if sum(map(len, terms)) + len(keys) <= _MAX_PLAN_CHARACTERS:
        if len(_PLANS) >= _MAX_PLANS:
            _PLANS.clear()
        _PLANS[keys, kinds, is_root] = plan
    return plan


def replaced(document: JSONObject, replacement: Callable[[Leaf, int], object]) -> dict[str, Any]:
    """Return a copy of a document that has a shape, with another thing for each of its values.

    `replacement` is given the value and its place in the order of `describe`.
    """
    places = itertools.count()

    # Any: whatever the caller puts in the place of a value.
    def of_object(value: JSONObject, is_root: bool) -> dict[str, Any]:
        copied: dict[str, Any] = dict(value)
        below = []
        for key, item in value.items():
            if is_root and key == "@context":
                copied[key] = [*item] if isinstance(item, list) else item
            elif isinstance(item, (dict, list)):
                below.append(key)
            else:
                copied[key] = of_scalar(item, key == "type")
        for key in below:
            copied[key] = of_any(copied[key], key == "type")
        return copied

    def of_any(value: JSONValue, is_type: bool) -> Any:
        if isinstance(value, dict):
            return of_object(value, False)
        if isinstance(value, list):
            return [of_any(item, is_type) for item in value]
        return of_scalar(value, is_type)

    def of_scalar(value: JSONValue, is_type: bool) -> Any:
        if isinstance(value, bool) or (is_type and isinstance(value, str)):
            return value
        leaf: Leaf = value  # type: ignore[assignment]
        return replacement(leaf, next(places))

    return of_object(document, True)


def getter(positions: Sequence[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Return what picks the values at these positions, whatever they are."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda values: tuple([values[position] for position in positions])
