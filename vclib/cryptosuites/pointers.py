"""JSON pointers, and the part of a JSON-LD document that they select.

Issuers name with pointers what nobody may hide, holders what they choose to show; the selected part must
still be a JSON-LD document that says the same of the same things. So with every object on the way go its
`id` and `type`, and with the document its `@context`.
Sources: RFC 6901, https://www.w3.org/TR/vc-di-ecdsa/#jsonpointertopaths,
https://www.w3.org/TR/vc-di-ecdsa/#selectjsonld. Stricter than the latter: a pointer that is not of
RFC 6901's form is refused instead of being read as far as possible.
Not here: which statements a selection makes (`selective`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from vclib.errors import ComplexityError, PointerError
from vclib.strict_json import MAX_DEPTH, JSONObject, JSONValue, json_type_name

# Each pointer walks the document once; nobody needs more of them than a credential has claims.
MAX_POINTERS = 1000
MAX_POINTER_CHARACTERS = 4096

# createInitialSelection takes `id` and `type`; a document may also spell them as the keywords they stand for.
_IDENTIFIERS = ("id", "@id")
_ALWAYS_SELECTED = (*_IDENTIFIERS, "type", "@type")

_TOKEN = re.compile(r"(?:[^~]|~[01])*", re.DOTALL)
# RFC 6901 section 4: no leading zeros. Longer numbers are beyond any array that was let in.
_ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def parse_pointer(pointer: object) -> tuple[str, ...]:
    """Return the reference tokens of a JSON pointer, unescaped: "/a~1b/0" gives ("a/b", "0"), "" gives ().

    Raises PointerError for what is not a JSON pointer, or a longer one than any document needs.
    """
    if not isinstance(pointer, str):
        raise PointerError(f"expected a JSON pointer, found {json_type_name(pointer)}")
    if len(pointer) > MAX_POINTER_CHARACTERS or pointer.count("/") > MAX_DEPTH:
        raise PointerError(f"a JSON pointer of {len(pointer)} characters is longer than any document is deep")
    return _parse_text(pointer) if pointer else ()


# An issuer's credentials and a verifier's questions name the same places again and again; a pointer that is
# refused is not kept.
@lru_cache(maxsize=1024)
def _parse_text(pointer: str) -> tuple[str, ...]:
    if not pointer.startswith("/"):
        raise PointerError(
            f"expected a JSON pointer that is empty or starts with '/', found {pointer[:80]!r}"
        )
    tokens = pointer[1:].split("/")
    for token in tokens:
        if not _TOKEN.fullmatch(token):
            raise PointerError(f"in the JSON pointer {pointer[:80]!r} '~' is not followed by '0' or '1'")
    # "~01" is "~1": the slash first, then the tilde (RFC 6901 section 4).
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in tokens)


def select_json_ld(pointers: Sequence[str], document: JSONObject) -> JSONObject | None:
    """Return the part of `document` that `pointers` select, as a new document; None without pointers.

    Elements of an array keep their order, without a trace of those between that were not selected.
    See https://www.w3.org/TR/vc-di-ecdsa/#selectjsonld. Raises PointerError for a pointer that is malformed
    or selects nothing, ComplexityError for more than MAX_POINTERS.
    """
    if len(pointers) > MAX_POINTERS:
        raise ComplexityError(f"{len(pointers)} JSON pointers are more than the limit of {MAX_POINTERS}")
    if not pointers:
        return None
    root = _Selection()
    for pointer in pointers:
        tokens = parse_pointer(pointer)
        _check_selects(document, tokens, pointer)
        root.add(tokens)
    if root.whole:
        return _copy_object(document)
    # The context is always shown in full, whatever is selected in it.
    root.children.pop("@context", None)
    context = {"@context": _copy(document["@context"])} if "@context" in document else {}
    return context | _select_from_object(document, root)


@dataclass
class _Selection:
    """What is selected of one value: the whole of it, or some of its members or elements."""

    whole: bool = False
    children: dict[str, _Selection] = field(default_factory=dict)

    def add(self, tokens: Sequence[str]) -> None:
        node = self
        for token in tokens:
            node = node.children.setdefault(token, _Selection())
        node.whole = True


def _check_selects(document: JSONObject, tokens: Sequence[str], pointer: str) -> None:
    value: JSONValue = document
    for token in tokens:
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and _ARRAY_INDEX.fullmatch(token) and int(token) < len(value):
            value = value[int(token)]
        else:
            raise PointerError(f"the JSON pointer {pointer[:80]!r} selects nothing in the document")


def _select(value: JSONValue, selection: _Selection) -> JSONValue:
    if selection.whole:
        return _copy(value)
    if isinstance(value, dict):
        return _select_from_object(value, selection)
    if isinstance(value, list):
        indexes = sorted(int(token) for token in selection.children)
        return [_select(value[index], selection.children[str(index)]) for index in indexes]
    # Only the end of a pointer reaches a value without parts, and an end selects the whole.
    return value


def _select_from_object(source: JSONObject, selection: _Selection) -> JSONObject:
    selected = _initial_selection(source)
    for name, child in selection.children.items():
        selected[name] = _copy(source[name]) if name in _ALWAYS_SELECTED else _select(source[name], child)
    return selected


def _initial_selection(source: JSONObject) -> JSONObject:
    """See https://www.w3.org/TR/vc-di-ecdsa/#createinitialselection."""
    selected: JSONObject = {}
    for name in _ALWAYS_SELECTED:
        value = source.get(name)
        if value is None or (name in _IDENTIFIERS and isinstance(value, str) and value.startswith("_:")):
            continue
        selected[name] = _copy(value)
    return selected


def _copy(value: JSONValue) -> JSONValue:
    if isinstance(value, dict):
        return _copy_object(value)
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


def _copy_object(value: JSONObject) -> JSONObject:
    return {name: _copy(member) for name, member in value.items()}
