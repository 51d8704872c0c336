"""Give every unnamed node of a document a name for a while, so that its parts can be recognized again.

The statements of a selected part must be found among those of the whole document. Nodes without an `id` are
blank nodes, which have no names to compare; so each gets a URN of our own first ("skolemization"), in the
document itself, and the names are taken off the statements again.

Deviation from https://www.w3.org/TR/vc-di-ecdsa/#skolemizecompactjsonld: there the document is expanded,
named and compacted again. Compaction spells some documents anew (an array of one becomes its element, a full
IRI becomes a term), and pointers that fit the document then select nothing. Here the names are written into
the document as it is, and its expanded form is compared with that of the original: but for the names both
must be equal. The statements and their order are those of the algorithm (docs/decisions/0031).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from vclib import jsonld
from vclib.errors import JSONLDError, ProofTransformationError
from vclib.jsonld import ContextPolicy
from vclib.nquads import Quad, is_blank
from vclib.statements import to_statements
from vclib.strict_json import JSONObject, JSONValue

# Objects with one of these members are values or containers, never nodes.
_NO_NODE = frozenset({"@value", "@list", "@set"})

_CANNOT_BE_NAMED = "the document has nodes that cannot be named in place, so it cannot be disclosed in parts"


@dataclass(frozen=True)
class SkolemizedDocument:
    """A document in which every node has a name, and its statements with blank nodes again.

    `document` has the same members and arrays as the original, so the same pointers fit it.
    """

    document: JSONObject
    quads: tuple[Quad, ...]
    prefix: str

    def deskolemize(self, quads: Iterable[Quad]) -> list[Quad]:
        """Return statements of this document, or of a part of it, with blank nodes instead of our names."""
        start = f"<{self.prefix}"
        return [
            Quad(
                _blank_again(quad.subject, start),
                quad.predicate,
                _blank_again(quad.object, start),
                quad.graph,
            )
            for quad in quads
        ]


def skolemize(
    document: JSONObject, *, contexts: ContextPolicy, expanded: list[JSONValue] | None = None
) -> SkolemizedDocument:
    """Return `document` with a name for every node; the document itself is not changed.

    `expanded` is the document's expanded form, if the caller has it already. Raises JSONLDError as
    `vclib.jsonld.expand`, and ProofTransformationError for a document that cannot be disclosed in parts: with
    a context inside it, an ordered list, a graph of its own, or nodes that cannot be named in place.
    """
    if expanded is None:
        expanded = jsonld.expand(document, contexts=contexts)
    # A random prefix, so that no identifier of the document can pass for one of ours.
    prefix = f"urn:bnid:{secrets.token_hex(16)}:"
    namer = _Namer(prefix)
    try:
        named = namer.name_nodes(document)
        named_expanded = jsonld.expand(named, contexts=contexts)
        not_nodes = namer.given - _names_of_nodes(named_expanded, prefix)
        if not_nodes:
            # JSON literals and language maps look like node objects; they keep what they have.
            namer = _Namer(prefix, skipped=not_nodes)
            named = namer.name_nodes(document)
            named_expanded = jsonld.expand(named, contexts=contexts)
    except JSONLDError as err:
        # The document alone was fine. Some contexts have maps or aliases of @id in which a name does harm.
        raise ProofTransformationError(_CANNOT_BE_NAMED) from err
    if _without_names(named_expanded, namer.original_identifiers()) != expanded:
        raise ProofTransformationError(_CANNOT_BE_NAMED)
    quads = to_statements(named_expanded, integral_floats=contexts.integral_floats)
    if any(is_blank(term) for quad in quads for term in (quad.subject, quad.object, quad.graph)):
        raise ProofTransformationError("ordered lists and graphs in a document cannot be disclosed in parts")
    skolemized = SkolemizedDocument(named, (), prefix)
    return SkolemizedDocument(named, tuple(skolemized.deskolemize(quads)), prefix)


@dataclass
class _Namer:
    """Writes names into one document, numbered in document order."""

    prefix: str
    skipped: Collection[str] = ()
    given: set[str] = field(default_factory=set)
    # Blank node identifiers that the document itself uses, to our names for them.
    labelled: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def name_nodes(self, document: JSONObject) -> JSONObject:
        """Return the document with our names; its context is left out of account."""
        named = self._named_object({name: value for name, value in document.items() if name != "@context"})
        return {"@context": document["@context"], **named} if "@context" in document else named

    def original_identifiers(self) -> dict[str, str | None]:
        """Return what stood where each of our names stands now; None for nothing."""
        unlabelled: dict[str, str | None] = dict.fromkeys(self.given)
        return unlabelled | {name: label for label, name in self.labelled.items()}

    def _named(self, value: JSONValue, *, as_it_is: bool) -> JSONValue:
        if isinstance(value, dict):
            return self._named_object(value)
        if isinstance(value, list):
            return [self._named(item, as_it_is=as_it_is) for item in value]
        if isinstance(value, str) and value.startswith("_:") and not as_it_is:
            return self.labelled.setdefault(value, f"{self.prefix}label{len(self.labelled)}")
        return value

    def _named_object(self, value: JSONObject) -> JSONObject:
        if "@context" in value:
            raise ProofTransformationError("a document with a context inside it cannot be disclosed in parts")
        name = f"{self.prefix}{self.count}"
        self.count += 1
        skipped = name in self.skipped
        named = {member: self._named(below, as_it_is=skipped) for member, below in value.items()}
        if skipped or "id" in value or "@id" in value or not _NO_NODE.isdisjoint(value):
            return named
        self.given.add(name)
        # The keyword, because it means the same under every context.
        return {"@id": name, **named}


def _names_of_nodes(expanded: JSONValue, prefix: str) -> set[str]:
    """Return our names that became the identifier of a node."""
    found: set[str] = set()
    pending = [expanded]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict) and "@value" not in value:
            identifier = value.get("@id")
            if isinstance(identifier, str) and identifier.startswith(prefix):
                found.add(identifier)
            pending.extend(value.values())
    return found


def _without_names(value: JSONValue, original: Mapping[str, str | None]) -> JSONValue:
    """Return an expanded value as it would be without our names."""
    if isinstance(value, list):
        return [_without_names(item, original) for item in value]
    if not isinstance(value, dict):
        return value
    restored: JSONObject = {}
    for member, below in value.items():
        if member == "@id" and isinstance(below, str):
            identifier = original.get(below, below)
            if identifier is not None:
                restored[member] = identifier
        else:
            restored[member] = _without_names(below, original)
    return restored


def _blank_again(term: str, start: str) -> str:
    return f"_:{term[len(start) : -1]}" if term.startswith(start) else term
