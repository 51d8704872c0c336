"""Whether an expression is written as CertLogic has to be, and what of the data it can read.

The rules of a country are read before anything is evaluated, and refused with the place and the reason. The
messages are those of the published validation test suite where it has them. Depth and number of parts are
bounded first, so that nothing afterwards recurses without end. Source: CertLogic 1.3.3,
https://github.com/ehn-dcc-development/eu-dcc-business-rules/blob/main/certlogic/specification/README.md
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from health.rule_errors import InvalidExpressionError
from health.rule_times import TIME_UNITS
from vclib.strict_json import MAX_SAFE_INTEGER, JSONObject, JSONValue

VERSION = "1.3.3"

# The published rules of ten countries have up to 16 levels and 67 parts.
MAX_DEPTH = 100
MAX_PARTS = 20_000
MAX_PATH = 200
MAX_PATHS = 1000

COMPARISONS = (">", "<", ">=", "<=")
TIME_COMPARISONS = ("after", "before", "not-after", "not-before")

# Fewest and most operands, None for any number.
_OPERANDS: Mapping[str, tuple[int, int | None]] = MappingProxyType(
    {
        "if": (3, 3),
        "===": (2, 2),
        "in": (2, 2),
        "+": (2, 2),
        "and": (2, None),
        **dict.fromkeys((*COMPARISONS, *TIME_COMPARISONS), (2, 3)),
        "!": (1, 1),
        "plusTime": (3, 3),
        "reduce": (3, 3),
        "extractFromUVCI": (2, 2),
        "dccDateOfBirth": (1, 1),
    }
)
# Operators whose other operands are plain values, not expressions.
_FIRST_OPERAND_ONLY = ("plusTime", "extractFromUVCI")
_PATH = re.compile(r"[^.]+(?:\.[^.]+)*")
_INDEX = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong with an expression: `part` is the part of it, `message` says what."""

    part: JSONValue
    message: str


def find_issues(expression: JSONValue) -> tuple[Issue, ...]:
    """Return what is wrong with an expression, nothing if it is valid.

    Raises InvalidExpressionError for one that is too deep or too large to look at.
    """
    _check_size(expression)
    return tuple(_issues(expression))


def check_expression(expression: JSONValue) -> None:
    """Raise InvalidExpressionError, with the first thing that is wrong, unless an expression is valid."""
    issues = find_issues(expression)
    if issues:
        more = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
        raise InvalidExpressionError(f"{issues[0].message[:300]}{more}")


def paths_read(expression: JSONValue) -> frozenset[str]:
    """Return the paths of the data that a valid expression can read, whatever the data is.

    What the function of a `reduce` reads of `current` is told as a path of what the reduction goes over, with
    "0" for any item; its `accumulator` is no data. Raises InvalidExpressionError for more than MAX_PATHS.
    """
    return _paths(expression)


def is_integer(value: object) -> bool:
    """Whether a JSON value is a whole number; 3.0 is one, as in JavaScript, and a boolean is none."""
    if isinstance(value, float):
        return value.is_integer() and abs(value) <= MAX_SAFE_INTEGER
    return isinstance(value, int) and not isinstance(value, bool)


def operation(expression: JSONObject) -> tuple[str, JSONValue]:
    """Return the operator of a valid expression object, and what stands beside it."""
    return next(iter(expression.items()))


def _check_size(expression: JSONValue) -> None:
    pending: list[tuple[JSONValue, int]] = [(expression, 1)]
    parts = 0
    while pending:
        part, depth = pending.pop()
        parts += 1
        if depth > MAX_DEPTH or parts > MAX_PARTS:
            raise InvalidExpressionError(
                f"expected at most {MAX_PARTS} parts and {MAX_DEPTH} levels of an expression"
            )
        if isinstance(part, dict):
            pending += [(member, depth + 1) for member in part.values()]
        elif isinstance(part, list):
            pending += [(member, depth + 1) for member in part]


def _issues(expression: JSONValue) -> Iterator[Issue]:
    if isinstance(expression, str | bool) or is_integer(expression):
        return
    if isinstance(expression, float):
        yield Issue(expression, f"{expression} is a non-integer number")
    elif isinstance(expression, list):
        for item in expression:
            yield from _issues(item)
    elif isinstance(expression, dict):
        yield from _object_issues(expression)
    else:
        yield Issue(expression, "invalid CertLogic expression")


def _object_issues(expression: JSONObject) -> Iterator[Issue]:
    if len(expression) != 1:
        yield Issue(expression, f"expression object must have exactly one key, but it has {len(expression)}")
        return
    operator, operands = operation(expression)
    if operator == "var":
        yield from _var_issues(expression, operands)
    elif not isinstance(operands, list):
        yield Issue(expression, 'operation not of the form { "<operator>": [ <values...> ] }')
    elif operator not in _OPERANDS:
        yield Issue(expression, f'unrecognised operator: "{operator[:40]}"')
    else:
        yield from _operand_issues(expression, operator, operands)


def _var_issues(expression: JSONObject, path: JSONValue) -> Iterator[Issue]:
    if not isinstance(path, str):
        yield Issue(expression, 'not of the form { "var": "<path>" }')
    elif path and (len(path) > MAX_PATH or not _PATH.fullmatch(path)):
        yield Issue(expression, f"data access path doesn't have a valid format: {path[:MAX_PATH]}")


def _operand_issues(expression: JSONObject, operator: str, operands: list[JSONValue]) -> Iterator[Issue]:
    fewest, most = _OPERANDS[operator]
    if len(operands) < fewest or (most is not None and len(operands) > most):
        expected = (
            f"at least {fewest}" if most is None else " or ".join(map(str, dict.fromkeys((fewest, most))))
        )
        yield Issue(
            expression,
            f'an operation with operator "{operator}" must have {expected} operands, '
            f"but it has {len(operands)}",
        )
    for operand in operands[: 1 if operator in _FIRST_OPERAND_ONLY else most]:
        yield from _issues(operand)
    if operator in _FIRST_OPERAND_ONLY and len(operands) > 1 and not is_integer(operands[1]):
        yield Issue(expression, f'argument #2 of "{operator}" must be an integer')
    if operator == "plusTime" and len(operands) > 2 and operands[2] not in TIME_UNITS:
        yield Issue(expression, f'argument #3 of "plusTime" must be one of {", ".join(TIME_UNITS)}')


def _paths(expression: JSONValue) -> frozenset[str]:
    if isinstance(expression, list):
        return _joined([_paths(item) for item in expression])
    if not isinstance(expression, dict):
        return frozenset()
    operator, operands = operation(expression)
    if operator == "var":
        return frozenset((str(operands),))
    if operator == "reduce" and isinstance(operands, list):
        over, function, initial = operands
        read = _paths(over)
        # The parts of an array that is written out are its items; an array out of the data has one at 0.
        items = read if isinstance(over, list) else frozenset(f"{path}.0" if path else "0" for path in read)
        return _joined([read, _paths(initial), _item_paths(items, _paths(function))])
    return _paths(operands)


def _item_paths(items: frozenset[str], read: frozenset[str]) -> frozenset[str]:
    """Return the paths that the function of a reduction reads of the items."""
    parts = [path.partition(".") for path in read]
    rests = [rest for first, _, rest in parts if first == "current"]
    if len(items) * len(rests) > MAX_PATHS:
        raise InvalidExpressionError(f"expected at most {MAX_PATHS} paths that an expression reads")
    return frozenset(f"{item}.{rest}" if rest else item for item in items for rest in rests)


def _joined(parts: Iterable[frozenset[str]]) -> frozenset[str]:
    paths = frozenset[str]().union(*parts)
    if len(paths) > MAX_PATHS:
        raise InvalidExpressionError(f"expected at most {MAX_PATHS} paths that an expression reads")
    return paths


def is_index(fragment: str) -> bool:
    """Whether a fragment of a path is an index into an array."""
    return _INDEX.fullmatch(fragment) is not None
