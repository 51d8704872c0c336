"""vclib.strict_json: a JSON text has one meaning or none."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vclib.errors import ComplexityError, MalformedError, MalformedValueError, ParsingError
from vclib.strict_json import (
    MAX_DEPTH,
    JSONValue,
    dump_json,
    json_type_name,
    parse_json,
    parse_json_object,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        (" \t\r\n true ", True),
        ("[]", []),
        ("{}", {}),
        ('{"a": [1, -1, 0, 2.5, "\\u00e9", "é"]}', {"a": [1, -1, 0, 2.5, "é", "é"]}),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('"[[[["', "[[[["),
        ('"\\"[{"', '"[{'),
        ("9007199254740991", 9007199254740991),
        ("-9007199254740991", -9007199254740991),
    ],
)
def test_json_is_read(text: str, value: JSONValue) -> None:
    assert parse_json(text) == value
    assert parse_json(text.encode("utf-8")) == value


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 1}', '{"a": 1, "b": 2, "a": 3}', '{"x": {"": 1, "": 2}}', '{"a":1,"\\u0061":2}']
)
def test_key_that_occurs_twice_is_refused(text: str) -> None:
    """A12: readers differ in which of the two they take."""
    with pytest.raises(ParsingError, match="occurs twice in one object"):
        parse_json(text)


def test_same_key_in_two_objects_is_fine() -> None:
    assert parse_json('[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", '{"a": NaN}'])
def test_number_that_json_does_not_have_is_refused(text: str) -> None:
    """A11: Python's own parser takes these."""
    with pytest.raises(ParsingError, match="is not a JSON number"):
        parse_json(text)


@pytest.mark.parametrize("text", ["9007199254740992", "-9007199254740992", "1" * 18, "[" + "9" * 5000 + "]"])
def test_integer_that_others_would_round_is_refused(text: str) -> None:
    """A11: beyond 2^53 - 1 a JavaScript reader sees another number."""
    with pytest.raises(ParsingError, match="other parsers would round"):
        parse_json(text)


@pytest.mark.parametrize("text", ["1e400", "-1e400", "[1e999]"])
def test_float_that_overflows_is_refused(text: str) -> None:
    """A11: Python reads infinity."""
    with pytest.raises(ParsingError, match="too large to be represented"):
        parse_json(text)


def test_minus_zero_is_refused() -> None:
    """A11: -0 is 0 to some readers and not to others."""
    with pytest.raises(ParsingError, match="-0 is read differently"):
        parse_json("[-0]")


@pytest.mark.parametrize(
    "text",
    [
        '"\\ud800"',
        '"\\udc00 x"',
        '["\\udfff"]',
        '{"\\ud800": 1}',
        '{"a": {"b": ["\\ude00\\ud83d"]}}',
        '"\ud800"',
    ],
)
def test_half_a_surrogate_pair_is_refused(text: str) -> None:
    """B6: such a string has no UTF-8 form, so nobody can hash it."""
    with pytest.raises(ParsingError, match="half a surrogate pair"):
        parse_json(text)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b'"\xc3\x28"',
        b'"\xed\xa0\x80"',  # a surrogate, encoded as if it were a character
        b'"\xc0\xaf"',  # an overlong slash
        b'{"a": "\xf4\x90\x80\x80"}',  # beyond the last code point
        "[]".encode("utf-16"),
        "[]".encode("utf-32-le"),
    ],
)
def test_bytes_that_are_not_utf_8_are_refused(data: bytes) -> None:
    """J4: invalid UTF-8."""
    with pytest.raises(ParsingError):
        parse_json(data)


@pytest.mark.parametrize("text", ["\ufeff{}", "\ufeff[]"])
def test_byte_order_mark_is_refused(text: str) -> None:
    with pytest.raises(ParsingError, match="expected JSON"):
        parse_json(text)
    with pytest.raises(ParsingError, match="expected JSON"):
        parse_json(text.encode("utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "]",
        "[1,]",
        '{"a": 1,}',
        "{'a': 1}",
        "{a: 1}",
        "[1] [2]",
        "// comment\n1",
        "01",
        "+1",
        ".5",
        "1.",
        "0x10",
        "True",
        '"a\nb"',
        '"\\x41"',
        '"\t"',
        "\x00",
        "1\x00",
        "\u00a01",
        "[1\u2028]",
        "１",
    ],
)
def test_text_that_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ParsingError, match="expected JSON"):
        parse_json(text)


def test_refusal_tells_where() -> None:
    with pytest.raises(ParsingError, match="at line 2 column 7"):
        parse_json('{"a": 1,\n "b": x}')


def test_text_larger_than_the_limit_is_refused_before_it_is_read() -> None:
    """B2: the size of bytes and of text is bounded."""
    assert parse_json("[1]", max_bytes=3) == [1]
    for text in ("[1] ", b"[1] "):
        with pytest.raises(ComplexityError, match="4 bytes is larger than the limit of 3"):
            parse_json(text, max_bytes=3)
    # Not JSON at all, and still the size is what is refused.
    with pytest.raises(ComplexityError, match="larger than the limit"):
        parse_json(b"\xff" * 11, max_bytes=10)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_depth_at_the_limit_is_read_and_beyond_it_refused(opening: str) -> None:
    """B3: depth is counted before the recursive parser begins."""
    closing = "]" if opening == "[" else "}"

    parse_json(opening * (MAX_DEPTH - 1) + "{}" + closing * (MAX_DEPTH - 1))
    with pytest.raises(ComplexityError, match="nested deeper than 64 levels"):
        parse_json(opening * MAX_DEPTH + "{}" + closing * MAX_DEPTH)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000, '[{"":' * 50_000]
)
def test_very_deep_text_is_refused_without_recursion(text: str) -> None:
    """B3, J4: a depth of 100,000 is no RecursionError and no crash."""
    limit = sys.getrecursionlimit()
    with pytest.raises(ComplexityError, match="nested deeper"):
        parse_json(text)
    assert sys.getrecursionlimit() == limit


def test_many_brackets_that_are_not_deep_are_read() -> None:
    assert parse_json("[" + ",".join(["[]"] * 1000) + "]") == [[] for _ in range(1000)]
    assert parse_json(json.dumps(["[" * 200, '"{' * 200])) == ["[" * 200, '"{' * 200]


def test_unterminated_string_with_brackets_is_refused_by_name() -> None:
    for text in ('"' + "[" * 100, '["\\"' + "{" * 100, '"\\' + "[" * 100):
        with pytest.raises((ParsingError, ComplexityError)):
            parse_json(text)


def test_object_is_asked_for_by_name() -> None:
    assert parse_json_object('{"a": 1}') == {"a": 1}
    for text, name in (
        ("[]", "an array"),
        ("null", "null"),
        ('"a"', "a string"),
        ("1", "a number"),
        ("true", "a boolean"),
    ):
        with pytest.raises(ParsingError, match=f"expected a JSON object, found {name}"):
            parse_json_object(text)


def test_json_is_written_compactly_with_its_characters() -> None:
    assert dump_json({"b": "é", "a": [1, None, True]}) == '{"b":"é","a":[1,null,true]}'
    assert dump_json({"a": [1]}, indent=1) == '{\n "a": [\n  1\n ]\n}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": object()}, [b"bytes"], {1, 2}])
def test_value_that_has_no_json_form_is_not_written(value: object) -> None:
    with pytest.raises(MalformedValueError, match="not a JSON value"):
        dump_json(cast("JSONValue", value))


def test_string_that_is_no_text_is_not_written() -> None:
    """B6: a lone surrogate, as a command line with bytes that are not UTF-8 gives it."""
    for value in ("\udcff", ["\ud800"], {"\udcff": 1}):
        with pytest.raises(MalformedValueError, match="half a surrogate pair"):
            dump_json(cast("JSONValue", value))


@pytest.fixture
def usual_recursion_limit() -> Iterator[None]:
    """Set a limit near Python's own: a library that raises it would let the C stack end first."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(2000)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("usual_recursion_limit")
def test_value_too_deep_to_be_written_is_refused() -> None:
    value: JSONValue = []
    for _ in range(4000):
        value = [value]

    with pytest.raises(MalformedValueError, match="not a JSON value"):
        dump_json(value)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ("", "a string"),
        ([], "an array"),
        ({}, "an object"),
        (b"", "bytes"),
    ],
)
def test_kinds_of_values_have_json_names(value: object, name: str) -> None:
    assert json_type_name(value) == name


@pytest.mark.parametrize("begins", ["[" * 65, "]" * 65 + "[" * 65])
def test_a_string_without_an_end_is_read_once(begins: str) -> None:
    """B3, J4: whose end were looked for from each of its quotation marks, this would take hours."""
    with pytest.raises((ComplexityError, ParsingError)):
        parse_json(begins + '"' + '\\"' * 1_000_000)
    with pytest.raises((ComplexityError, ParsingError)):
        parse_json(begins + ('"' + "\\\\" * 5) * 100_000 + "\\")


def test_brackets_in_strings_are_no_depth() -> None:
    assert parse_json('["' + "[{" * 100 + '", "\\"' + "[" * 100 + '"]') == ["[{" * 100, '"' + "[" * 100]


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x != 0)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(JSON_VALUES, st.booleans())
def test_what_is_written_is_read_again(value: JSONValue, ascii_only: bool) -> None:
    assert parse_json(dump_json(value)) == value
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only)) == value


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60) | st.text(alphabet='[]{}":,\\u0d8e+-.1 \n', max_size=40))
def test_arbitrary_input_is_read_as_python_reads_it_or_refused_by_name(text: bytes | str) -> None:
    try:
        value = parse_json(text)
    except (MalformedError, ComplexityError):
        return
    assert value == json.loads(text)


def test_a_place_is_told_in_plain_words() -> None:
    with pytest.raises(ParsingError, match=r"expected JSON, Invalid control character at line 1 column 2$"):
        parse_json('"\n"')
