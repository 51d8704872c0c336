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

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pyld import jsonld as pyld

import contexts as pinned
from vclib import jcs, rdfc
from vclib.context_policy import (
    DEFAULT_CONTEXTS,
    UNSAFE_ANY_CONTEXT,
    ContextPolicy,
    check_contexts,
    has_inline_context,
)
from vclib.errors import (
    ContextIntegrityError,
    ContextNotAcceptedError,
    DataLossError,
    JSONLDError,
    MalformedValueError,
)
from vclib.nquads import Quad
from vclib.rdfc import CanonicalDataset
from vclib.safe_mode import BASE, SafeProcessor, ScopedContexts, check_compactable, check_size
from vclib.shapes import Conclude, Reading, Reference, Shapes, shared_readings
from vclib.shapes.tracing import TracingProcessor
from vclib.statements import to_statements
from vclib.strict_json import JSONObject, JSONValue, json_type_name

__all__ = [
    "DEFAULT_CONTEXTS",
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

_Result = TypeVar("_Result")

# PyLD has no type information: its options, its answers from a loader and what it keeps of a context are Any.
_PyldValues = dict[str, Any]

# What PyLD lets through besides its own error, when a document is not of the shape it expects.
_PYLD_FAILURES = (
    pyld.JsonLdError,
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)


def expand(document: JSONObject, *, contexts: ContextPolicy = DEFAULT_CONTEXTS) -> list[JSONValue]:
    """Return the expanded form of a document; the document is not changed.

    Raises ComplexityError, ContextNotAcceptedError, DataLossError, AmbiguousTermsError, and JSONLDError for
    what is not JSON-LD. What only the values of the document lose is found by `read`.
    """
    return _expand(document, contexts, SafeProcessor)


def read(document: JSONObject, *, contexts: ContextPolicy = DEFAULT_CONTEXTS) -> Reading:
    """Return what a document says: its expansion and its statements, all of them or an error.

    Raises as `expand`, and DataLossError, AmbiguousTermsError or MalformedValueError for a value that makes
    no statement, or not one of its own (`vclib.statements`).
    """

    def reference(processor: type[SafeProcessor]) -> Reference:
        def run(document: JSONObject) -> tuple[list[JSONValue], list[Quad]]:
            expanded = _expand(document, contexts, processor)
            return expanded, to_statements(expanded, integral_floats=contexts.integral_floats)

        return run

    return SHAPES.read(
        document, contexts, reference=reference(SafeProcessor), traced=reference(TracingProcessor)
    )


def conclude(
    document: JSONObject, conclude: Conclude, *, contexts: ContextPolicy = DEFAULT_CONTEXTS
) -> tuple[str, ...]:
    """Return `conclude(document, expanded)`, where `expanded` is the document's expanded form.

    `conclude` is a function of a module. It may look at keys, at the kinds of values, and at whether values
    of the document and of its expansion are equal; what it returns is made of types and terms. Documents that
    agree in all of these need not be looked at each. Raises as `read`, and CredentialError or
    MalformedValueError by `conclude`.
    """
    return read(document, contexts=contexts).conclude(document, conclude)


def conclusion(
    document: JSONObject, conclude: Conclude, *, contexts: ContextPolicy = DEFAULT_CONTEXTS
) -> tuple[str, ...] | None:
    """Return what `conclude` would if that is known already, else None; raises nothing.

    Where it is known, `check_contexts`, `read` and `conclude` accept the document.
    """
    return SHAPES.conclusion(document, contexts, conclude)


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

    def load(url: str, options: object) -> _PyldValues:
        if url in pinned.CONTEXTS or url not in imported:
            return _load_document(url, options)
        return _loaded(url, imported[url])

    def run(processor: SafeProcessor, options: _PyldValues) -> list[JSONValue]:
        expanded: list[JSONValue] = processor.expand(document, options)
        return expanded

    expanded = _ENGINE.run(run, True, load=load)
    return rdfc.canonicalize(to_statements(expanded)).to_bytes()


def canonical_json(document: JSONObject, *, contexts: ContextPolicy = DEFAULT_CONTEXTS) -> bytes:
    """Return the canonical JSON (RFC 8785) of a document whose contexts and size are accepted.

    Raises as `check_contexts`, and ProofTransformationError for what has no canonical form.
    """

    def reference(document: JSONObject) -> bytes:
        if "@context" in document:
            # Looks at the size, too.
            check_contexts(document, contexts)
        else:
            check_size(document)
        return jcs.canonicalize(document)

    return SHAPES.canonical_json(document, contexts, reference=reference, use="document")


def canonical_json_of_options(options: JSONObject, *, contexts: ContextPolicy = DEFAULT_CONTEXTS) -> bytes:
    """Return the canonical JSON of proof options, whose contexts are not looked at.

    Raises ComplexityError for options that are too large, and as `canonical_json`.
    """

    def reference(options: JSONObject) -> bytes:
        check_size(options)
        return jcs.canonicalize(options)

    return SHAPES.canonical_json(options, contexts, reference=reference, use="options")


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

    def run(processor: SafeProcessor, options: _PyldValues) -> JSONObject:
        compacted: JSONObject = processor.compact(expanded, context, {**options, "skipExpansion": True})
        # Nothing is expanded here, so there is nothing for the processor to have seen.
        processor.seen += 1
        return compacted

    return _ENGINE.run(run, has_inline_context(wrapper))


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


def _expand(document: JSONObject, contexts: ContextPolicy, processor: type[SafeProcessor]) -> list[JSONValue]:
    if not isinstance(document, dict):
        raise MalformedValueError(f"expected a JSON-LD document, found {json_type_name(document)}")
    check_contexts(document, contexts)

    def run(processor: SafeProcessor, options: _PyldValues) -> list[JSONValue]:
        expanded: list[JSONValue] = processor.expand(document, options)
        return expanded

    return _ENGINE.run(run, has_inline_context(document), processor)


class _Engine:
    """PyLD with what it must share between calls: a lock, and the contexts it has already processed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Context URL, or canonical text of a context within a pinned file, to what PyLD keeps of it. Only
        # pinned contexts get in, so it is bounded, and no document can plant anything for the next one.
        self._processed: _PyldValues = {}
        self._scoped = ScopedContexts()

    def run(
        self,
        operation: Callable[[SafeProcessor, _PyldValues], _Result],
        inline: bool,
        new_processor: type[SafeProcessor] = SafeProcessor,
        load: Callable[[str, object], _PyldValues] | None = None,
    ) -> _Result:
        """Run a PyLD operation; `inline` says that it brings contexts of its own."""
        processor = new_processor(None if inline else self._scoped)
        with self._lock:
            loader = load or _load_document
            resolver = pyld.ContextResolver({} if inline else self._processed, loader)
            options = {"base": BASE, "documentLoader": loader, "contextResolver": resolver}
            try:
                result = operation(processor, options)
            except _PYLD_FAILURES as err:
                raise _translated(err) from err
        if processor.seen == 0:
            raise DataLossError("safe mode did not see the document, so it cannot vouch for it")
        return result


def _load_document(url: str, _options: object) -> _PyldValues:
    """Return a pinned context in the form PyLD's document loaders have.

    A fresh copy each time, because PyLD changes what it gets. The tag is what makes PyLD keep the result.
    """
    try:
        content = pinned.read_context(url)
    except KeyError as err:
        raise ContextNotAcceptedError(f"the context {url[:200]!a} is not known here") from err
    except pinned.ContextDigestError as err:
        raise ContextIntegrityError(str(err)) from err
    return _loaded(url, content)


def _loaded(url: str, content: bytes) -> _PyldValues:
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": json.loads(content),
        "tag": "static",
    }


def _translated(error: BaseException) -> JSONLDError:
    """Return our error for one of PyLD's: its deepest cause says best what was wrong."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
        if isinstance(cause, JSONLDError):
            return cause
    if isinstance(cause, pyld.JsonLdError):
        return JSONLDError(f"not acceptable JSON-LD: {cause.code or 'invalid'}: {cause.args[0]}")
    return JSONLDError(f"not acceptable JSON-LD: {type(cause).__name__} in processing")


# The state of this module. PyLD keeps caches, and they need one lock.
_ENGINE = _Engine()
# What was learned of documents read before; never more than the bounds of `vclib.shapes.cache`.
SHAPES = Shapes()
