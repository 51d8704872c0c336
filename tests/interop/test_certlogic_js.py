"""CertLogic beside the published JavaScript implementation, on random expressions and data.

What ours gives a value for, theirs gives the same value for; what is an error there is one here. Ours has
further errors, where types would be bent or dates do not exist (docs/decisions/0320-certlogic.md).
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from health.rule_checking import find_issues
from health.rule_errors import EvaluationError
from health.rules import Expression
from tests.interop.conftest import Partner

RULES = Path(__file__).parents[1] / "vectors" / "eu-rules" / "rules"

# No path leads through a text: in JavaScript a text has members.
_PATHS = st.sampled_from(
    ["", "a", "a.b", "list", "list.0", "list.9", "nothing.b", "current", "current.b", "accumulator"]
)
_DATES = st.sampled_from(
    ["2021", "2020-02", "2020-02-29", "2021-01-31", "2021-06-01T10:20:30.1239+130", "2021-06-01T23:59:59Z"]
)
_LITERALS = st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "URN:UVCI:01:AT:a/b#c"]) | _DATES
_VARIABLES = _PATHS.map(lambda path: {"var": path})


# Any: strategies of JSON, and what they make.
def _operations(parts: Any) -> Any:
    def of(*names: str, fewest: int, most: int) -> Any:
        return st.sampled_from(names).flatmap(
            lambda name: st.lists(parts, min_size=fewest, max_size=most).map(lambda items: {name: items})
        )

    amounts, units = st.integers(-30, 30), st.sampled_from(["year", "month", "day", "hour"])
    times = st.tuples(_DATES | _VARIABLES, amounts, units).map(lambda three: {"plusTime": list(three)})
    return (
        st.lists(parts, max_size=3)
        | of("===", "in", "+", fewest=2, most=2)
        | of("and", fewest=2, most=4)
        | of("<", ">", "<=", ">=", fewest=2, most=3)
        | st.tuples(st.sampled_from(["after", "before", "not-after", "not-before"]), times, times).map(
            lambda three: {three[0]: [three[1], three[2]]}
        )
        | of("!", "dccDateOfBirth", fewest=1, most=1)
        | of("if", "reduce", fewest=3, most=3)
        | times
        | st.tuples(parts, st.integers(-1, 6)).map(lambda two: {"extractFromUVCI": list(two)})
        # What is no expression.
        | of("if", "===", "!", "plusTime", "reduce", "or", fewest=0, most=4)
    )


_EXPRESSIONS = st.recursive(_LITERALS | _VARIABLES, _operations, max_leaves=12)
_SCALARS = st.none() | _LITERALS
_ITEMS = st.none() | st.integers(-3, 3) | st.fixed_dictionaries({"b": _SCALARS})
_DATA = st.fixed_dictionaries(
    {
        "a": _SCALARS | st.fixed_dictionaries({"b": _SCALARS}),
        "list": st.none() | st.lists(_ITEMS, max_size=4),
    }
)
_EACH = settings(
    max_examples=600,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def _shown(value: Any) -> Any:
    """Return a value of either side for comparing: a boolean apart from a number, a date-time as theirs."""
    if isinstance(value, datetime):
        return {"date-time": ("int", round(value.timestamp() * 1000))}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {name: _shown(member) for name, member in value.items()}
    return (type(value).__name__, value)


@_EACH
@given(expression=_EXPRESSIONS, data=_DATA)
def test_every_value_is_the_other_implementations_value(partner: Partner, expression: Any, data: Any) -> None:
    if find_issues(expression):
        return
    theirs = partner.ask("evaluateLogic", expression=expression, data=data)
    try:
        ours = Expression.parse(expression).evaluate(data)
    except EvaluationError:
        return
    assert "failed" not in theirs
    assert _shown(ours) == _shown(theirs["value"])


@_EACH
@given(expression=_EXPRESSIONS)
def test_what_one_implementation_finds_wrong_the_other_does_too(partner: Partner, expression: Any) -> None:
    theirs = partner.ask("validateLogic", expression=expression)

    assert bool(find_issues(expression)) == bool(theirs)


@pytest.mark.parametrize("file", sorted(RULES.glob("*.json")), ids=lambda file: file.stem)
def test_published_rules_say_the_same_of_published_certificates(partner: Partner, file: Path) -> None:
    compared = 0
    for entry in json.loads(file.read_text()).values():
        logic = entry["rule"]["Logic"]
        for case in entry["tests"]:
            context = {"payload": case["payload"], "external": case["external"]}
            theirs = partner.ask("evaluateLogic", expression=logic, data=context)
            assert theirs == {"value": Expression.parse(logic).evaluate(context)}
            compared += 1
    assert compared >= 68


# What theirs evaluates by the habits of JavaScript, and ours refuses.
@pytest.mark.parametrize(
    ("expression", "data", "theirs"),
    [
        ({"===": [{"var": "a"}, {"var": "a"}]}, {"a": {"b": 1}}, {"value": True}),
        ({"===": [[], []]}, {}, {"value": False}),
        ({"in": [[1], [[1]]]}, {}, {"value": False}),
        ({"!": [{"var": "a"}]}, {"a": 0.5}, {"value": False}),
        ({"plusTime": ["2021-09-99", 0, "day"]}, {}, {"value": {"date-time": None}}),
    ],
)
def test_where_ours_is_stricter_is_known(partner: Partner, expression: Any, data: Any, theirs: Any) -> None:
    assert partner.ask("evaluateLogic", expression=expression, data=data) == theirs
    with pytest.raises(EvaluationError):
        Expression.parse(expression).evaluate(data)


def test_where_ours_finds_nothing_in_a_text_is_known(partner: Partner) -> None:
    expression = {"var": "a.length"}

    assert partner.ask("evaluateLogic", expression=expression, data={"a": "abc"}) == {"value": 3}
    assert Expression.parse(expression).evaluate({"a": "abc"}) is None  # type: ignore[arg-type]
