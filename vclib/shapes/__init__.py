"""Compiled document shapes: the same statements as JSON-LD expansion gives, for a small part of the time.

Credentials of one kind differ in their values only, and expansion does the same for all of them. So what it
does is noted once for each shape (`structure`), by following the values of one document through it
(`tracing`, `outline`), and the next document's values are filled in (`template`). A template is made of a
document that the reference path has accepted, when a shape comes for the second time, and it is compared
with the reference path then. What does not certainly fit a template goes the reference path, which is also
the only one that refuses.

Why this is the same, byte for byte, is argued in docs/decisions/0200. Not here: JSON-LD itself, which is an
argument (`vclib.jsonld`), and which statements a JSON pointer selects (`vclib.cryptosuites.selections`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeAlias

from vclib.context_policy import ContextPolicy
from vclib.errors import MalformedValueError
from vclib.nquads import Quad
from vclib.shapes.cache import Cache
from vclib.shapes.outline import Outline, UnfitError, UnfitValueError, Variant, outline_of, variant_of
from vclib.shapes.reading import FilledReading, Reading, ReferenceReading, relabelled_quad
from vclib.shapes.structure import Leaf, Shape, describe
from vclib.shapes.template import Conclude, Template
from vclib.shapes.tracing import traced_copy
from vclib.strict_json import JSONObject, JSONValue

__all__ = [
    "Cache",
    "Conclude",
    "FilledReading",
    "Reading",
    "Reference",
    "ReferenceReading",
    "Shapes",
    "Template",
    "relabelled_quad",
    "shared_readings",
]

# The reference path: from a document, traced or not, to its expansion and its statements, checked.
Reference: TypeAlias = Callable[[JSONObject], tuple[list[JSONValue], list[Quad]]]


_Described: TypeAlias = tuple[Shape, list[Leaf]]


class _Shared:
    """What was read within one context."""

    def __init__(self) -> None:
        # Equal shapes and equal values are the same document, whatever else stands around it.
        self.readings: dict[tuple[Shape, tuple[Leaf, ...]], Reading] = {}
        # Of documents with the same members: the very same objects, which are kept so that they stay it.
        self._described: dict[object, tuple[list[JSONValue], _Described | None]] = {}

    def describe(self, document: JSONObject, contexts: ContextPolicy) -> _Described | None:
        """Return what `describe` does; documents are taken apart and put together, not changed, meanwhile."""
        if type(document) is not dict:
            return describe(document, contexts)
        values = [*document.values()]
        key = (contexts, *document, *map(id, values))
        known = self._described.get(key)
        if known is None:
            known = self._described[key] = values, describe(document, contexts)
        return known[1]


_SHARED: ContextVar[_Shared | None] = ContextVar("readings", default=None)


@contextmanager
def shared_readings() -> Iterator[None]:
    """Within this context, in this thread, read no document twice; at its end all of them are forgotten.

    A verification reads a credential for its conformance and for its proofs. Nobody may change a document
    until then.
    """
    if _SHARED.get() is not None:
        yield
        return
    token = _SHARED.set(_Shared())
    try:
        yield
    finally:
        _SHARED.reset(token)


@dataclass(frozen=True, eq=False)
class _Structure:
    """What is known of a shape: where its IRIs stand. None: its documents have no template."""

    iris: tuple[int, ...] | None
    bytes: int

    def variant_of(self, leaves: Sequence[Leaf]) -> Variant | None:
        """Return what the texts that are IRIs decide, None if that fits no template."""
        return variant_of([leaves[place] for place in self.iris or ()])


class Shapes:
    """The shapes that one program has met, within bounds; may be used by many threads at once."""

    def __init__(self, cache: Cache | None = None) -> None:
        self.cache = Cache() if cache is None else cache

    def read(
        self, document: JSONObject, contexts: ContextPolicy, *, reference: Reference, traced: Reference
    ) -> Reading:
        """Return what `reference` would, or a filled template that says the same.

        `traced` is the reference path with a processor that traces (`vclib.shapes.tracing`). Raises what the
        reference path raises.
        """
        described = _describe(document, contexts)
        if described is None:
            return _by(reference, document)
        shape, leaves = described
        shared = _SHARED.get()
        if shared is None:
            return self._read(document, shape, leaves, reference, traced)
        content = (shape, tuple(leaves))
        found = shared.readings.get(content)
        if found is None:
            found = shared.readings[content] = self._read(document, shape, leaves, reference, traced)
        return found

    def conclusion(
        self, document: JSONObject, contexts: ContextPolicy, check: Conclude
    ) -> tuple[str, ...] | None:
        """Return what `check` says of every document of the template that fits, None without one.

        Also None if that depends on values. Else the reference path accepts the document, its contexts and
        its size: it has accepted them for the template's shape, and the values fit. Nothing is raised, and no
        template is made.
        """
        described = _describe(document, contexts)
        if described is None:
            return None
        shape, leaves = described
        shared = _SHARED.get()
        content = (shape, tuple(leaves))
        reading = shared.readings.get(content) if shared else None
        if reading is None:
            structure = self.cache.get(shape)
            variant = structure.variant_of(leaves) if isinstance(structure, _Structure) else None
            template = None if variant is None else self.cache.get((structure, variant))
            filled = template.fill(leaves) if isinstance(template, Template) else None
            if filled is None:
                return None
            reading = FilledReading(filled)
            if shared:
                shared.readings[content] = reading
        return reading.filled.template.conclusion(check) if isinstance(reading, FilledReading) else None

    def _read(
        self,
        document: JSONObject,
        shape: Shape,
        leaves: Sequence[Leaf],
        reference: Reference,
        traced: Reference,
    ) -> Reading:
        structure = self.cache.get(shape)
        if structure is None:
            if not self.cache.is_worth_keeping(shape):
                return _by(reference, document)
            return self._compile(document, shape, None, leaves, traced)
        if not isinstance(structure, _Structure) or structure.iris is None:
            return _by(reference, document)
        variant = structure.variant_of(leaves)
        if variant is None:
            return _by(reference, document)
        template = self.cache.get((structure, variant))
        if not isinstance(template, Template):
            if not self.cache.is_worth_keeping((structure, variant)):
                return _by(reference, document)
            return self._compile(document, shape, structure, leaves, traced)
        filled = template.fill(leaves)
        return _by(reference, document) if filled is None else FilledReading(filled)

    def _compile(
        self,
        document: JSONObject,
        shape: Shape,
        structure: _Structure | None,
        leaves: Sequence[Leaf],
        traced: Reference,
    ) -> Reading:
        """Go the reference path with a document whose values are traced, and keep what can be learned."""
        # Raises here if the document is refused, before anything is kept.
        expanded, quads = traced(traced_copy(document))
        size = 200 + sum(_size(part) for part in shape)
        try:
            outline = outline_of(expanded, len(leaves))
        except (UnfitError, MalformedValueError) as err:
            # A stranger's value must not keep a template from documents with better ones.
            if structure is None and not isinstance(err, UnfitValueError):
                self.cache.keep(shape, _Structure(None, size))
            return ReferenceReading(_untraced(expanded), quads)
        template = Template.of(outline, len(leaves), expanded, document, size)
        filled = template.fill(leaves)
        if filled is None or filled.quads() != quads or filled.expanded() != expanded:
            return ReferenceReading(_untraced(expanded), quads)
        places: tuple[int, ...] | None = _iri_places(outline)
        if structure is None and self.cache.is_too_large(template):
            # It would be made anew for every other document of the shape.
            places = None
        if structure is None:
            structure = _Structure(places, size)
            self.cache.keep(shape, structure)
        variant = structure.variant_of(leaves)
        if places is not None and variant is not None and structure.iris == places:
            self.cache.keep((structure, variant), template)
        return FilledReading(filled)


def _describe(document: JSONObject, contexts: ContextPolicy) -> _Described | None:
    shared = _SHARED.get()
    return describe(document, contexts) if shared is None else shared.describe(document, contexts)


def _by(reference: Reference, document: JSONObject) -> Reading:
    return ReferenceReading(*reference(document))


def _iri_places(outline: Outline) -> tuple[int, ...]:
    return tuple(sorted([*outline.words, *(rule.place for rule in outline.iris)]))


def _size(part: object) -> int:
    if isinstance(part, str):
        return 80 + 4 * len(part)
    if isinstance(part, tuple):
        return 60 + sum(_size(below) for below in part)
    return 8


def _untraced(value: list[JSONValue]) -> list[JSONValue]:
    """Return an expansion with plain texts and numbers again."""

    def plain(value: JSONValue) -> JSONValue:
        if isinstance(value, dict):
            return {str(name): plain(below) for name, below in value.items()}
        if isinstance(value, list):
            return [plain(below) for below in value]
        if isinstance(value, str):
            return str(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return int(value)
        return value

    return [plain(below) for below in value]
