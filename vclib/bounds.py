"""How large and how deep a document may be: looked at without recursion, before anything recursive is."""

from __future__ import annotations

from vclib.errors import ComplexityError, DataLossError, MalformedValueError
from vclib.strict_json import MAX_DEPTH, JSONValue, json_type_name

# Every scalar and object becomes at most one statement and each list member two more, so a document with
# fewer values than this stays near the limit that `vclib.rdfc` sets on statements.
MAX_VALUES = 20_000


def check_size(document: JSONValue, *, max_depth: int = MAX_DEPTH, max_values: int = MAX_VALUES) -> None:
    """Raise ComplexityError for too deep or too large a document, MalformedValueError if it is not JSON.

    Walks without recursion, before anything recursive sees the document.
    """
    values = 0
    level: list[JSONValue] = [document]
    for _ in range(max_depth + 1):
        below: list[JSONValue] = []
        for value in level:
            if type(value) is str:
                continue
            if isinstance(value, dict):
                if set(map(type, value)) - {str} and not all(isinstance(key, str) for key in value):
                    raise MalformedValueError("expected JSON, found an object key that is not a string")
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif value is not None and not isinstance(value, (str, int, float)):
                raise MalformedValueError(f"expected JSON, found {json_type_name(value)}")
        values += len(level)
        if values > max_values:
            raise ComplexityError(f"the document holds more than {max_values} values")
        if not below:
            return
        level = below
    raise ComplexityError(f"the document is nested deeper than {max_depth} levels")


def is_certainly_small(text: bytes) -> bool:
    """Say whether `check_size` certainly accepts the value of a JSON text without spaces.

    Each value has a byte of its own at least. Brackets within texts are counted, too.
    """
    return len(text) <= MAX_VALUES and text.count(b"{") + text.count(b"[") <= MAX_DEPTH


def check_compactable(expanded: JSONValue) -> None:
    """Raise DataLossError for an array as JSON literal, of which PyLD's compaction makes another value.

    [null] would become null, for one. The depth of `expanded` must have been bounded (`check_size`).
    """
    pending: list[JSONValue] = [expanded]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            if item.get("@type") != "@json":
                pending.extend(item.values())
            elif isinstance(item.get("@value"), list):
                raise DataLossError("a JSON literal that is an array cannot be compacted unchanged")
