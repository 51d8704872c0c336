"""PyLD at work: the one place that calls it, with its lock and what it may keep.

Apart from `vclib.jsonld`, which imports this when a document has to be expanded: PyLD brings an HTTP client
and an HTML parser along, whose loading takes longer than most commands do. Not here: which contexts are
accepted, and what a document says (`vclib.jsonld`).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pyld import jsonld as pyld

import contexts as pinned
from vclib.errors import ContextIntegrityError, ContextNotAcceptedError, DataLossError, JSONLDError
from vclib.nquads import BASE
from vclib.safe_mode import SafeProcessor, ScopedContexts
from vclib.shapes.tracing import TracedIRI, TracedText
from vclib.strict_json import JSONObject, JSONValue

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


# PyLD has no type information, so its values are Any here, as in `vclib.safe_mode`.
class TracingProcessor(SafeProcessor):
    """The processor of safe mode, noting which text an expanded IRI comes from."""

    def _expand_iri(self, active_ctx: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        expanded = super()._expand_iri(active_ctx, value, *args, **kwargs)
        if type(value) is not TracedText or not isinstance(expanded, str):
            return expanded
        traced = TracedIRI(expanded)
        traced.source = value
        return traced


class Engine:
    """PyLD with what it must share between calls: a lock, and the contexts it has already processed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Context URL, or canonical text of a context within a pinned file, to what PyLD keeps of it. Only
        # pinned contexts get in, so it is bounded, and no document can plant anything for the next one.
        self._processed: _PyldValues = {}
        self._scoped = ScopedContexts()

    def expand(
        self,
        document: JSONObject,
        *,
        inline: bool,
        traced: bool = False,
        imported: Mapping[str, bytes] | None = None,
    ) -> list[JSONValue]:
        """Return the expanded form of a document whose contexts were looked at.

        `inline` says that it brings contexts of its own, `traced` that its values know their places, and
        `imported` is context URL to content for those that are not pinned here.
        """

        def run(processor: SafeProcessor, options: _PyldValues) -> list[JSONValue]:
            expanded: list[JSONValue] = processor.expand(document, options)
            return expanded

        def load(url: str, options: object) -> _PyldValues:
            if imported is None or url in pinned.CONTEXTS or url not in imported:
                return _load_document(url, options)
            return _loaded(url, imported[url])

        return self._run(run, inline, TracingProcessor if traced else SafeProcessor, load)

    def compact(self, expanded: list[JSONValue], context: JSONValue, *, inline: bool) -> JSONObject:
        """Return an expanded form compacted with `context`."""

        def run(processor: SafeProcessor, options: _PyldValues) -> JSONObject:
            compacted: JSONObject = processor.compact(expanded, context, {**options, "skipExpansion": True})
            # Nothing is expanded here, so there is nothing for the processor to have seen.
            processor.seen += 1
            return compacted

        return self._run(run, inline, SafeProcessor, _load_document)

    def _run(
        self,
        operation: Callable[[SafeProcessor, _PyldValues], _Result],
        inline: bool,
        new_processor: type[SafeProcessor],
        loader: Callable[[str, object], _PyldValues],
    ) -> _Result:
        processor = new_processor(None if inline else self._scoped)
        with self._lock:
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
