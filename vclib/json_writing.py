"""JSON text by orjson, where it is byte for byte what the slow writers write.

orjson is several times faster than Python's own encoder and the package for RFC 8785, and differs from them
in little: floats, which it spells otherwise; NaN and infinity, which it writes as null; and sorted keys,
which it puts in the order of code points, and RFC 8785 in that of UTF-16 (the two differ only where there is
a character beyond U+FFFF). Whoever gets None here asks the slow writer, which also says why a value has no
JSON text. Source: https://github.com/ijl/orjson#serialize.
Not here: what callers promise of the text (`vclib.strict_json.dump_json`, `vclib.jcs`).
"""

from __future__ import annotations

import re

import orjson

# Values of classes that are no JSON types are refused, also where they are instances of these by descent.
# Tuples, UUIDs and members of enumerations are written all the same; the types of the callers have none.
_EXACT = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
# Integers beyond 2^53 - 1 are refused.
_CANONICAL = _EXACT | orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER

# A float, which stands behind one of these. Within a text the same may stand; that text is then written
# slowly. Three expressions, because one that begins with a single character is found ten times as quickly.
_FLOAT_MEMBER, _FLOAT_NEXT, _FLOAT_FIRST = (
    re.compile(rb"%s-?[0-9]+[.e]" % before).search for before in (b":", b",", rb"\[")
)
# The first byte of a character beyond U+FFFF, in UTF-8.
_BEYOND_FFFF = re.compile(b"[\xf0-\xf4]")


def write_json(value: object) -> bytes | None:
    """Return an object or array as JSON text without spaces, its keys in their order; None if in doubt."""
    return _write(value, _EXACT)


def write_canonical_json(value: object) -> bytes | None:
    """Return an object or array as RFC 8785 does; None if in doubt."""
    text = _write(value, _CANONICAL)
    return None if text is None or (not text.isascii() and _BEYOND_FFFF.search(text)) else text


def _write(value: object, options: int) -> bytes | None:
    if type(value) is not dict and type(value) is not list:
        return None
    try:
        text = orjson.dumps(value, option=options)
    except orjson.JSONEncodeError:
        return None
    # A null may have been NaN.
    if b"null" in text or _FLOAT_MEMBER(text) or _FLOAT_NEXT(text) or _FLOAT_FIRST(text):
        return None
    return text
