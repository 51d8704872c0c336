"""RFC 8785 against the published test data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from vclib import jcs
from vclib.errors import ProofTransformationError
from vclib.strict_json import JSONValue, parse_json

_VECTORS = Path(__file__).parents[1] / "vectors" / "jcs"
_NAMES = sorted(path.stem for path in (_VECTORS / "input").glob("*.json"))


def test_all_six_published_inputs_are_there() -> None:
    assert _NAMES == ["arrays", "french", "structures", "unicode", "values", "weird"]


@pytest.mark.parametrize("name", _NAMES)
def test_published_input_has_the_published_canonical_form(name: str) -> None:
    value = json.loads((_VECTORS / "input" / f"{name}.json").read_text(encoding="utf-8"))
    canonical = jcs.canonicalize(value)
    assert canonical == (_VECTORS / "output" / f"{name}.json").read_bytes()
    assert canonical == bytes.fromhex((_VECTORS / "outhex" / f"{name}.txt").read_text())


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        # RFC 8785 appendix B, and section 3.2.3: keys are sorted by UTF-16 code units, so U+1F600 comes
        # before U+FB33.
        (1e21, b"1e+21"),
        (9007199254740991, b"9007199254740991"),
        (333333333.33333329, b"333333333.3333333"),
        (1e-27, b"1e-27"),
        (0.000001, b"0.000001"),
        (1e23, b"1e+23"),
        (4.50, b"4.5"),
        ({"\ufb33": 1, "\U0001f600": 2}, '{"\U0001f600":2,"\ufb33":1}'.encode()),
        ([True, None, "\x7f\u2028"], '[true,null,"\x7f\u2028"]'.encode()),
    ],
)
def test_number_and_order_rules_of_the_rfc(value: JSONValue, canonical: bytes) -> None:
    assert jcs.canonicalize(value) == canonical


def test_two_spellings_of_one_object_are_the_same_bytes() -> None:
    one = parse_json('{"b": 1, "a": "\\u00e9"}')
    other = parse_json('{"a":"é","b":1}')
    assert jcs.canonicalize(one) == jcs.canonicalize(other) == '{"a":"é","b":1}'.encode()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (2**53, r"an integer is beyond 2\^53 - 1"),
        (-(2**53), r"an integer is beyond 2\^53 - 1"),
        (float("nan"), "NaN or infinity"),
        (float("inf"), "NaN or infinity"),
        ("\ud800", "half a surrogate pair"),
        ({"\udc00": 1}, "half a surrogate pair"),
        ({1: 2}, "a key that is no string"),
        (b"bytes", "not JSON"),
    ],
)
def test_what_has_no_canonical_form_is_refused(value: JSONValue, message: str) -> None:
    """A11 and B6, for the suites that sign JSON directly."""
    with pytest.raises(ProofTransformationError, match=message):
        jcs.canonicalize(value)


def test_nesting_too_deep_to_walk_is_refused() -> None:
    """B3: no RecursionError comes out."""
    value: JSONValue = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ProofTransformationError, match="nested too deep"):
        jcs.canonicalize(value)


def test_the_message_does_not_repeat_the_value() -> None:
    """K8: claims do not reach logs through messages."""
    with pytest.raises(ProofTransformationError) as caught:
        jcs.canonicalize({"personIdentifier": 999123456999123456})
    assert "999123456" not in str(caught.value)


_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(), st.text(st.characters(), max_size=5)
)
_KEYS = st.one_of(
    st.text(st.characters(), max_size=3), st.sampled_from(["\U0001f600", "\ufb33", "\u20ac", "\x7f", "\x00"])
)
_VALUES: st.SearchStrategy[JSONValue] = st.recursive(
    _SCALARS,
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(_KEYS, below, max_size=3)),
)


@given(_VALUES)
def test_every_value_has_the_form_that_the_package_gives_it(value: JSONValue) -> None:
    try:
        expected = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        with pytest.raises(ProofTransformationError):
            jcs.canonicalize(value)
    else:
        assert jcs.canonicalize(value) == expected
