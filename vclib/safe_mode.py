"""Safe mode, first half: what JSON-LD expansion would drop or blur is refused while it happens.

JSON-LD ignores what it does not understand, and then it is not signed: anybody may add or change it and the
proof still holds (https://www.w3.org/TR/vc-data-integrity/#securing-data-losslessly). So PyLD's processor is
watched from inside, where each member name meets the context that is active for it, which no later look at
the result can reconstruct. The second half, on values, identifiers and types, is in `vclib.statements`.

This builds on methods that PyLD does not publish (`_expand_object`, `_expand_iri`, `_process_context`).
`SafeProcessor.seen` counts the objects looked at, so that a PyLD in which they are no longer called fails
closed (`vclib.jsonld` compares), and the version of PyLD is pinned by hash.
"""

from __future__ import annotations

from typing import Any

from pyld import jsonld as pyld

from vclib.errors import AmbiguousTermsError, DataLossError
from vclib.nquads import RELATIVE_SCHEME, is_absolute_iri
from vclib.strict_json import JSONValue

# The keywords a document may use. @graph, @included, @reverse and @nest place statements elsewhere than
# they are written; @index never reaches the statements; the others belong into contexts.
_ALLOWED_KEYWORDS = frozenset({"@id", "@type", "@value", "@language", "@direction", "@list", "@set"})


class ScopedContexts:
    """What PyLD made of the contexts within pinned contexts, kept from one document to the next.

    PyLD processes a type-scoped context anew for every object of the type, which is most of the time that
    expansion takes. Results are kept by the active context and the identity of the scoped one. Only documents
    without contexts of their own may use it: every scoped context then comes out of a pinned file.
    """

    # A result is some 10 kB; a few dozen are in use unless somebody sends contexts in ever new orders.
    _MAX_KEPT = 1000

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int, bool, bool], tuple[object, Any]] = {}

    def get(self, active: str, scoped: object, *, override: bool, propagate: bool) -> Any:
        """Return the processed context, None if there is none yet."""
        kept = self._kept.get((active, id(scoped), override, propagate))
        return None if kept is None else kept[1]

    def keep(self, active: str, scoped: object, result: Any, *, override: bool, propagate: bool) -> None:
        """Keep a processed context, and the scoped one too, so that its identity is not given away."""
        if len(self._kept) >= self._MAX_KEPT:
            self._kept.clear()
        self._kept[active, id(scoped), override, propagate] = (scoped, result)


# PyLD has no type information, so its processor is Any to the type checker, here and in the parameters
# below: they are PyLD's own internal structures, handed through unchanged.
class SafeProcessor(pyld.JsonLdProcessor):  # type: ignore[misc]
    """PyLD's processor, refusing in expansion what would be lost or blurred.

    `scoped` is where processed contexts are kept, None for a document that brings contexts of its own.
    """

    def __init__(self, scoped: ScopedContexts | None = None) -> None:
        super().__init__(on_property_dropped=_refuse_dropped)
        self.seen = 0
        self._scoped = scoped

    def _process_context(
        self,
        active_ctx: Any,
        local_ctx: Any,
        options: Any,
        override_protected: bool = False,
        propagate: bool = True,
        validate_scoped: bool = True,
        cycles: Any = None,
    ) -> Any:
        def process(active_ctx: Any, local_ctx: Any) -> Any:
            return super(SafeProcessor, self)._process_context(
                active_ctx, local_ctx, options, override_protected, propagate, validate_scoped, cycles
            )

        if self._scoped is None:
            # One after the other, which is what an array of contexts means.
            for context in local_ctx if isinstance(local_ctx, list) else [local_ctx]:
                active_ctx = process(active_ctx, _without_idle_resets(active_ctx, context))
            return active_ctx
        active = active_ctx.get("_uuid")
        # With `cycles`, PyLD only tries a definition out, on a context that is not complete yet.
        if cycles is not None or active is None or not isinstance(local_ctx, dict):
            return process(active_ctx, local_ctx)
        result = self._scoped.get(active, local_ctx, override=override_protected, propagate=propagate)
        if result is None:
            result = process(active_ctx, local_ctx)
            self._scoped.keep(active, local_ctx, result, override=override_protected, propagate=propagate)
        return result

    def _clone_active_context(self, active_ctx: Any) -> Any:
        child = super()._clone_active_context(active_ctx)
        # PyLD forgets the default direction here, and then texts would be signed without it.
        if "@direction" in active_ctx:
            child["@direction"] = active_ctx["@direction"]
        return child

    def _expand_object(
        self,
        active_ctx: Any,
        active_property: Any,
        expanded_active_property: Any,
        element: Any,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        self.seen += 1
        self._check_members(active_ctx, element)
        return super()._expand_object(
            active_ctx, active_property, expanded_active_property, element, *args, **kwargs
        )

    def _check_members(self, active_ctx: Any, element: dict[str, JSONValue]) -> None:
        used: dict[str, str] = {}
        for key, value in element.items():
            if key == "@context":
                continue
            meaning = self._expand_iri(active_ctx, key, vocab=True)
            if not isinstance(meaning, str) or not (meaning in _ALLOWED_KEYWORDS or is_absolute_iri(meaning)):
                raise DataLossError(_no_meaning(key, meaning))
            if meaning.startswith(RELATIVE_SCHEME):
                raise DataLossError(f"the member {key[:80]!r} means a relative IRI, it would not be signed")
            # null is no value: it makes no statement, and says nothing that could be lost.
            if value is None and meaning != "@value":
                continue
            if meaning in used:
                raise AmbiguousTermsError(
                    f"the members {used[meaning][:80]!r} and {key[:80]!r} of one object both mean "
                    f"{meaning[:200]}: their values could be exchanged without breaking a signature"
                )
            used[meaning] = key
            definition = active_ctx["mappings"].get(key) or {}
            if definition.get("reverse"):
                raise DataLossError(f"the member {key[:80]!r} is a reverse property, which is not accepted")
            if isinstance(value, list) and definition.get("@type") != "@json":
                is_list = meaning == "@list" or "@list" in (definition.get("@container") or ())
                _check_array(key, value, is_list=is_list)
        _check_value_object(used, element)


def _without_idle_resets(active_ctx: Any, context: Any) -> Any:
    """Return a context without nulls that reset what is not set, on which PyLD fails."""
    if not isinstance(context, dict):
        return context
    return {
        key: value
        for key, value in context.items()
        if not (value is None and key in ("@vocab", "@language", "@direction") and key not in active_ctx)
    }


def _refuse_dropped(name: object) -> None:
    """Refuse what PyLD itself reports as dropped: a second net below `SafeProcessor._check_members`."""
    raise DataLossError(f"the member {str(name)[:80]!r} would not be signed")


def _no_meaning(key: str, meaning: object) -> str:
    if isinstance(meaning, str) and meaning.startswith("@"):
        return f"the member {key[:80]!r} ({meaning[:80]}) is not accepted in a document"
    return f"no accepted context defines the member {key[:80]!r}, it would not be signed"


def _check_array(key: str, value: list[JSONValue], *, is_list: bool) -> None:
    for item in value:
        if item is None:
            raise DataLossError(f"the array {key[:80]!r} holds null, which would not be signed")
        if isinstance(item, list):
            if not is_list:
                raise DataLossError(
                    f"the array {key[:80]!r} holds an array, whose limits would not be signed"
                )
            _check_array(key, item, is_list=True)


def _check_value_object(used: dict[str, str], element: dict[str, JSONValue]) -> None:
    if "@value" in used:
        content, datatype = element[used["@value"]], element.get(used.get("@type", ""))
        if content is None and datatype != "@json":
            raise DataLossError("a value object holds null, it would not be signed")
        # PyLD takes [] for nothing at all, and the object for a node.
        if isinstance(content, (dict, list)) and datatype != "@json":
            raise DataLossError("a value object holds an object or array, which would not be signed")
        if isinstance(datatype, list):
            raise DataLossError("a value object has an array of types, which would not be signed")
    elif "@language" in used or "@direction" in used:
        raise DataLossError("a language or direction without a value would not be signed")
