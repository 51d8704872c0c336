"""JSON-LD 1.1, the only door to PyLD: pinned contexts, safe mode, one lock.

From a document to the statements that are signed. What the door adds to PyLD:

- contexts come from the pinned files of `contexts` and from nowhere else, and only those that a policy
  accepts (`vclib.context_policy`);
- safe mode, always: whatever would be dropped, guessed or blurred on the way is an error (`vclib.safe_mode`,
  `vclib.statements`);
- limits on depth and size before PyLD sees the document;
- a lock, because PyLD's caches are not thread-safe;
- every PyLD error comes out as one of ours.

Sources: https://www.w3.org/TR/json-ld11-api/, https://www.w3.org/TR/vc-data-integrity/#securing-data-losslessly.
Not here: canonical form (`vclib.rdfc`), and which context must come first (`vclib.credentials`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import contexts as pinned
from vclib import jcs, rdfc
from vclib.bounds import check_compactable, check_size, is_certainly_small
from vclib.context_policy import (
    DEFAULT_CONTEXTS,
    UNSAFE_ANY_CONTEXT,
    ContextPolicy,
    check_contexts,
    has_accepted_urls_only,
    has_inline_context,
)
from vclib.errors import ContextNotAcceptedError, MalformedValueError
from vclib.json_writing import write_canonical_json
from vclib.nquads import Quad
from vclib.rdfc import CanonicalDataset
from vclib.shapes import Conclude, Reading, Reference, Shapes, shared_readings
from vclib.statements import to_statements
from vclib.strict_json import JSONObject, JSONValue, json_type_name

if TYPE_CHECKING:
    from vclib.processing import Engine

__all__ = [
    "DEFAULT_CONTEXTS",
    "LATE_MODULES",
    "UNSAFE_ANY_CONTEXT",
    "ContextPolicy",
    "canonical_json",
    "canonical_json_of_options",
    "canonical_nquads",
    "canonical_nquads_under",
    "canonicalize",
    "check_contexts",
    "compact",
    "conclude",
    "conclusion",
    "expand",
    "expand_types",
    "read",
    "shared_readings",
    "to_quads",
]


def expand(document: JSONObject, *, contexts: ContextPolicy = DEFAULT_CONTEXTS) -> list[JSONValue]:
    """Return the expanded form of a document; the document is not changed.

    Raises ComplexityError, ContextNotAcceptedError, DataLossError, AmbiguousTermsError, and JSONLDError for
    what is not JSON-LD. What only the values of the document lose is found by `read`.
    """
    return _expand(document, contexts, False)


def read(document: JSONObject, *, contexts: ContextPolicy = DEFAULT_CONTEXTS) -> Reading:
    """Return what a document says: its expansion and its statements, all of them or an error.

    Raises as `expand`, and DataLossError, AmbiguousTermsError or MalformedValueError for a value that makes
    no statement, or not one of its own (`vclib.statements`).
    """

    def reference(traced: bool) -> Reference:
        def run(document: JSONObject) -> tuple[list[JSONValue], list[Quad]]:
            expanded = _expand(document, contexts, traced)
            return expanded, to_statements(expanded, integral_floats=contexts.integral_floats)

        return run

    return SHAPES.read(document, contexts, reference=reference(False), traced=reference(True))


def conclude(
    document: JSONObject, check: Conclude, *, contexts: ContextPolicy = DEFAULT_CONTEXTS
) -> tuple[str, ...]:
    """Return `check(document, expanded)`, where `expanded` is the document's expanded form.

    `check` is a function of a module. It may look at keys, at the kinds of values, and at whether values
    of the document and of its expansion are equal; what it returns is made of types and terms. Documents that
    agree in all of these need not be looked at each. Raises as `read`, and CredentialError or
    MalformedValueError by `check`.
    """
    return read(document, contexts=contexts).conclude(document, check)


def conclusion(
    document: JSONObject, check: Conclude, *, contexts: ContextPolicy = DEFAULT_CONTEXTS
) -> tuple[str, ...] | None:
    """Return what `conclude` would if that is known already, else None; raises nothing.

    Where it is known, `check_contexts`, `read` and `check` accept the document.
    """
    return SHAPES.conclusion(document, contexts, check)


def to_quads(document: JSONObject, *, contexts: ContextPolicy = DEFAULT_CONTEXTS) -> list[Quad]:
    """Return the statements of a document, all of them or an error. Raises as `read`."""
    return read(document, contexts=contexts).quads()


def canonicalize(document: JSONObject, *, contexts: ContextPolicy = DEFAULT_CONTEXTS) -> CanonicalDataset:
    """Return the canonical dataset of a document (RDFC-1.0, SHA-256). Raises as `read`."""
    return read(document, contexts=contexts).canonicalize()


def canonical_nquads(
    document: JSONObject, *, contexts: ContextPolicy = DEFAULT_CONTEXTS, hash_name: str = "sha256"
) -> bytes:
    """Return the UTF-8 bytes of the canonical form of a document (RDFC-1.0). Raises as `read`."""
    return read(document, contexts=contexts).canonical_bytes(hash_name)


def canonical_nquads_under(document: JSONObject, imported: Mapping[str, bytes]) -> bytes:
    """Return the UTF-8 bytes of the canonical form of a document, some of whose contexts the caller has.

    For documents of publishers whose contexts may not be kept here: `imported` is context URL to content,
    which the caller has compared with a digest. A context of ours cannot be replaced that way, and all are
    named at the top, by URL. Raises as `read`; nothing of it is remembered.
    """
    entries = document.get("@context")
    listed = entries if isinstance(entries, list) else [entries]
    known = [url for url in listed if isinstance(url, str) and url not in pinned.CONTEXTS]
    for url in known:
        if url not in imported:
            raise ContextNotAcceptedError(f"the context {url[:200]!a} is not at hand and is not fetched")
    # All the others are looked at as everywhere, and none may stand further below.
    check_contexts({**document, "@context": [url for url in listed if url not in known]}, DEFAULT_CONTEXTS)

    expanded = _engine().expand(document, inline=True, imported=imported)
    return rdfc.canonicalize(to_statements(expanded)).to_bytes()


def canonical_json(document: JSONObject, *, contexts: ContextPolicy = DEFAULT_CONTEXTS) -> bytes:
    """Return the canonical JSON (RFC 8785) of a document whose contexts and size are accepted.

    Raises as `check_contexts`, and ProofTransformationError for what has no canonical form.
    """
    quickly = write_canonical_json(document)
    if (
        quickly is not None
        and is_certainly_small(quickly)
        and has_accepted_urls_only(document, quickly, contexts)
    ):
        return quickly
    if "@context" in document:
        # Looks at the size, too.
        check_contexts(document, contexts)
    else:
        check_size(document)
    return jcs.canonicalize(document) if quickly is None else quickly


def canonical_json_of_options(options: JSONObject) -> bytes:
    """Return the canonical JSON of proof options, whose contexts are not looked at.

    Raises ComplexityError for options that are too large, and as `canonical_json`.
    """
    quickly = write_canonical_json(options)
    if quickly is not None and is_certainly_small(quickly):
        return quickly
    check_size(options)
    return jcs.canonicalize(options) if quickly is None else quickly


def compact(
    document: JSONObject | list[JSONValue],
    context: JSONValue,
    *,
    contexts: ContextPolicy = DEFAULT_CONTEXTS,
) -> JSONObject:
    """Return a document, or the expanded form of one, compacted with `context` (URL, object or array).

    Raises as `expand`, and DataLossError for a JSON literal that compaction would change.
    """
    expanded = document if isinstance(document, list) else expand(document, contexts=contexts)
    check_size(expanded)
    check_compactable(expanded)
    wrapper: JSONObject = {"@context": context}
    check_contexts(wrapper, contexts)

    return _engine().compact(expanded, context, inline=has_inline_context(wrapper))


def expand_types(
    types: Sequence[str], context: JSONValue, *, contexts: ContextPolicy = DEFAULT_CONTEXTS
) -> tuple[str, ...]:
    """Return the absolute IRIs of `types` under `context`, as types are compared.

    Raises as `expand`; DataLossError for a type that the context does not define.
    """
    expanded = expand({"@context": context, "@type": list(types)}, contexts=contexts)
    to_statements(expanded)
    node = expanded[0]
    found = node.get("@type") if isinstance(node, dict) else None
    return tuple(str(iri) for iri in found) if isinstance(found, list) else ()


def _expand(document: JSONObject, contexts: ContextPolicy, traced: bool) -> list[JSONValue]:
    if not isinstance(document, dict):
        raise MalformedValueError(f"expected a JSON-LD document, found {json_type_name(document)}")
    check_contexts(document, contexts)
    return _engine().expand(document, inline=has_inline_context(document), traced=traced)


# What is imported when a document is first expanded, which takes half a second: for whoever does it ahead.
LATE_MODULES = ("vclib.processing",)


# PyLD keeps caches, and they need one lock: there is one engine.
@cache
def _engine() -> Engine:
    # Only where something has to be expanded: see `vclib.processing`.
    from vclib.processing import Engine

    return Engine()


# What was learned of documents read before; never more than the bounds of `vclib.shapes.cache`.
SHAPES = Shapes()
