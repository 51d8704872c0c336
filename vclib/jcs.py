"""RFC 8785, the JSON Canonicalization Scheme: one byte string for each JSON value.

The door to the `rfc8785` package, so that its errors come out as ours. Not here: JSON parsing, which has
already refused what RFC 8785 could not represent (`vclib.strict_json`).

Most documents hold nothing in which RFC 8785 differs from what Python's own encoder writes (floats, keys
beyond ASCII, whose order by UTF-16 is another), and that encoder is ten times faster. All others go to the
package.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import rfc8785

from vclib.errors import ProofTransformationError
from vclib.strict_json import MAX_DEPTH, MAX_SAFE_INTEGER, JSONValue

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonicalize(value: JSONValue) -> bytes:
    """Return the UTF-8 canonical JSON of `value` per https://www.rfc-editor.org/rfc/rfc8785.

    Raises ProofTransformationError for what has no canonical form: integers beyond 2^53 - 1, NaN, infinity,
    lone surrogates, values that are not JSON, nesting too deep to walk.
    """
    try:
        if _is_plain(value, MAX_DEPTH):
            return _ENCODER.encode(value).encode("utf-8")
        return rfc8785.dumps(value)
    except rfc8785.IntegerDomainError as err:
        raise ProofTransformationError("no canonical JSON: an integer is beyond 2^53 - 1") from err
    except rfc8785.FloatDomainError as err:
        raise ProofTransformationError("no canonical JSON: NaN or infinity") from err
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as err:
        raise ProofTransformationError(
            "no canonical JSON: half a surrogate pair, a key that is no string, or a value that is not JSON"
        ) from err
    except RecursionError as err:
        raise ProofTransformationError("no canonical JSON: nested too deep") from err


def _is_plain(value: Any, room: int) -> bool:
    """Say whether Python's encoder writes `value` as RFC 8785 does: no floats, keys of ASCII.

    Any: a JSON value whose kind is looked at by its exact type, which the checker cannot follow.
    """
    kind = type(value)
    items: Iterable[Any]
    if kind is dict:
        if not all(type(key) is str for key in value) or not "".join(value).isascii():
            return False
        items = value.values()
    elif kind is list:
        items = value
    else:
        items, room = (value,), 0
    for item in items:
        kind = type(item)
        if kind is str or kind is bool or item is None:
            continue
        if kind is int:
            if not -MAX_SAFE_INTEGER <= item <= MAX_SAFE_INTEGER:
                return False
        elif room <= 0 or not _is_plain(item, room - 1):
            return False
    return True
