"""JSON text to values, strictly: the one way any JSON enters the system.

A signature covers a document's meaning; two readers that take different meanings from one text (the
first or the last of two equal keys, a lossy number) would let a forger choose. So this parser refuses
what RFC 8259 leaves open: duplicate keys, NaN and Infinity, lone surrogates, bytes that are not UTF-8,
a byte order mark, and integers that other parsers would round (I-JSON, RFC 7493 section 2.2). It also
bounds size and depth before anything looks at the content. It does not judge floats: RFC 8785 can sign
them; where they are dangerous `vclib.jsonld` refuses them.
"""

from __future__ import annotations

import json
import re
from typing import TypeAlias

from vclib.errors import ComplexityError, MalformedValueError, ParsingError
from vclib.json_writing import write_json

JSONValue: TypeAlias = "str | int | float | bool | list[JSONValue] | dict[str, JSONValue] | None"
JSONObject: TypeAlias = "dict[str, JSONValue]"

# One credential with hundreds of claims is some 50 kB; a status list of 131,072 entries at most 30 kB.
MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
MAX_SAFE_INTEGER = 2**53 - 1

# A string, or what begins as one and never ends: so a match is found at every quotation mark, and no text is
# read twice. Were the end required, a text of escaped quotation marks would take quadratic time.
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_SURROGATES = re.compile("[\ud800-\udfff]")


def parse_json(text: str | bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> JSONValue:
    """Return the value of a JSON text (UTF-8 if bytes).

    Raises ParsingError for a text that is not strict JSON, ComplexityError past `max_bytes` or
    `max_depth` levels of arrays and objects.
    """
    if isinstance(text, bytes):
        _check_size(len(text), max_bytes)
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as err:
            raise ParsingError(f"expected UTF-8 text, byte {err.start} is not") from err
    else:
        _check_size(len(text), max_bytes)
    _check_depth(text, max_depth)
    try:
        value: JSONValue = json.loads(
            text,
            object_pairs_hook=_object_without_duplicates,
            parse_constant=_refuse_constant,
            parse_int=_safe_integer,
            parse_float=_finite_float,
        )
    except json.JSONDecodeError as err:
        # Some of Python's messages end in "at" already.
        problem = err.msg.removesuffix(" at")
        raise ParsingError(f"expected JSON, {problem} at line {err.lineno} column {err.colno}") from err
    except RecursionError as err:
        raise ComplexityError(f"JSON is nested deeper than {max_depth} levels") from err
    # Escaped halves of a surrogate pair decode to code points that no UTF-8 text can hold. The scan is
    # only worth its time where such an escape stands in the text.
    if "\\u" in text or _SURROGATES.search(text):
        _refuse_surrogates(value)
    return value


def parse_json_object(
    text: str | bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH
) -> JSONObject:
    """Return the object of a JSON text; raises as `parse_json`, ParsingError for another kind of value."""
    value = parse_json(text, max_bytes=max_bytes, max_depth=max_depth)
    if not isinstance(value, dict):
        raise ParsingError(f"expected a JSON object, found {json_type_name(value)}")
    return value


def dump_json(value: JSONValue, *, indent: int | None = None) -> str:
    """Return `value` as JSON text, non-ASCII characters kept; MalformedValueError if it has none."""
    quickly = write_json(value) if indent is None else None
    if quickly is not None:
        return quickly.decode("utf-8")
    try:
        text = json.dumps(
            value,
            ensure_ascii=False,
            allow_nan=False,
            indent=indent,
            separators=None if indent else (",", ":"),
        )
    except (TypeError, ValueError, RecursionError) as err:
        raise MalformedValueError(f"not a JSON value: {err}") from err
    # Such a string can come from a command line or a file name; it has no UTF-8 form.
    if not text.isascii() and _SURROGATES.search(text):
        raise MalformedValueError("not a JSON value: a string holds half a surrogate pair")
    return text


def json_type_name(value: object) -> str:
    """Return JSON's name for the kind of a value, for messages: "an object", "a string", "null"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    names = {dict: "an object", list: "an array", str: "a string", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise ComplexityError(f"JSON text of {size} bytes is larger than the limit of {max_bytes}")


def _check_depth(text: str, max_depth: int) -> None:
    """Count brackets outside strings, before the recursive parser sees the text."""
    if text.count("[") + text.count("{") <= max_depth:
        return
    depth = 0
    for character in _STRINGS.sub("", text):
        if character in "[{":
            depth += 1
            if depth > max_depth:
                raise ComplexityError(f"JSON is nested deeper than {max_depth} levels")
        elif character in "]}":
            depth -= 1


def _object_without_duplicates(pairs: list[tuple[str, JSONValue]]) -> JSONObject:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ParsingError(f"the key {repeated[:80]!r} occurs twice in one object")
    return result


def _refuse_constant(name: str) -> JSONValue:
    raise ParsingError(f"{name} is not a JSON number")


def _safe_integer(digits: str) -> int:
    # int() of a very long text is quadratic; 17 characters hold every safe integer with its sign.
    if len(digits) > 17 or abs(int(digits)) > MAX_SAFE_INTEGER:
        raise ParsingError(f"the integer {digits[:24]} is beyond 2^53 - 1, other parsers would round it")
    if digits == "-0":
        raise ParsingError("the number -0 is read differently by different parsers")
    return int(digits)


def _finite_float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ParsingError(f"the number {digits[:24]} is too large to be represented")
    return value


def _refuse_surrogates(value: JSONValue) -> None:
    # Iterative, because depth was bounded for the parser's sake, not for a second recursion's.
    pending: list[JSONValue] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            if _SURROGATES.search(item):
                raise ParsingError("a string holds half a surrogate pair, which is not a character")
        elif isinstance(item, dict):
            pending.extend(item)
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
