"""CertLogic 1.3.3: what a rule of a country says of the data in a certificate.

A small language of JSON, so that rules of one country run in the programs of another. Strict about types as
the specification is: what has no value is an EvaluationError, never a guess. Rules come from strangers, so an
evaluation is bounded in steps, and numbers stay within what JSON can carry. Beyond the specification: an
object may be `Undisclosed`, and then what it lacks is not null but unknown, and a rule that reads it stays
open. Where other implementations differ: docs/decisions/0320-certlogic.md. Not here: what rules are
(`health.rule_sets`). Source:
https://github.com/ehn-dcc-development/eu-dcc-business-rules/blob/main/certlogic/specification/README.md
"""

from __future__ import annotations

import operator as operators
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType
from typing import TypeAlias

from health.rule_checking import (
    COMPARISONS,
    check_expression,
    is_index,
    is_integer,
    operation,
    paths_read,
)
from health.rule_errors import EvaluationError, EvaluationLimitError, UndisclosedValueError
from health.rule_times import birth_moment, plus_time
from vclib.strict_json import MAX_SAFE_INTEGER, JSONObject, JSONValue, json_type_name

# The published rules of ten countries take up to 81 steps.
MAX_STEPS = 10_000

# What an expression can evaluate to: JSON, and date-times, also inside arrays.
# Sequence and Mapping, because JSON is among them.
LogicValue: TypeAlias = (
    "str | int | float | bool | datetime | Sequence[LogicValue] | Mapping[str, LogicValue] | None"
)


class Undisclosed(dict[str, LogicValue]):
    """An object of which only a part was disclosed: what it lacks is unknown."""


@dataclass(frozen=True)
class Expression:
    """A valid expression, and the paths of the data that it can read."""

    source: JSONValue
    paths: frozenset[str]

    @classmethod
    def parse(cls, source: JSONValue) -> Expression:
        """Return the expression of a JSON value; InvalidExpressionError says what is wrong with it."""
        check_expression(source)
        return cls(source, paths_read(source))

    def evaluate(self, context: LogicValue, *, max_steps: int = MAX_STEPS) -> LogicValue:
        """Return what the expression evaluates to for the data of `context`.

        Raises EvaluationError where an operand is of the wrong type, UndisclosedValueError where the value of
        something that was not disclosed decides, EvaluationLimitError.
        """
        return _Evaluation(max_steps).value(self.source, context)


class _Evaluation:
    """One evaluation; it counts its steps."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def value(self, expression: JSONValue, context: LogicValue) -> LogicValue:
        self._spend(1)
        if isinstance(expression, list):
            return [self.value(item, context) for item in expression]
        if not isinstance(expression, dict):
            return _plain(expression)
        operator, operands = operation(expression)
        if operator == "var":
            return _access(context, str(operands))
        if not isinstance(operands, list):  # not reached: the expression was checked
            raise EvaluationError("expected operands")
        if operator in _LAZY:
            return _LAZY[operator](self, operands, context)
        return self._eager(operator, operands, context)

    def if_(self, operands: list[JSONValue], context: LogicValue) -> LogicValue:
        guard, then, otherwise = operands
        return self.value(then if _truth(self.value(guard, context)) else otherwise, context)

    def and_(self, operands: list[JSONValue], context: LogicValue) -> LogicValue:
        found: LogicValue = None
        for operand in operands:
            found = self.value(operand, context)
            if not _truth(found):
                break
        return found

    def plus_time(self, operands: list[JSONValue], context: LogicValue) -> LogicValue:
        text, amount, unit = self.value(operands[0], context), operands[1], operands[2]
        if not isinstance(text, str):
            raise EvaluationError(f"plusTime: expected a date as text, found {_name(text)}")
        return plus_time(text, _integer(amount), str(unit))

    def extract_from_uvci(self, operands: list[JSONValue], context: LogicValue) -> LogicValue:
        text, index = self.value(operands[0], context), _integer(operands[1])
        if text is None:
            return None
        if not isinstance(text, str):
            raise EvaluationError(f"extractFromUVCI: expected a text or null, found {_name(text)}")
        fragments = _SEPARATORS.split(text.removeprefix(_UVCI_PREFIX))
        return fragments[index] if 0 <= index < len(fragments) else None

    def reduce(self, operands: list[JSONValue], context: LogicValue) -> LogicValue:
        over, function, initial = operands
        items = self.value(over, context)
        found = self.value(initial, context)
        if items is None:
            return found
        if not isinstance(items, list):
            raise EvaluationError(f"reduce: expected an array, found {_name(items)}")
        for item in items:
            found = self.value(function, {"accumulator": found, "current": item})
        return found

    def _eager(self, operator: str, operands: list[JSONValue], context: LogicValue) -> LogicValue:
        values = [self.value(operand, context) for operand in operands]
        if operator == "!":
            return not _truth(values[0])
        if operator == "===":
            return _scalar(values[0]) == _scalar(values[1])
        if operator == "in":
            return self._is_in(values[0], values[1])
        if operator == "dccDateOfBirth":
            if not isinstance(values[0], str):
                raise EvaluationError(f"dccDateOfBirth: expected a text, found {_name(values[0])}")
            return birth_moment(values[0])
        if operator == "+":
            total = _integer(values[0]) + _integer(values[1])
            if abs(total) > MAX_SAFE_INTEGER:
                raise EvaluationLimitError("a sum beyond 2^53 - 1, which other implementations round")
            return total
        if operator in COMPARISONS:
            return _is_ordered(operator, [_integer(value) for value in values])
        return _is_ordered(operator, [_moment(value) for value in values])

    def _is_in(self, item: LogicValue, items: LogicValue) -> bool:
        if not isinstance(items, list):
            raise EvaluationError(f"in: expected an array, found {_name(items)}")
        self._spend(len(items))
        wanted = _scalar(item)
        return any(_is_scalar(each) and _scalar(each) == wanted for each in items)

    def _spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise EvaluationLimitError("the rule takes more steps than is allowed")


_LAZY: Mapping[str, Callable[[_Evaluation, list[JSONValue], LogicValue], LogicValue]] = MappingProxyType(
    {
        "if": _Evaluation.if_,
        "and": _Evaluation.and_,
        "plusTime": _Evaluation.plus_time,
        "extractFromUVCI": _Evaluation.extract_from_uvci,
        "reduce": _Evaluation.reduce,
    }
)
# Any: one table for numbers and for moments, each compared with its own kind only.
_COMPARE: Mapping[str, Callable[..., bool]] = MappingProxyType(
    {
        ">": operators.gt,
        "<": operators.lt,
        ">=": operators.ge,
        "<=": operators.le,
        "after": operators.gt,
        "before": operators.lt,
        "not-before": operators.ge,
        "not-after": operators.le,
    }
)
_UVCI_PREFIX = "URN:UVCI:"
_SEPARATORS = re.compile(r"[/#:]")


def _access(context: LogicValue, path: str) -> LogicValue:
    found = context
    for fragment in path.split(".") if path else ():
        if isinstance(found, dict):
            if fragment not in found and isinstance(found, Undisclosed):
                raise UndisclosedValueError(f"{path} was not disclosed")
            found = found.get(fragment)
        elif isinstance(found, list) and is_index(fragment):
            found = found[int(fragment)] if int(fragment) < len(found) else None
        else:
            return None
    return found


def _truth(value: LogicValue) -> bool:
    """Return whether a value is truthy; EvaluationError if it is neither truthy nor falsy."""
    if isinstance(value, Undisclosed) and not value:
        raise UndisclosedValueError("nothing of what the rule reads was disclosed")
    if value is None or isinstance(value, str | bool | list | dict) or is_integer(value):
        return bool(value)
    raise EvaluationError(f"{_name(value)} is neither truthy nor falsy")


def _plain(value: JSONValue) -> LogicValue:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_scalar(value: LogicValue) -> bool:
    return value is None or isinstance(value, str | bool) or is_integer(value)


def _scalar(value: LogicValue) -> tuple[str, LogicValue]:
    """Return what is compared: the kind and the value, since to Python `True` is 1."""
    if not _is_scalar(value):
        raise EvaluationError(f"expected a text, a whole number, a boolean or null, found {_name(value)}")
    return _name(value), value


def _integer(value: LogicValue) -> int:
    if not is_integer(value):
        raise EvaluationError(f"expected a whole number, found {_name(value)}")
    return int(value)  # type: ignore[arg-type]  # `is_integer` says that it is a number


def _moment(value: LogicValue) -> datetime:
    if not isinstance(value, datetime):
        raise EvaluationError(f"expected a date-time, found {_name(value)}")
    return value


def _is_ordered(operator: str, values: list[int] | list[datetime]) -> bool:
    compare = _COMPARE[operator]
    return all(compare(first, second) for first, second in pairwise(values))


def _name(value: LogicValue) -> str:
    return "a date-time" if isinstance(value, datetime) else json_type_name(value)


def undisclosed(value: JSONObject) -> Undisclosed:
    """Return an object whose missing members are unknown, and those of the objects in it likewise."""
    return Undisclosed({name: _marked(member) for name, member in value.items()})


def _marked(value: JSONValue) -> LogicValue:
    if isinstance(value, dict):
        return undisclosed(value)
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return value
