"""CertLogic: the published suites, types, limits, and what was not disclosed."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from health.rule_checking import MAX_DEPTH, MAX_PARTS, MAX_PATHS, Issue, find_issues, paths_read
from health.rule_errors import (
    EvaluationError,
    EvaluationLimitError,
    InvalidExpressionError,
    UndisclosedValueError,
)
from health.rules import Expression, LogicValue, undisclosed
from vclib.strict_json import JSONValue

VECTORS = Path(__file__).parent.parent / "vectors" / "eu-rules"


def evaluate(expression: JSONValue, data: LogicValue = None) -> LogicValue:
    return Expression.parse(expression).evaluate(data)


# Any: what json.loads gives.
def _suite_cases() -> list[Any]:
    cases = []
    for file in sorted((VECTORS / "testSuite").glob("*.json")):
        suite = json.loads(file.read_text())
        for case in suite["cases"]:
            for number, assertion in enumerate(case["assertions"]):
                if suite.get("directive") == "skip" or "skip" in (
                    case.get("directive"),
                    assertion.get("directive"),
                ):
                    continue
                expression = assertion.get("certLogicExpression", case.get("certLogicExpression"))
                name = f"{file.stem}-{case['name'][:40]}-{number}"
                cases.append(pytest.param(expression, assertion["data"], assertion["expected"], id=name))
    return cases


def _validation_cases() -> list[Any]:
    return [
        pytest.param(case["certLogicExpression"], case["issues"], id=f"{file.stem}-{number}")
        for file in sorted((VECTORS / "validation-testSuite").glob("*.json"))
        for number, case in enumerate(json.loads(file.read_text())["cases"])
    ]


@pytest.mark.parametrize(("expression", "data", "expected"), _suite_cases())
def test_the_published_suite_gives_the_published_values(
    expression: JSONValue, data: JSONValue, expected: JSONValue
) -> None:
    found = evaluate(expression, data)

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(("expression", "issues"), _validation_cases())
def test_the_published_suite_of_the_validator_finds_the_published_issues(
    expression: JSONValue, issues: list[dict[str, Any]]
) -> None:
    assert find_issues(expression) == tuple(Issue(issue["expr"], issue["message"]) for issue in issues)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (None, "invalid CertLogic expression"),
        (1.5, "non-integer"),
        ([True, None], "invalid CertLogic expression"),
        ({"or": [True, False]}, 'unrecognised operator: "or"'),
        ({"var": 1}, 'not of the form { "var": "<path>" }'),
        ({"var": ["a", 1]}, 'not of the form { "var": "<path>" }'),
        ({"var": "a..b"}, "valid format"),
        ({"var": ".a"}, "valid format"),
        ({"if": [True, 1]}, "must have 3 operands, but it has 2"),
        ({"===": [1]}, "must have 2 operands, but it has 1"),
        ({"in": [1, [1], 2]}, "must have 2 operands, but it has 3"),
        ({"+": [1, 2, 3]}, "must have 2 operands, but it has 3"),
        ({"and": [True]}, "at least 2 operands"),
        ({"<": [1]}, "must have 2 or 3 operands"),
        ({"after": [1, 2, 3, 4]}, "must have 2 or 3 operands"),
        ({"!": []}, "must have 1 operands, but it has 0"),
        ({"!": [1, 2]}, "must have 1 operands, but it has 2"),
        ({"plusTime": ["2021", 0]}, "must have 3 operands"),
        ({"plusTime": ["2021", "0", "day"]}, "must be an integer"),
        ({"plusTime": ["2021", {"+": [1, 1]}, "day"]}, "must be an integer"),
        ({"plusTime": ["2021", True, "day"]}, "must be an integer"),
        ({"plusTime": ["2021", 0, "week"]}, "must be one of year, month, day, hour"),
        ({"reduce": [[], 1]}, "must have 3 operands"),
        ({"extractFromUVCI": ["a"]}, "must have 2 operands"),
        ({"extractFromUVCI": ["a", "0"]}, "must be an integer"),
        ({"dccDateOfBirth": []}, "must have 1 operands"),
        ({"!": [{"all": [None]}]}, 'unrecognised operator: "all"'),
    ],
)
def test_an_expression_of_another_form_is_refused_before_it_is_evaluated(
    expression: JSONValue, message: str
) -> None:
    with pytest.raises(InvalidExpressionError) as caught:
        Expression.parse(expression)

    assert message in caught.value.message


@pytest.mark.parametrize(
    ("expression", "data"),
    [
        # A boolean is no number, and a text is no number.
        ({"+": [1, True]}, None),
        ({"<": [1, "2"]}, None),
        ({">": [{"var": "x"}, 1]}, None),
        # Date-times are compared with their own operators, and only they.
        ({"<": [{"plusTime": ["2021", 0, "day"]}, {"plusTime": ["2022", 0, "day"]}]}, None),
        ({"before": ["2021-01-01", "2022-01-01"]}, None),
        ({"after": [1, 2]}, None),
        ({"plusTime": [{"var": "x"}, 0, "day"]}, None),
        ({"plusTime": [{"plusTime": ["2021", 0, "day"]}, 0, "day"]}, None),
        ({"in": ["a", "abc"]}, None),
        ({"in": ["a", {"var": "x"}]}, None),
        ({"in": [{"var": "x"}, []]}, {"x": {}}),
        ({"===": [{"var": ""}, {"var": ""}]}, {"x": 1}),
        ({"===": [[], []]}, None),
        ({"reduce": ["abc", 1, 0]}, None),
        ({"extractFromUVCI": [1, 0]}, None),
        ({"dccDateOfBirth": [{"var": "x"}]}, None),
        ({"!": [{"plusTime": ["2021", 0, "day"]}]}, None),
        ({"if": [{"var": "x"}, 1, 2]}, {"x": 0.5}),
        ({"and": [True, {"plusTime": ["2021", 0, "day"]}]}, None),
    ],
)
def test_an_operand_of_the_wrong_type_has_no_value(expression: JSONValue, data: JSONValue) -> None:
    with pytest.raises(EvaluationError):
        evaluate(expression, data)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021", datetime(2021, 12, 31, tzinfo=UTC)),
        ("2020-02", datetime(2020, 2, 29, tzinfo=UTC)),
        ("2021-06-01", datetime(2021, 6, 1, tzinfo=UTC)),
        ("2021-06-01T10:20:30", datetime(2021, 6, 1, 10, 20, 30, tzinfo=UTC)),
        ("2021-06-01T10:20:30Z", datetime(2021, 6, 1, 10, 20, 30, tzinfo=UTC)),
        ("2021-06-01T10:20:30+2", datetime(2021, 6, 1, 8, 20, 30, tzinfo=UTC)),
        ("2021-06-01T10:20:30-02", datetime(2021, 6, 1, 12, 20, 30, tzinfo=UTC)),
        ("2021-06-01T10:20:30+130", datetime(2021, 6, 1, 8, 50, 30, tzinfo=UTC)),
        ("2021-06-01T10:20:30+0130", datetime(2021, 6, 1, 8, 50, 30, tzinfo=UTC)),
        ("2021-06-01T10:20:30+1:30", datetime(2021, 6, 1, 8, 50, 30, tzinfo=UTC)),
        ("2021-06-01T10:20:30-01:30", datetime(2021, 6, 1, 11, 50, 30, tzinfo=UTC)),
        # Rounded down to milliseconds.
        ("2021-06-01T10:20:30.1239999Z", datetime(2021, 6, 1, 10, 20, 30, 123000, tzinfo=UTC)),
        ("2021-06-01T10:20:30.1+2", datetime(2021, 6, 1, 8, 20, 30, 100000, tzinfo=UTC)),
    ],
)
def test_each_form_of_a_date_is_read(text: str, expected: datetime) -> None:
    assert evaluate({"plusTime": [text, 0, "day"]}) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "21",
        "2021-13",
        "2021-09-99",
        "2021-02-30",
        "0000",
        "2021-06-01T10:20",
        "2021-06-01T25:00:00Z",
        "2021-06-01T10:20:60Z",
        "2021-06-01T10:20:30+5:",
        "2021-06-01T10:20:30+24:00",
        "2021-06-01T10:20:30+01:60",
        "2021-06-01 10:20:30",
        "2021-06-01T10:20:30.Z",
        "\u0662021",
        "2021-06-01T10:20:30." + "1" * 100,
        "0001-01-01T00:00:00+01:00",
    ],
)
def test_a_date_of_another_form_or_none_of_the_calendar_has_no_value(text: str) -> None:
    with pytest.raises(EvaluationError):
        evaluate({"plusTime": [text, 0, "day"]})


@pytest.mark.parametrize(
    ("text", "amount", "unit", "expected"),
    [
        # The table of the specification.
        ("2020-02-29", 1, "day", datetime(2020, 3, 1, tzinfo=UTC)),
        ("2020-02-29", 1, "month", datetime(2020, 3, 29, tzinfo=UTC)),
        ("2020-02-29", 1, "year", datetime(2021, 3, 1, tzinfo=UTC)),
        # As Date.prototype.setUTCMonth.
        ("2021-01-31", 1, "month", datetime(2021, 3, 3, tzinfo=UTC)),
        ("2021-03-31", -1, "month", datetime(2021, 3, 3, tzinfo=UTC)),
        ("2021-01-15", -13, "month", datetime(2019, 12, 15, tzinfo=UTC)),
        ("2021-01-01", -1, "hour", datetime(2020, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_time_is_moved_as_the_calendar_of_ecmascript_moves_it(
    text: str, amount: int, unit: str, expected: datetime
) -> None:
    assert evaluate({"plusTime": [text, amount, unit]}) == expected


@pytest.mark.parametrize("unit", ["year", "month", "day", "hour"])
@pytest.mark.parametrize("amount", [2**53 - 1, -(2**53 - 1), 10**400])
def test_a_moment_outside_the_calendar_has_no_value(amount: int, unit: str) -> None:
    with pytest.raises(EvaluationError):
        evaluate({"plusTime": ["2021-01-01", amount, unit]})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1963", datetime(1963, 12, 31, tzinfo=UTC)),
        ("1964-02", datetime(1964, 2, 29, tzinfo=UTC)),
        ("1963-05-07", datetime(1963, 5, 7, tzinfo=UTC)),
    ],
)
def test_a_partial_date_of_birth_is_its_last_day(text: str, expected: datetime) -> None:
    assert evaluate({"dccDateOfBirth": [text]}) == expected


@pytest.mark.parametrize("text", ["", "1963-05-07T00:00:00Z", "1963-XX-XX"])
def test_what_is_no_date_of_birth_has_no_value(text: str) -> None:
    with pytest.raises(EvaluationError):
        evaluate({"dccDateOfBirth": [text]})


@pytest.mark.parametrize(
    ("uvci", "index", "expected"),
    [
        ("URN:UVCI:01:AT:858CC18CFCF5965EF82F60E493349AA5#K", 1, "AT"),
        ("01:AT:858CC18CFCF5965EF82F60E493349AA5#K", 3, "K"),
        # The example of the specification: six fragments.
        ("a::c/#/f", 5, "f"),
        ("a::c/#/f", 1, ""),
        ("a::c/#/f", 6, None),
        ("a", -1, None),
        (None, 0, None),
    ],
)
def test_a_fragment_of_a_certificate_identifier_is_found(
    uvci: str | None, index: int, expected: str | None
) -> None:
    assert evaluate({"extractFromUVCI": [{"var": "ci"}, index]}, {"ci": uvci}) == expected


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [(1, True, False), (0, False, False), (None, None, True), (None, 0, False), (1, 1.0, True)],
)
def test_equality_does_not_change_the_kind_of_a_value(
    left: JSONValue, right: JSONValue, *, equal: bool
) -> None:
    assert evaluate({"===": [{"var": "0"}, {"var": "1"}]}, [left, right]) is equal
    assert evaluate({"in": [{"var": "0"}, {"var": "1"}]}, [left, [right]]) is equal


def test_a_text_has_no_members() -> None:
    assert evaluate({"var": "x.length"}, {"x": "abc"}) is None
    assert evaluate({"var": "x.0"}, {"x": "abc"}) is None
    assert evaluate({"var": "x.length"}, {"x": [1, 2]}) is None


def test_too_deep_or_too_large_an_expression_is_not_looked_at() -> None:
    deep: JSONValue = True
    for _ in range(MAX_DEPTH):
        deep = {"!": [deep]}
    many: JSONValue = [True] * MAX_PARTS

    for expression in (deep, many):
        with pytest.raises(InvalidExpressionError) as caught:
            Expression.parse(expression)
        assert "levels" in caught.value.message


def test_nested_reductions_end_at_the_limit_of_steps() -> None:
    items: list[JSONValue] = [1] * 100
    expression: JSONValue = {"var": "current"}
    for _ in range(10):
        expression = {"reduce": [items, expression, 0]}

    with pytest.raises(EvaluationLimitError):
        evaluate(expression)


def test_a_long_list_costs_as_many_steps_as_it_has_items() -> None:
    expression = Expression.parse({"in": ["z", {"var": ""}]})

    with pytest.raises(EvaluationLimitError):
        expression.evaluate(["a"] * 101, max_steps=100)


def test_a_sum_that_others_would_round_has_no_value() -> None:
    doubling: JSONValue = {"reduce": [[1] * 60, {"+": [{"var": "accumulator"}, {"var": "accumulator"}]}, 1]}

    with pytest.raises(EvaluationLimitError):
        evaluate(doubling)


def test_paths_are_found_through_every_operator() -> None:
    expression: JSONValue = {
        "if": [
            {"var": "payload.v.0"},
            {"and": [
                {"in": [{"var": "payload.v.0.mp"}, {"var": "external.valueSets.names"}]},
                {"after": [
                    {"plusTime": [{"var": "payload.v.0.dt"}, 0, "day"]},
                    {"dccDateOfBirth": [{"var": "payload.dob"}]},
                ]},
            ]},
            {"extractFromUVCI": [{"var": "payload.v.0.ci"}, 1]},
        ]
    }  # fmt: skip

    assert paths_read(expression) == {
        "payload.v.0",
        "payload.v.0.mp",
        "external.valueSets.names",
        "payload.v.0.dt",
        "payload.dob",
        "payload.v.0.ci",
    }


def test_paths_of_a_reduction_are_those_of_its_items() -> None:
    function: JSONValue = {"+": [{"var": "accumulator"}, {"if": [{"var": "current.tg"}, 1, 0]}]}

    assert paths_read({"reduce": [{"var": "payload.v"}, function, 0]}) == {"payload.v", "payload.v.0.tg"}
    assert paths_read({"reduce": [[{"var": "payload.v.0"}, {"var": "payload.t.0"}], function, 0]}) == {
        "payload.v.0",
        "payload.t.0",
        "payload.v.0.tg",
        "payload.t.0.tg",
    }


def test_reductions_that_would_multiply_paths_are_refused() -> None:
    many: JSONValue = [{"var": f"current.{number}"} for number in range(40)]
    nested: JSONValue = many
    for _ in range(5):
        nested = {"reduce": [many, nested, 0]}

    with pytest.raises(InvalidExpressionError) as caught:
        Expression.parse(nested)

    assert str(MAX_PATHS) in caught.value.message


def test_reductions_nested_in_what_they_go_over_are_read_in_time() -> None:
    nested: JSONValue = {"var": "a"}
    for _ in range(40):
        nested = {"reduce": [nested, {"var": "current"}, 0]}

    assert "a" in Expression.parse(nested).paths


def test_what_was_not_disclosed_leaves_a_rule_without_a_value() -> None:
    data: LogicValue = {"payload": undisclosed({"v": [{"mp": "EU/1/20/1528"}]})}

    assert evaluate({"in": [{"var": "payload.v.0.mp"}, ["EU/1/20/1528"]]}, data) is True
    expressions: list[JSONValue] = [
        {"in": [{"var": "payload.v.0.dn"}, [1]]},
        {"if": [{"var": "payload.v.0.dn"}, True, True]},
        {"var": "payload.dob"},
        {"reduce": [{"var": "payload.v"}, {"var": "current.dn"}, 0]},
    ]
    for expression in expressions:
        with pytest.raises(UndisclosedValueError):
            evaluate(expression, data)


def test_what_does_not_decide_need_not_be_disclosed() -> None:
    data: LogicValue = {"payload": undisclosed({"v": [{"mp": "x"}]})}

    assert evaluate({"if": [True, {"var": "payload.v.0.mp"}, {"var": "payload.dob"}]}, data) == "x"
    assert evaluate({"and": [False, {"var": "payload.dob"}]}, data) is False
    assert evaluate({"var": "payload.v.1"}, data) is None


def test_an_entry_of_which_nothing_was_disclosed_is_not_taken_for_absent() -> None:
    with pytest.raises(UndisclosedValueError):
        evaluate({"!": [{"var": "payload.v.0"}]}, {"payload": undisclosed({"v": [{}]})})


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_TEXTS = st.sampled_from(["2021", "2021-02", "2021-02-29", "2021-01-01T00:00:00.5+1:30", "URN:UVCI:a:b"])
_OPERATORS = st.sampled_from(
    [
        "var", "if", "===", "and", ">", "<", ">=", "<=", "in", "+",
        "after", "before", "not-after", "not-before", "!",
        "plusTime", "reduce", "extractFromUVCI", "dccDateOfBirth", "all",
    ]
)  # fmt: skip
_LEAVES = (
    _SCALARS
    | _TEXTS
    | st.integers(-3, 3)
    | st.sampled_from(["day", "month", "year", "hour"])
    | st.sampled_from(["", "a", "0", "a.0", "current", "accumulator", "current.a"]).map(
        lambda path: {"var": path}
    )
)
_EXPRESSIONS = st.recursive(
    _LEAVES,
    lambda parts: (
        st.lists(parts, max_size=4)
        | st.dictionaries(_OPERATORS, st.lists(parts, max_size=4) | parts, min_size=1, max_size=1)
    ),
    max_leaves=30,
)
_DATA = st.recursive(
    _SCALARS | _TEXTS,
    lambda parts: (
        st.lists(parts, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "0", "current"]), parts, max_size=3)
    ),
    max_leaves=10,
)


# Any: whatever hypothesis builds.
@settings(max_examples=400)
@given(expression=_EXPRESSIONS, data=_DATA, partial=st.booleans())
def test_whatever_is_evaluated_ends_in_a_value_or_an_error_of_its_own(
    expression: Any, data: Any, *, partial: bool
) -> None:
    context = undisclosed(data) if partial and isinstance(data, dict) else data
    with contextlib.suppress(InvalidExpressionError, EvaluationError):
        Expression.parse(expression).evaluate(context, max_steps=2000)
